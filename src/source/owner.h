#ifndef SB_OWNER_H
#define SB_OWNER_H

#include "base/error.h"

/*
 * Whether a repository may be used by who we run as, by git's own rule: its
 * folders are ours (as root: also those of sudo's caller), or safe.directory in
 * /etc/gitconfig or the user's config names them. libgit2 1.5 knows neither
 * "*" nor a missing setting, so it is not asked.
 */

/* SB_ECONFIG, naming both users and the cure, where it may not. `work`: its work tree, or NULL. */
int sb_owner_check(const char *git_dir, const char *work, struct sb_error *err) SB_MUST_CHECK;

#endif
