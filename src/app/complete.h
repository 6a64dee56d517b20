#ifndef SB_COMPLETE_H
#define SB_COMPLETE_H

#include "app/produce.h"

/*
 * The tree that is built where the pushed one only refers to files: a submodule's files in place of its
 * link (slugbuild.submodules = fetch), contents in place of git-lfs pointers (slugbuild.lfsStore). Both
 * are known by digests that the pushed commit names, so the same commit gives the same tree.
 *
 * The new objects lie in a repository of its own below store/tmp, which sees the pushed ones as
 * alternates. It goes with the last reader: sb_completed_release.
 */
struct sb_completed {
	struct sb_repo repo; /* reads both kinds of objects */
	char tree[SB_OID_MAX + 1];
	/* own */
	int tmp;
	char *name, *path;
	struct sb_list env; /* git's, with this repository as GIT_DIR */
	char *git;
};
#define SB_COMPLETED_INIT { .tmp = -1 }

/* 1: done; 0: there was nothing to do, or no setting that says so. The plan's lists say what is missing. */
int sb_complete(struct sb_completed *out, const struct sb_produce *make, struct sb_error *err) SB_MUST_CHECK;
void sb_completed_release(struct sb_completed *completed);

/* The parts. Each `edit` is a line for git update-index -z --index-info. */

/* Runs git there: its standard output, without the last line end. */
int sb_complete_git(const struct sb_completed *at, struct sb_buffer *out, struct sb_span input,
		    const char *const *words, struct sb_error *err) SB_MUST_CHECK;

/* The submodule's tree, fetched at `commit` unless it is here already. */
int sb_submodule_fetch(struct sb_completed *at, const struct sb_produce *make, const char *path,
		       const char *commit, char tree[SB_OID_MAX + 1], struct sb_error *err) SB_MUST_CHECK;

/* The blob of a pointer's content; SB_ENOENT: the store has it not. */
int sb_lfs_take(struct sb_completed *at, const struct sb_produce *make, struct sb_span pointer,
		char oid[SB_OID_MAX + 1], struct sb_error *err) SB_MUST_CHECK;

#endif
