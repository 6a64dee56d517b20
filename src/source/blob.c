#include "source/backend.h"
#include "source/tree.h"

int sb_blob_size(struct sb_repo *repo, const char *oid, int64_t *size, struct sb_error *err)
{
	enum sb_object_type type = SB_OBJECT_UNKNOWN;

	if (sb_object_header(repo, oid, &type, size, err) < 0)
		return -1;
	return sb_object_unfit(oid, SB_OBJECT_BLOB, type, *size, SIZE_MAX, err);
}

int sb_blob_stream(struct sb_repo *repo, const char *oid,
		   int (*take)(void *ctx, struct sb_span part, struct sb_error *err), void *ctx,
		   struct sb_error *err)
{
	char id[SB_OID_MAX + 1];
	int64_t size = 0;

	if (sb_object_id(id, repo, oid, err) < 0 || sb_blob_size(repo, id, &size, err) < 0)
		return -1;
	return size ? repo->backend->stream(repo, id, take, ctx, err) : 0;
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
