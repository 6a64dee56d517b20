#include "base/base.h"
#include "slug/reader.h"

#include <string.h>

int sb_slug_list(int fd, const char *sha256,
		 int (*each)(void *ctx, const struct sb_slug_entry *entry), void *ctx,
		 struct sb_error *err)
{
	SB_AUTO(sb_sha256) hash = { 0 };
	SB_AUTO(sb_reader) reader = { 0 };
	struct sb_slug_entry entry;
	char found[SB_DIGEST_HEX];
	int64_t size;
	int more;

	if (sb_reader_measure(&size, fd, err) < 0 ||
	    sb_reader_open(&reader, fd, 0, size, sha256 ? &hash : NULL, err) < 0)
		return -1;
	while ((more = sb_reader_next(&reader, &entry, err)) > 0)
		if (each(ctx, &entry) < 0)
			return sb_fail(err, SB_ECANCEL, "the listing was stopped");
	if (more < 0 || !sha256)
		return more;
	sb_sha256_finish(&hash, found);
	if (strcmp(found, sha256))
		return sb_fail(err, SB_EINPUT, "a damaged slug: its SHA-256 is %s, not %s", found,
			       sha256);
	return 0;
}

static int read_entry(struct sb_buffer *out, struct sb_reader *reader, const char *path,
		      struct sb_error *err)
{
	struct sb_span part;
	int more;

	sb_buffer_clear(out);
	while ((more = sb_reader_data(reader, &part, err)) > 0)
		sb_buffer_add(out, part);
	if (!more && out->full)
		return sb_fail(err, SB_ELIMIT, "%s has over %zu bytes", path, out->max);
	return more;
}

/* The last entry of that name counts, as it does for who unpacks. */
int sb_slug_file(struct sb_buffer *out, int fd, const char *path, struct sb_error *err)
{
	SB_AUTO(sb_reader) reader = { 0 };
	struct sb_slug_entry entry;
	bool found = false;
	int64_t size;
	int more;

	if (sb_reader_measure(&size, fd, err) < 0 ||
	    sb_reader_open(&reader, fd, 0, size, NULL, err) < 0)
		return -1;
	while ((more = sb_reader_next(&reader, &entry, err)) > 0) {
		if (strcmp(entry.path, path))
			continue;
		found = !entry.link && !entry.is_dir;
		if (found && read_entry(out, &reader, path, err) < 0)
			return -1;
	}
	if (more < 0)
		return -1;
	return found ? 0 : sb_fail(err, SB_ENOENT, "the slug has no file %s", path);
}
