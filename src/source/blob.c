#include "source/cat.h"
#include "source/git.h"
#include "source/tree.h"

int sb_blob_size(struct sb_repo *repo, const char *oid, int64_t *size, struct sb_error *err)
{
	git_object_t type = GIT_OBJECT_INVALID;

	if (sb_git_header(repo, oid, &type, size, err) < 0)
		return -1;
	if (type != GIT_OBJECT_BLOB)
		return sb_fail(err, SB_EINPUT, "object %s is a %s where a file was expected", oid,
			       git_object_type2string(type));
	return 0;
}

int sb_blob_stream(struct sb_repo *repo, const char *oid,
		   int (*take)(void *ctx, struct sb_span part, struct sb_error *err), void *ctx,
		   struct sb_error *err)
{
	SB_GIT_AUTO(git_odb_object) *object = NULL;
	int64_t size = 0;

	if (sb_blob_size(repo, oid, &size, err) < 0)
		return -1;
	/* A small one may be a delta of one that is too big to make in memory. */
	if (size > SB_BLOB_INLINE ||
	    sb_git_object(&object, repo, oid, GIT_OBJECT_BLOB, SB_BLOB_INLINE, "file", err) < 0)
		return sb_cat_blob(repo, oid, take, ctx, err);
	struct sb_span all = { git_odb_object_data(object), git_odb_object_size(object) };

	return all.n ? take(ctx, all, err) : 0;
}

static int append(void *ctx, struct sb_span part, struct sb_error *err)
{
	struct sb_buffer *out = ctx;

	sb_buffer_add(out, part);
	if (out->full)
		return sb_fail(err, SB_ELIMIT, "more than %zu bytes", out->max);
	return 0;
}

int sb_blob_read(struct sb_buffer *out, struct sb_repo *repo, const char *oid, struct sb_error *err)
{
	int64_t size = 0;

	if (sb_blob_size(repo, oid, &size, err) < 0)
		return -1;
	if (out->n > out->max || (uint64_t)size > out->max - out->n)
		return sb_fail(err, SB_ELIMIT, "a file of %lld bytes; at most %zu are read",
			       (long long)size, out->max - out->n);
	return sb_blob_stream(repo, oid, append, out, err);
}
