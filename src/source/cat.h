#ifndef SB_CAT_H
#define SB_CAT_H

#include "source/repo.h"

/*
 * Big blobs, by one `git cat-file --batch` that is started with the first and
 * ends with the repository. Its environment is made of nothing, plus where the
 * objects are (the quarantine too).
 */
struct sb_cat;

/* `from_environment`: the repository was opened so; what names its objects is remembered now. */
struct sb_cat *sb_cat_new(bool from_environment) SB_MUST_CHECK;

/* All of the blob in parts. After a failure the child is ended; the next call starts another. */
int sb_cat_blob(struct sb_repo *repo, const char *oid,
		int (*take)(void *ctx, struct sb_span part, struct sb_error *err), void *ctx,
		struct sb_error *err) SB_MUST_CHECK;

void sb_cat_free(struct sb_cat *cat); /* NULL is fine */

#endif
