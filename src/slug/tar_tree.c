#include "base/base.h"
#include "slug/tar_tree.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 65536

struct tar {
	struct archive *archive;
	struct sb_loose *loose;
	int64_t used, max; /* bytes of the spool */
};

static int broken(const struct tar *tar, struct sb_error *err)
{
	const char *why = archive_error_string(tar->archive);

	return sb_fail(err, SB_EINPUT, "this is no sound tar: %s", why ? why : "it cannot be read");
}

/* Without what is in front and behind that says nothing: "./a/b/" is "a/b". Owned; NULL where the
 * path leads elsewhere; "" is the root. */
static char *tidy(const char *path)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(1 << 16);
	struct sb_span rest = sb_span_of(path), name;
	bool last = false;

	if (path[0] == '/')
		return NULL;
	while (!last) {
		last = !sb_span_cut(&rest, '/', &name);
		if (last)
			name = rest;
		if (!name.n || sb_span_is(name, "."))
			continue;
		if (sb_span_is(name, ".."))
			return NULL;
		if (out.n)
			sb_buffer_addc(&out, '/');
		sb_buffer_add(&out, name);
	}
	return out.full ? NULL : sb_buffer_detach(&out);
}

static int write_at(int fd, const char *bytes, size_t n, int64_t at, struct sb_error *err)
{
	while (n) {
		ssize_t wrote = pwrite(fd, bytes, n, at);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return sb_fail_sys(err, "keep the tar's files");
		bytes += wrote;
		n -= (size_t)wrote;
		at += wrote;
	}
	return 0;
}

/* The file's bytes into the spool. Its size is what the header said; holes stay holes. */
static int spool(struct tar *tar, struct sb_loose_file *file, struct sb_error *err)
{
	int fd = sb_loose_spool(tar->loose, err), got;
	const void *bytes;
	la_int64_t at;
	size_t n;

	if (fd < 0)
		return -1;
	if (tar->max > 0 && file->size > tar->max - tar->used)
		return sb_fail(err, SB_ELIMIT, "\"%s\": the files have more than %lld bytes in all",
			       file->path, (long long)tar->max);
	file->at = tar->used;
	while ((got = archive_read_data_block(tar->archive, &bytes, &n, &at)) == ARCHIVE_OK) {
		if (at < 0 || at > file->size || (int64_t)n > file->size - at)
			return sb_fail(err, SB_EINPUT, "\"%s\" has more bytes than it says",
				       file->path);
		if (write_at(fd, bytes, n, file->at + at, err) < 0)
			return -1;
	}
	if (got != ARCHIVE_EOF)
		return broken(tar, err);
	tar->used += file->size;
	if (ftruncate(fd, tar->used) < 0)
		return sb_fail_sys(err, "keep the tar's files");
	return 0;
}

/* A second name of a file that came before. */
static int hard_link(const struct tar *tar, struct sb_loose_file *file, const char *to,
		     struct sb_error *err)
{
	SB_AUTO_FREE char *target = tidy(to);
	const char *path = file->path;

	if (!target || !sb_loose_find(tar->loose, target, file))
		return sb_fail(err, SB_EINPUT, "\"%s\" is a hard link to what the tar does not have",
			       path);
	file->path = path;
	return 0;
}

/* What an entry is; its bytes, where it has some. */
static int describe(struct tar *tar, struct sb_loose_file *file, struct archive_entry *entry,
		    struct sb_error *err)
{
	mode_t type = archive_entry_filetype(entry);

	if (archive_entry_hardlink(entry))
		return hard_link(tar, file, archive_entry_hardlink(entry), err);
	if (type == AE_IFDIR) {
		file->kind = SB_DIR;
		return 0;
	}
	if (type == AE_IFLNK) {
		file->kind = SB_LINK;
		file->link = archive_entry_symlink(entry);
		if (!file->link)
			file->link = archive_entry_symlink_utf8(entry);
		return file->link ? 0
				  : sb_fail(err, SB_EINPUT, "\"%s\" is a symlink to nothing", file->path);
	}
	if (type != AE_IFREG)
		return sb_fail(err, SB_EINPUT, "\"%s\" is a device, a socket or a pipe", file->path);
	file->kind = archive_entry_perm(entry) & 0111 ? SB_PROGRAM : SB_FILE;
	file->size = archive_entry_size(entry);
	if (file->size < 0)
		return sb_fail(err, SB_EINPUT, "\"%s\" has a negative size", file->path);
	return 0;
}

static int take(struct tar *tar, struct archive_entry *entry, struct sb_error *err)
{
	const char *name = archive_entry_pathname(entry);

	name = name ? name : archive_entry_pathname_utf8(entry);
	if (!name)
		return sb_fail(err, SB_EINPUT, "a name in the tar cannot be read");

	SB_AUTO_FREE char *path = tidy(name);
	struct sb_loose_file file = { .path = path };

	if (!path)
		return sb_fail(err, SB_EINPUT, "\"%s\" leads out of the tar", name);
	if (!*path || sb_loose_skips(path))
		return 0;
	if (describe(tar, &file, entry, err) < 0)
		return -1;

	bool bytes = (file.kind == SB_FILE || file.kind == SB_PROGRAM) && !archive_entry_hardlink(entry);

	if (bytes)
		file.at = tar->used;
	/* Its name is checked before its bytes are kept. */
	if (sb_loose_add(tar->loose, &file, err) < 0)
		return -1;
	return bytes ? spool(tar, &file, err) : 0;
}

static int read_all(struct tar *tar, int fd, struct sb_error *err)
{
	struct archive_entry *entry;
	int got;

	if (archive_read_support_format_tar(tar->archive) != ARCHIVE_OK ||
	    archive_read_open_fd(tar->archive, fd, BLOCK) != ARCHIVE_OK)
		return broken(tar, err);
	while ((got = archive_read_next_header(tar->archive, &entry)) == ARCHIVE_OK ||
	       got == ARCHIVE_WARN)
		if (take(tar, entry, err) < 0)
			return -1;
	if (got != ARCHIVE_EOF)
		return broken(tar, err);
	if (!archive_filter_bytes(tar->archive, -1))
		return sb_fail(err, SB_EINPUT, "nothing came: this is no tar");
	return 0;
}

int sb_tar_tree(struct sb_repo *out, int fd, const struct sb_settings *settings,
		char oid[SB_OID_MAX + 1], struct sb_error *err)
{
	struct tar tar = { .archive = archive_read_new(),
			   .loose = sb_loose_begin(settings, 40),
			   .max = settings->max_bytes };
	int done = tar.archive ? read_all(&tar, fd, err) : sb_fail(err, SB_ESYS, "no memory");

	archive_read_free(tar.archive);
	if (done < 0) {
		sb_loose_free(tar.loose);
		return -1;
	}
	sb_loose_seal(out, tar.loose, NULL, "-", oid);
	return 0;
}
