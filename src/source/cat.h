#ifndef SB_CAT_H
#define SB_CAT_H

#include "source/object.h"

/*
 * Objects by `git cat-file`: one child with --batch, one with --batch-check,
 * each started when it is first needed, ended with the repository. Big blobs of
 * every repository are read so, and all of those that libgit2 cannot open.
 */
struct sb_cat;

/* `from_environment`: the repository was opened so; what names its objects is remembered now. */
struct sb_cat *sb_cat_new(const char *git_dir, bool from_environment) SB_MUST_CHECK;
void sb_cat_free(struct sb_cat *cat); /* NULL is fine */

/* What git is run with here. Borrowed. */
const char *const *sb_cat_env(const struct sb_cat *cat);

/* As in backend.h. After a failure the child is ended; the next call starts another. */
int sb_cat_header(struct sb_repo *repo, const char *hex, enum sb_object_type *type, int64_t *size,
		  struct sb_error *err) SB_MUST_CHECK;
int sb_cat_read(struct sb_object **out, struct sb_repo *repo, const char *hex,
		enum sb_object_type type, size_t max, struct sb_error *err) SB_MUST_CHECK;
int sb_cat_stream(struct sb_repo *repo, const char *hex,
		  int (*take)(void *ctx, struct sb_span part, struct sb_error *err), void *ctx,
		  struct sb_error *err) SB_MUST_CHECK;

#endif
