#ifndef SB_GIT_H
#define SB_GIT_H

#include <git2.h>

#include "base/base.h"
#include "source/repo.h"

/*
 * What the files of this folder share about libgit2; nobody else includes it.
 * It reads repositories with SHA-1 ids and refs in files; see backend.h.
 */

#define SB_GIT_AUTO(type) __attribute__((cleanup(sb_##type##_put))) type

void sb_git_odb_object_put(git_odb_object **p);
void sb_git_object_put(git_object **p);
void sb_git_reference_put(git_reference **p);
void sb_git_config_put(git_config **p);
void sb_git_config_iterator_put(git_config_iterator **p);
void sb_git_repository_put(git_repository **p);

/* Once a process: limits on libgit2's memory, synced config files, owners are left to owner.h, and
 * what the environment says of an index is kept from it. */
void sb_git_start(void);

/* libgit2's words on what just failed. Borrowed until the next call into it. */
const char *sb_git_says(void);

/* What the environment names as alternates in quotes, which libgit2 does not undo. */
int sb_git_quoted_alternates(git_repository *git, struct sb_error *err) SB_MUST_CHECK;

/* ~/.gitconfig, or with `xdg` $XDG_CONFIG_HOME/git/config; NULL: none. Owned. */
char *sb_git_user_config(bool xdg) SB_MUST_CHECK;

#endif
