#ifndef SB_GITIGNORE_H
#define SB_GITIGNORE_H

#include "check/ignore.h"

/*
 * A .gitignore, as far as one file goes: patterns as in .slugignore, and lines
 * with "!" in front, where the last line that fits decides, and nothing comes back
 * out of a folder that is left out.
 *
 *	SB_AUTO(sb_gitignore) ignore = { 0 };
 *
 *	sb_gitignore_parse(&ignore, bytes);
 *	if (!sb_gitignore_matches(&ignore, ".env", false)) …
 */
struct sb_gitignore {
	struct sb_gitignore_line *line;
	size_t n;
};

/* What is over SB_IGNORE_MAX bytes or 2048 lines is not read. */
void sb_gitignore_parse(struct sb_gitignore *out, struct sb_span text);
bool sb_gitignore_matches(const struct sb_gitignore *ignore, const char *path, bool is_dir);
void sb_gitignore_release(struct sb_gitignore *ignore);

#endif
