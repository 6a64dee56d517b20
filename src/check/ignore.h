#ifndef SB_IGNORE_H
#define SB_IGNORE_H

#include "base/span.h"

/*
 * .slugignore: gitignore's patterns without "!", one a line, "#" comments. Matching
 * is linear in pattern and path (no backtracking blow-up). Applied before the build,
 * as on Heroku: an ignored file is neither checked out nor in the slug.
 */
struct sb_ignore {
	struct sb_ignore_rule *rule;
	size_t n;
};

#define SB_IGNORE_MAX 65536 /* bytes of a .slugignore */

int sb_ignore_parse(struct sb_ignore *out, struct sb_span text); /* -1: over the limit; bad lines are skipped */
void sb_ignore_add(struct sb_ignore *out, struct sb_span line);  /* one line of it; a bad one adds nothing */
bool sb_ignore_matches(const struct sb_ignore *ignore, const char *path, bool is_dir);
/* The same without looking at the folders above. */
bool sb_ignore_matches_itself(const struct sb_ignore *ignore, const char *path, bool is_dir);
/* For who would rather not look into a folder: whether a pattern without a "/" takes such a name, wherever
 * it stands; and whether one with a "/" may take something below that folder. The second says yes in
 * doubt; neither looks at the folders above. */
bool sb_ignore_matches_name(const struct sb_ignore *ignore, const char *name);
bool sb_ignore_may_reach(const struct sb_ignore *ignore, const char *folder);
void sb_ignore_release(struct sb_ignore *ignore);

#endif
