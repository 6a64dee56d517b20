#ifndef SB_COMMIT_H
#define SB_COMMIT_H

#include "base/list.h"
#include "source/repo.h"

/*
 * Commit objects, from their bytes: whoever pushes decides what is in them, so
 * nothing but the tree's id is needed for one to be accepted. Text comes out as
 * UTF-8; bytes that are none are read as Latin-1.
 */

#define SB_COMMIT_BYTES (4 << 20) /* of a commit or tag object */

/* `parents` may be NULL. `out->oid` is left alone. */
int sb_commit_parse(struct sb_commit *out, struct sb_list *parents, struct sb_span raw,
		    struct sb_error *err) SB_MUST_CHECK;

/* Whether the repository says of this commit that its parents were left out. */
bool sb_repo_is_shallow(struct sb_repo *repo, const char *oid);

/* The commits at which the pushing clone was cut off, and which are new to this repository: git refuses
 * a ref that reaches one, though its parents be here. Only in a hook. */
void sb_shallow_cuts(struct sb_list *out, struct sb_repo *repo);

#endif
