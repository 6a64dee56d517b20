#ifndef SB_GIT_H
#define SB_GIT_H

#include <git2.h>

#include "base/base.h"
#include "source/repo.h"

/*
 * What the files of this folder share about libgit2; nobody else includes it.
 * Ids are 40 lower-case hex digits here: a repository of another kind was
 * refused when it was opened.
 */

#define SB_GIT_AUTO(type) __attribute__((cleanup(sb_##type##_put))) type

void sb_git_odb_object_put(git_odb_object **p);
void sb_git_object_put(git_object **p);
void sb_git_reference_put(git_reference **p);
void sb_git_config_put(git_config **p);
void sb_git_config_iterator_put(git_config_iterator **p);
void sb_git_repository_put(git_repository **p);

/* Once a process: limits on libgit2's memory, synced config files, owners are left to owner.h. */
void sb_git_start(void);

/* libgit2's words on what just failed. Borrowed until the next call into it. */
const char *sb_git_says(void);

/* -1 with SB_EINPUT where `hex` is no id of this repository. */
int sb_git_id(git_oid *out, const char *hex, struct sb_error *err) SB_MUST_CHECK;

/* Type and size of an object; SB_EINPUT where it is missing. */
int sb_git_header(struct sb_repo *repo, const char *hex, git_object_t *type, int64_t *size,
		  struct sb_error *err) SB_MUST_CHECK;

/* An object of that type with at most `max` bytes; `what` names it in errors. */
int sb_git_object(git_odb_object **out, struct sb_repo *repo, const char *hex, git_object_t type,
		  size_t max, const char *what, struct sb_error *err) SB_MUST_CHECK;

/* Whether the object is there. */
bool sb_git_has(struct sb_repo *repo, const char *hex);

/* ~/.gitconfig, or with `xdg` $XDG_CONFIG_HOME/git/config; NULL: none. Owned. */
char *sb_git_user_config(bool xdg) SB_MUST_CHECK;

#endif
