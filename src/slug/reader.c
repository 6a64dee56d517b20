#include "base/base.h"
#include "slug/reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 8192 /* of a path in a slug */

static int damaged(struct sb_error *err, const char *how)
{
	return sb_fail(err, SB_EINPUT, "a damaged slug: %s", how);
}

static la_ssize_t give(struct archive *archive, void *ctx, const void **bytes)
{
	struct sb_reader *reader = ctx;
	struct sb_span part;

	if (sb_gunzip_next(reader->in, &part, reader->err) < 0) {
		reader->failed = true;
		archive_set_error(archive, EIO, "unreadable");
		return -1;
	}
	*bytes = part.p;
	return (la_ssize_t)part.n;
}

int sb_reader_open(struct sb_reader *out, int fd, int64_t at, int64_t size, struct sb_sha256 *hash,
		   struct sb_error *err)
{
	struct archive *archive = archive_read_new();

	*out = (struct sb_reader) { .archive = archive, .err = err };
	if (!archive || archive_read_support_format_tar(archive) != ARCHIVE_OK)
		return sb_fail(err, SB_ESYS, "libarchive has no memory");
	out->in = sb_xcalloc(1, sizeof(*out->in));
	out->in->hash = hash;
	if (sb_gunzip_open(out->in, fd, (off_t)at, (off_t)(at + size), err) < 0)
		return -1;
	if (archive_read_open(archive, out, NULL, give, NULL) != ARCHIVE_OK)
		return out->failed ? -1 : damaged(err, "no tar archive");
	return 0;
}

static int broken(struct sb_reader *reader, struct sb_error *err)
{
	const char *why = archive_error_string(reader->archive);

	return reader->failed ? -1 : damaged(err, why ? why : "no tar archive");
}

/* No "", ".", "..", nothing absolute. One "/" behind a folder's name goes. */
static bool tidy(char *path, bool is_dir)
{
	size_t n = strlen(path);

	if (is_dir && n && path[n - 1] == '/')
		path[--n] = '\0';
	if (!n || n > PATH_BYTES)
		return false;
	for (const char *at = path; at; at = strchr(at, '/') ? strchr(at, '/') + 1 : NULL) {
		size_t length = strcspn(at, "/");

		if (!length || (length == 1 && at[0] == '.') ||
		    (length == 2 && !memcmp(at, "..", 2)))
			return false;
	}
	return true;
}

static const char *refusal(struct archive *archive, struct archive_entry *e)
{
	mode_t type = archive_entry_filetype(e);

	if (archive_format(archive) != ARCHIVE_FORMAT_TAR_GNUTAR)
		return "it is no GNU tar archive";
	if (archive_entry_hardlink(e))
		return "it has a hard link";
	if (type != AE_IFREG && type != AE_IFDIR && type != AE_IFLNK)
		return "it has a device, a socket or a pipe";
	if (archive_entry_sparse_count(e))
		return "it has a sparse file";
	if (type == AE_IFLNK && (!archive_entry_symlink(e) || !*archive_entry_symlink(e)))
		return "it has a symlink to nothing";
	return archive_entry_size(e) < 0 ? "a negative size" : NULL;
}

static int fill(struct sb_reader *reader, struct archive_entry *e, struct sb_slug_entry *entry,
		struct sb_error *err)
{
	const char *path = archive_entry_pathname(e), *why = refusal(reader->archive, e);
	mode_t type = archive_entry_filetype(e);

	if (why)
		return damaged(err, why);
	free(reader->path);
	reader->path = sb_xstrdup(path ? path : "");
	if (!tidy(reader->path, type == AE_IFDIR))
		return damaged(err, "a path leads outside");
	*entry = (struct sb_slug_entry) {
		.path = reader->path,
		.link = type == AE_IFLNK ? archive_entry_symlink(e) : NULL,
		.mode = (unsigned)archive_entry_perm(e),
		.size = type == AE_IFREG ? archive_entry_size(e) : 0,
		.mtime = archive_entry_mtime(e),
		.is_dir = type == AE_IFDIR,
	};
	return 1;
}

/* Behind tar's end there is nothing but zeros, and the last member's checksum holds. */
static int drain(struct sb_reader *reader, struct sb_error *err)
{
	for (;;) {
		struct sb_span part;

		if (sb_gunzip_next(reader->in, &part, err) < 0)
			return -1;
		if (!part.n)
			return 0;
		for (size_t i = 0; i < part.n; i++)
			if (part.p[i])
				return damaged(err, "something stands behind its end");
	}
}

int sb_reader_next(struct sb_reader *reader, struct sb_slug_entry *entry, struct sb_error *err)
{
	struct archive_entry *e;

	reader->err = err;
	switch (archive_read_next_header(reader->archive, &e)) {
	case ARCHIVE_OK:
		return fill(reader, e, entry, err);
	case ARCHIVE_EOF:
		return reader->failed ? -1 : drain(reader, err);
	default:
		return broken(reader, err);
	}
}

int sb_reader_data(struct sb_reader *reader, struct sb_span *part, struct sb_error *err)
{
	const void *bytes;
	size_t n;
	la_int64_t at;

	reader->err = err;
	switch (archive_read_data_block(reader->archive, &bytes, &n, &at)) {
	case ARCHIVE_OK:
		*part = (struct sb_span) { bytes, n };
		return 1;
	case ARCHIVE_EOF:
		return 0;
	default:
		return broken(reader, err);
	}
}

int sb_reader_measure(int64_t *size, int fd, struct sb_error *err)
{
	struct sb_span end = sb_gzip_end();
	char tail[64];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return sb_fail_sys(err, "look at the slug");
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)end.n)
		return damaged(err, "it is too short");
	if (pread(fd, tail, end.n, st.st_size - (off_t)end.n) != (ssize_t)end.n)
		return sb_fail_sys(err, "read the slug");
	if (memcmp(tail, end.p, end.n))
		return damaged(err, "its end is missing");
	*size = st.st_size;
	return 0;
}

bool sb_path_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return !strncmp(path, folder, n) && (!path[n] || path[n] == '/');
}

void sb_reader_release(struct sb_reader *reader)
{
	if (reader->archive)
		archive_read_free(reader->archive);
	if (reader->in)
		sb_gunzip_release(reader->in);
	free(reader->in);
	free(reader->path);
	*reader = (struct sb_reader) { 0 };
}
