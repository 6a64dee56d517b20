#include "base/base.h"
#include "fuzz.h"
#include "slug/reader.h"
#include "slug/tar.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void write_archive(int fd, struct sb_span raw)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(64 << 20);
	struct sb_gzip *gz = sb_gzip_new(1);

	sb_gzip_member(gz, &out, raw);
	sb_gzip_free(gz);
	sb_buffer_add(&out, sb_gzip_end());
	must(!out.full && write(fd, out.p, out.n) == (ssize_t)out.n);
}

static bool plain(const char *path)
{
	return *path && *path != '/' && path[strlen(path) - 1] != '/' && !strstr(path, "//") &&
	       strcmp(path, ".") && strcmp(path, "..") && strncmp(path, "./", 2) &&
	       strncmp(path, "../", 3) && !strstr(path, "/./") && !strstr(path, "/../") &&
	       !sb_span_ends(sb_span_of(path), "/.") && !sb_span_ends(sb_span_of(path), "/..");
}

/* An entry that we write is read back as it was, or, where its path leads outside, refused. */
static void round_trip(const struct sb_tar_entry *want)
{
	SB_AUTO_CLOSE int fd = memfd_create("slug", MFD_CLOEXEC);
	SB_AUTO(sb_buffer) raw = SB_BUFFER_INIT(1 << 20);
	SB_AUTO(sb_reader) reader = { 0 };
	struct sb_slug_entry got;
	struct sb_error err = { 0 };
	int64_t size;

	sb_tar_header(&raw, want);
	must((int64_t)raw.n == sb_tar_bytes(want));
	write_archive(fd, sb_buffer_span(&raw));
	must(sb_reader_measure(&size, fd, &err) == 0);
	must(sb_reader_open(&reader, fd, 0, size, NULL, &err) == 0);
	if (sb_reader_next(&reader, &got, &err) < 0) {
		must(!plain(want->path));
		return;
	}
	must(!strcmp(got.path, want->path) && got.mtime == want->mtime && got.size == 0);
	must(got.is_dir == (want->kind == SB_TAR_DIR));
	must(want->kind != SB_TAR_LINK || !strcmp(got.link, want->link));
	must(sb_reader_next(&reader, &got, &err) == 0);
}

/* The first byte is the kind, the second cuts the rest into a path and a target. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 4 || size > 6000 || memchr(data + 2, 0, size - 2))
		return 0;

	size_t n = size - 2, at = 1 + data[1] * (n - 1) / 256;
	SB_AUTO_FREE char *path = sb_span_dup((struct sb_span) { (const char *)data + 2, at });
	SB_AUTO_FREE char *link =
		sb_span_dup((struct sb_span) { (const char *)data + 2 + at, n - at });
	struct sb_tar_entry entry = { .kind = data[0] & 3, .path = path, .link = link };

	entry.mtime = SB_TAR_EPOCH + (data[0] >> 2);
	if (*link && !sb_span_ends(sb_span_of(path), "/")) /* our callers have no such paths */
		round_trip(&entry);
	return 0;
}
