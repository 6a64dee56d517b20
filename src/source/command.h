#ifndef SB_COMMAND_H
#define SB_COMMAND_H

#include "base/list.h"
#include "source/repo.h"

/*
 * How git itself is run on a repository: no user's and no system's config, no
 * refs/replace, nothing fetched; of our environment only what says where the
 * objects are, and that as it was when the repository was opened.
 */

/* The environment, from nothing. `git_dir` may be NULL; `from_environment`: it was opened so. */
void sb_git_env(struct sb_list *env, const char *git_dir, bool from_environment);

/* git's absolute path by the settings or from the usual places; NULL with err: none. Owned. */
char *sb_git_find(const struct sb_settings *settings, struct sb_error *err);

/* The same for a repository, also put into repo->git_program; NULL with err: there is none. */
const char *sb_git_program(struct sb_repo *repo, struct sb_error *err);

/* Runs `git WORD…` and takes its standard output; 0 with its exit status. */
int sb_git_ask(struct sb_buffer *out, int *status, struct sb_repo *repo, const char *const *words,
	       struct sb_error *err) SB_MUST_CHECK;

/* The same, with another index than the repository's. */
int sb_git_ask_index(struct sb_buffer *out, int *status, struct sb_repo *repo, const char *index,
		     const char *const *words, struct sb_error *err) SB_MUST_CHECK;

#endif
