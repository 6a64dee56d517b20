#include "base/base.h"
#include "build/present.h"
#include "check/command.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* What a shell does itself, and words that only begin something longer. */
static const char *const shell_words[] = { "cd",    "export", "set",    "source", ".",     ":",      "true",   "false",
					   "test",  "[",      "[[",     "if",     "then",  "else",   "elif",   "fi",
					   "while", "until",  "for",    "do",     "done",  "case",   "esac",   "eval",
					   "trap",  "ulimit", "umask",  "unset",  "wait",  "echo",   "printf", "read",
					   "!",     "{",      "}",      "return", "shift", "exit",   "command", "type",
					   "local", "alias",  "getopts", "hash",  "jobs",  "kill",   "pwd",    "times", NULL };

static bool is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(*list, word))
			return true;
	return false;
}

static bool is_assignment(const char *word)
{
	const char *equals = strchr(word, '=');

	return equals && equals != word && !memchr(word, '/', (size_t)(equals - word));
}

/* The program that a simple command starts, or NULL where that cannot be said. */
static const struct sb_word *program_of(const struct sb_words *words)
{
	static const char *const passed[] = { "exec", "env", NULL };

	for (size_t i = 0; i < words->n; i++) {
		const struct sb_word *word = &words->word[i];

		if (is_assignment(word->text) || is_one_of(word->text, passed))
			continue;
		return word->dynamic || word->text[0] == '-' || strchr(word->text, '/') ? NULL : word;
	}
	return NULL;
}

static bool is_there(const struct sb_build *build, const char *program)
{
	static const char *const system[] = { "/usr/local/bin", "/usr/bin", "/bin", NULL };
	SB_AUTO_FREE char *own = sb_xasprintf("%s/.slugbuild/python/bin/%s",
					      build->deps_path ? build->deps_path : "", program);

	/* A script's first line may name what is only there at run time: that it stands there is enough. */
	if (faccessat(AT_FDCWD, own, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	for (size_t i = 0; system[i]; i++) {
		SB_AUTO_FREE char *path = sb_xasprintf("%s/%s", system[i], program);

		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static int judge(const struct sb_build *build, const char *type, const char *command, unsigned line,
		 struct sb_error *err)
{
	struct sb_span all = sb_span_of(command), rest = all;
	int verdict = 0;

	for (;;) {
		SB_AUTO(sb_words) words = { 0 };

		if (sb_words_next(&words, all, &rest) != 1)
			return 0;
		if (!words.n || is_one_of(words.word[0].text, shell_words))
			continue;
		const struct sb_word *program = program_of(&words);

		if (program && !is_one_of(program->text, shell_words) && !is_there(build, program->text)) {
			verdict = sb_fail(err, SB_EBUILD, "%s: %s is not there: no dependency installs it",
					  type, program->text);
			sb_error_where(err, "Procfile:%u", line);
			sb_error_fix(err, "name the right program, or add what brings %s to the dependencies",
				     program->text);
		}
		return verdict; /* what follows may be meant for the case that it fails */
	}
}

int sb_programs_present(const struct sb_build *build, struct sb_error *err)
{
	struct sb_entry entry;
	int changed = sb_tree_find(build->repo, build->tree, ".profile.d", &entry, err);

	if (changed != 0)
		return changed < 0 ? -1 : 0;
	for (size_t i = 0; i < build->plan->processes; i++) {
		const struct sb_process_type *type = &build->plan->process[i];

		if (judge(build, type->name, type->command, type->line, err) < 0)
			return -1;
	}
	return 0;
}
