#ifndef SB_PLAIN_H
#define SB_PLAIN_H

#include "base/settings.h"
#include "source/tree.h"

/*
 * Folders in which the hunt for tokens and large files (check/secrets.h) found nothing at all, nor
 * anything it could not read: noted in the store under their tree id (sys/notes.h), so that who
 * checks a tree again, with no known one beside it, does not read its texts again. What such a folder
 * took of the hunt's budget is in the note: the rest of the tree is judged as if it had been read.
 *
 *	if (sb_plain_find(&plain, settings, tree))
 *		pass it by;
 *	…
 *	sb_plain_keep(settings, tree, &plain);
 */
#define SB_PLAIN_FORMAT "plain 1" /* change it when a token, or a limit of the hunt, changes */

struct sb_plain {
	int64_t bytes; /* of budget, when its texts are read; -1: they were not, only looked at for size */
	int64_t texts; /* as many files are unread when the budget was spent before */
};

bool sb_plain_find(struct sb_plain *out, const struct sb_settings *settings, const char *tree) SB_MUST_CHECK;
void sb_plain_keep(const struct sb_settings *settings, const char *tree, const struct sb_plain *plain);

#endif
