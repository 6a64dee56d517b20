#include "base/base.h"
#include "app/complete.h"
#include "base/sha256.h"
#include "sys/files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_BYTES (1 << 20)

/* "oid sha256:…" and "size …" of a pointer. */
static bool read_pointer(struct sb_span text, char digest[SB_DIGEST_HEX], int64_t *size)
{
	struct sb_span line;
	bool known = false, sized = false;

	while (sb_span_line(&text, &line)) {
		if (sb_span_starts(line, "oid sha256:") && line.n == 11 + SB_DIGEST_HEX - 1) {
			sb_span_copy(digest, SB_DIGEST_HEX, (struct sb_span) { line.p + 11, line.n - 11 });
			known = sb_is_digest(digest);
		}
		if (sb_span_starts(line, "size ") && line.n < 5 + 19 &&
		    sb_span_all((struct sb_span) { line.p + 5, line.n - 5 }, "0123456789")) {
			SB_AUTO_FREE char *number = sb_span_dup((struct sb_span) { line.p + 5, line.n - 5 });

			*size = strtoll(number, NULL, 10);
			sized = true;
		}
	}
	return known && sized;
}

static int digest_of(char hex[SB_DIGEST_HEX], int fd, struct sb_error *err)
{
	struct sb_sha256 hash = { 0 };
	SB_AUTO_FREE char *part = sb_xcalloc(1, PART_BYTES);
	ssize_t n;

	while ((n = read(fd, part, PART_BYTES)) > 0)
		sb_sha256_add(&hash, (struct sb_span) { part, (size_t)n });
	sb_sha256_finish(&hash, hex);
	return n < 0 ? sb_fail_sys(err, "the LFS store") : 0;
}

/* git-lfs' own layout, or all in one folder. */
static int open_object(char **path, const struct sb_produce *make, const char *digest, struct sb_error *err)
{
	const char *store = make->settings->lfs_store;
	int fd;

	*path = sb_xasprintf("%s/%.2s/%.2s/%s", store, digest, digest + 2, digest);
	fd = open(*path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		free(*path);
		*path = sb_xasprintf("%s/%s", store, digest);
		fd = open(*path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	}
	return fd < 0 ? sb_fail(err, SB_ENOENT, "%s is not in the LFS store", digest) : fd;
}

int sb_lfs_take(struct sb_completed *at, const struct sb_produce *make, struct sb_span pointer,
		char oid[SB_OID_MAX + 1], struct sb_error *err)
{
	SB_AUTO(sb_buffer) said = SB_BUFFER_INIT(64 << 10);
	SB_AUTO_FREE char *path = NULL;
	char digest[SB_DIGEST_HEX], found[SB_DIGEST_HEX];
	int64_t size = 0;
	struct stat st;

	if (!read_pointer(pointer, digest, &size))
		return sb_fail(err, SB_EINPUT, "a git-lfs pointer without a SHA-256 and a size");
	SB_AUTO_CLOSE int fd = open_object(&path, make, digest, err);

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return sb_fail_sys(err, "%s", path);
	if (size > make->settings->max_blob)
		return sb_fail(err, SB_ELIMIT, "%lld bytes; slugbuild.maxBlob is %lld", (long long)size,
			       (long long)make->settings->max_blob);
	if (!S_ISREG(st.st_mode) || st.st_size != size)
		return sb_fail(err, SB_ECONFIG, "%s has %lld bytes; the pointer says %lld", path,
			       (long long)st.st_size, (long long)size);
	if (digest_of(found, fd, err) < 0)
		return -1;
	if (strcmp(found, digest) != 0)
		return sb_fail(err, SB_ECONFIG, "%s is damaged: its SHA-256 is not its name", path);
	const char *const words[] = { "hash-object", "-w", "--no-filters", "--", path, NULL };

	if (sb_complete_git(at, &said, (struct sb_span) { 0 }, words, err) < 0)
		return -1;
	if (said.n != make->repo->id_digits)
		return sb_fail(err, SB_ESYS, "git hash-object gave no id");
	sb_span_copy(oid, SB_OID_MAX + 1, sb_buffer_span(&said));
	return 0;
}
