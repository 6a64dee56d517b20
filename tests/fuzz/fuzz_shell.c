#include "base/base.h"
#include "check/command.h"
#include "check/shell.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* The fault lies in the command; the whole command in single quotes is one right word; a right
 * command stays right behind another one and in brackets. */
static void syntax(struct sb_span command)
{
	struct sb_shell_fault fault = { 0 };
	SB_AUTO_FREE char *text = sb_span_dup(command);
	SB_AUTO_FREE char *quoted = sb_xasprintf("echo '%s'", text);
	SB_AUTO_FREE char *behind = sb_xasprintf("true && %s", text);
	bool faulty = sb_shell_faulty(&fault, command);

	if (faulty && (fault.at >= command.n || !fault.says))
		abort();
	if (!strpbrk(text, "'\n\r") && sb_shell_faulty(&fault, sb_span_of(quoted)))
		abort();
	if (!faulty && command.n && !strpbrk(text, "#") && strspn(text, " \t") < command.n &&
	    sb_shell_faulty(&fault, sb_span_of(behind)))
		abort();
}

/* Each word lies in the command, behind the one before it. */
static void words(struct sb_span all)
{
	struct sb_words *words = sb_xcalloc(1, sizeof(*words));
	struct sb_span rest = all;

	while (sb_words_next(words, all, &rest) > 0) {
		size_t at = 0;

		for (size_t i = 0; i < words->n; i++) {
			if (words->word[i].at < at || words->word[i].at >= all.n || !words->word[i].text)
				abort();
			at = words->word[i].at;
		}
		if (rest.p < all.p || rest.p + rest.n != all.p + all.n)
			abort();
	}
	sb_words_release(words);
	free(words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sb_span command = { (const char *)data, size };

	if (size > SB_PROCFILE_MAX || (size && memchr(data, '\0', size)))
		return 0;
	syntax(command);
	words(command);
	return 0;
}
