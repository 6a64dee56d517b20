#include "base/base.h"
#include "base/list.h"
#include "sys/clock.h"
#include "sys/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX 64 /* folders held open at a time by sb_remove_tree */
#define BATCH 512    /* names read before they are removed */

int sb_sync_dir(int dir, struct sb_error *err)
{
	/* EINVAL: a filesystem that cannot, and so keeps no promise either way. */
	if (fsync(dir) < 0 && errno != EINVAL && errno != EROFS)
		return sb_fail_sys(err, "sync a folder");
	return 0;
}

int sb_open_dir(int dir, const char *path, struct sb_error *err)
{
	int nofollow = dir == AT_FDCWD ? 0 : O_NOFOLLOW;
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | nofollow);

	if (fd < 0 && errno == ENOENT)
		return sb_fail(err, SB_ENOENT, "there is no folder %s", path);
	return fd < 0 ? sb_fail_sys(err, "open the folder %s", path) : fd;
}

static int make_one(int at, const char *name, mode_t mode)
{
	int fd;
	bool made = !mkdirat(at, name, mode & 0777);

	if (!made && errno != EEXIST)
		return -1;
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && (!made || !fchmod(fd, mode)))
		return fd;

	int why = errno;

	if (fd >= 0)
		close(fd);
	if (made) /* what was made for nothing goes again */
		unlinkat(at, name, AT_REMOVEDIR);
	errno = why;
	return -1;
}

/* A folder on the way may be passable without being readable. */
static int pass(int at, const char *name, mode_t mode)
{
	int fd = openat(at, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 && errno == ENOENT ? make_one(at, name, mode) : fd;
}

int sb_make_dirs_at(int dir, const char *path, mode_t mode, struct sb_error *err)
{
	SB_AUTO_CLOSE int at = path[0] == '/'    ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)
			       : dir == AT_FDCWD ? open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)
						 : fcntl(dir, F_DUPFD_CLOEXEC, 3);
	struct sb_span rest = sb_span_of(path), part;

	while (rest.n && rest.p[rest.n - 1] == '/')
		rest.n--;
	while (at >= 0 && sb_span_cut(&rest, '/', &part)) {
		SB_AUTO_FREE char *name = sb_span_dup(part);
		int next;

		if (!part.n)
			continue;
		next = pass(at, name, mode);
		close(at);
		at = next;
	}

	SB_AUTO_FREE char *last = rest.n ? sb_span_dup(rest) : sb_xstrdup(".");
	int fd = at < 0 ? -1 : make_one(at, last, mode);

	return fd < 0 ? sb_fail_sys(err, "make the folder %s", path) : fd;
}

int sb_make_dirs(const char *path, mode_t mode, struct sb_error *err)
{
	return sb_make_dirs_at(AT_FDCWD, path, mode, err);
}

int sb_make_temp_dir(int dir, char **name, mode_t mode, struct sb_error *err)
{
	char tmp[SB_TEMP_MAX];
	int fd;

	sb_temp_name(tmp);
	fd = make_one(dir, tmp, mode);
	if (fd < 0)
		return sb_fail_sys(err, "make a temporary folder");
	*name = sb_xstrdup(tmp);
	return fd;
}

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

int sb_list_dir(struct sb_list *out, int dir, const char *path, struct sb_error *err)
{
	int fd = sb_open_dir(dir, path, err);
	struct dirent *entry;
	DIR *stream;

	if (fd < 0)
		return -1;
	stream = fdopendir(fd);
	if (!stream) {
		sb_fail_sys(err, "read the folder %s", path);
		close(fd);
		return -1;
	}
	for (errno = 0; (entry = readdir(stream)); errno = 0)
		if (!is_dots(entry->d_name))
			sb_list_add(out, entry->d_name);
	int failed = errno;

	closedir(stream);
	errno = failed;
	if (failed)
		return sb_fail_sys(err, "read the folder %s", path);
	sb_list_sort(out);
	return 0;
}

struct removal {
	int top; /* where folders that lie too deep are moved to */
	struct sb_error *err;
	bool failed;
};

static void complain(struct removal *all, const char *name)
{
	if (!all->failed)
		sb_fail_sys(all->err, "remove %s", name);
	all->failed = true;
}

/* Opens a folder of ours that is to go, whatever its mode. */
static int open_doomed(int dir, const char *name)
{
	SB_AUTO_CLOSE int path = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char proc[32];
	struct stat st;

	if (path < 0 || fstat(path, &st) < 0)
		return -1;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", path);
	if ((st.st_mode & 0700) != 0700)
		(void)!chmod(proc, 0700);
	return openat(path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void remove_entry(struct removal *all, int dir, const char *name, int depth);

/* One round over the folder; how many names are gone after it. */
static size_t remove_round(struct removal *all, int fd, int depth)
{
	SB_AUTO(sb_list) names = { 0 };
	size_t gone = 0;
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	struct stat st;

	if (!stream) {
		complain(all, "a folder");
		return 0;
	}
	while (names.n < BATCH && (entry = readdir(stream)))
		if (!is_dots(entry->d_name))
			sb_list_add(&names, entry->d_name);
	closedir(stream);
	for (size_t i = 0; i < names.n; i++) {
		remove_entry(all, fd, names.item[i], depth);
		gone += fstatat(fd, names.item[i], &st, AT_SYMLINK_NOFOLLOW) < 0;
	}
	return gone;
}

static void remove_entry(struct removal *all, int dir, const char *name, int depth)
{
	char aside[SB_TEMP_MAX];

	if (!unlinkat(dir, name, 0) || errno == ENOENT)
		return;
	if (errno != EISDIR && errno != EPERM) {
		complain(all, name);
		return;
	}

	SB_AUTO_CLOSE int fd = open_doomed(dir, name);

	if (fd < 0) {
		complain(all, name);
		return;
	}
	sb_temp_name(aside);
	if (depth >= DEPTH_MAX && !renameat(dir, name, all->top, aside))
		return; /* the top's next round takes it */
	while (remove_round(all, fd, depth + 1))
		;
	if (unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		complain(all, name);
}

int sb_remove_tree(int dir, const char *name, struct sb_error *err)
{
	struct removal all = { .err = err };
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : sb_fail_sys(err, "remove %s", name);
	if (!S_ISDIR(st.st_mode)) {
		if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
			return sb_fail_sys(err, "remove %s", name);
		return 0;
	}
	SB_AUTO_CLOSE int top = open_doomed(dir, name);

	if (top < 0)
		return sb_fail_sys(err, "remove %s", name);
	all.top = top;
	while (remove_round(&all, top, 1))
		;
	if (unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		complain(&all, name);
	return all.failed ? -1 : 0;
}

void sb_sweep(int dir, int64_t seconds)
{
	SB_AUTO(sb_list) names = { 0 };
	struct sb_error ignored = { 0 };
	struct stat st;

	if (sb_list_dir(&names, dir, ".", &ignored) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		/* ctime: a build sets the mtime of what it makes far back. */
		if (strncmp(names.item[i], ".tmp-", 5) != 0 ||
		    fstatat(dir, names.item[i], &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    sb_wall() - st.st_ctime < seconds)
			continue;
		(void)!sb_remove_tree(dir, names.item[i], &ignored);
	}
}

void sb_sweep_below(int at, const char *name, int64_t seconds)
{
	struct sb_error ignored = { 0 };
	SB_AUTO_CLOSE int dir = sb_open_dir(at, name, &ignored);

	if (dir >= 0)
		sb_sweep(dir, seconds);
}
