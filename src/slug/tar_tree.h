#ifndef SB_TAR_TREE_H
#define SB_TAR_TREE_H

#include "source/loose.h"

/*
 * The files of a tar that comes from anywhere (`git archive HEAD`, `tar cf - .`), to be read as a
 * pushed tree is: see source/loose.h for what that means and for its limits.
 *
 *	if (sb_tar_tree(&repo, 0, &settings, oid, err) < 0)
 *		return -1;
 *
 * Refused, by name, and nothing of them is kept: absolute paths, "..", what lies below a file or a
 * symlink, one name twice, hard links to what the tar has not, devices. A "./" in front is taken
 * off; what is called .git is left out. Not a tar, or cut short: SB_EINPUT.
 */
int sb_tar_tree(struct sb_repo *out, int fd, const struct sb_settings *settings,
		char oid[SB_OID_MAX + 1], struct sb_error *err) SB_MUST_CHECK;

#endif
