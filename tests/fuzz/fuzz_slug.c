#include "base/base.h"
#include "fuzz.h"
#include "slug/reader.h"
#include "sys/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char top[] = "/tmp/slugbuild-fuzz-XXXXXX";

static void drop(void)
{
	rmdir(top);
}

static void must(bool ok)
{
	if (!ok)
		abort();
}

static int see(void *ctx, const struct sb_slug_entry *entry)
{
	must(*entry->path && *entry->path != '/' && entry->size >= 0);
	must(strcmp(entry->path, "..") && strncmp(entry->path, "../", 3) &&
	     !strstr(entry->path, "/../"));
	++*(size_t *)ctx;
	return 0;
}

static int open_slug(const uint8_t *data, size_t size)
{
	int fd = memfd_create("slug", MFD_CLOEXEC);

	/* The first byte says how much of our own frame there is: a member, the end, or none. */
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(64 << 20);
	struct sb_gzip *gz = sb_gzip_new(1);
	struct sb_span rest = { (const char *)data + 1, size - 1 };

	if (data[0] & 1)
		sb_gzip_member(gz, &out, rest);
	else
		sb_buffer_add(&out, rest);
	if (data[0] & 2)
		sb_buffer_add(&out, sb_gzip_end());
	sb_gzip_free(gz);
	must(fd >= 0 && !out.full && (!out.n || write(fd, out.p, out.n) == (ssize_t)out.n));
	return fd;
}

/* Whatever a slug says: unpacking it makes nothing beside the folder it is given. */
static void unpack(int slug, int dir)
{
	static const char *const skip[] = { "skip", NULL };
	struct sb_error err = { 0 };

	must(mkdirat(dir, "in", 0700) == 0);
	SB_AUTO_CLOSE int in = openat(dir, "in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (sb_slug_unpack(slug, in, skip, &err) < 0)
		must(*err.text);
	SB_AUTO(sb_list) names = { 0 };

	must(sb_list_dir(&names, dir, ".", &err) == 0 && names.n == 1);
	must(sb_remove_tree(dir, "in", &err) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int dir = -1;
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(100);
	struct sb_error err = { 0 };
	size_t n = 0;

	if (!size)
		return 0;
	if (dir < 0) {
		must(mkdtemp(top) != NULL && !atexit(drop));
		dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	SB_AUTO_CLOSE int slug = open_slug(data, size);

	if (sb_slug_list(slug, NULL, see, &n, &err) < 0)
		must(*err.text);
	if (sb_slug_file(&out, slug, "a", &err) < 0)
		must(*err.text);
	unpack(slug, dir);
	return 0;
}
