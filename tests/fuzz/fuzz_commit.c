#include "base/base.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "source/commit.h"

#include <stdlib.h>
#include <string.h>

static void must_be_text(const char *text, size_t size)
{
	if (!memchr(text, '\0', size) || !sb_is_utf8(sb_span_of(text)) || strchr(text, '\n'))
		abort();
}

/* Whatever a commit object holds: ids are ids, and the rest is one line of UTF-8 each. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SB_AUTO(sb_list) parents = { 0 };
	struct sb_commit commit = { 0 };
	struct sb_error err = { 0 };

	if (sb_commit_parse(&commit, &parents, (struct sb_span) { (const char *)data, size },
			    &err) < 0)
		return 0;
	if (strlen(commit.tree) != 40 || (parents.n > 0) != (strlen(commit.parent) == 40) ||
	    (parents.n && strcmp(commit.parent, parents.item[0])))
		abort();
	must_be_text(commit.author, sizeof(commit.author));
	must_be_text(commit.subject, sizeof(commit.subject));
	return 0;
}
