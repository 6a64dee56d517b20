#include "base/base.h"
#include "sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

void sb_temp_name(char out[SB_TEMP_MAX])
{
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random)) {
		fputs("slugbuild: no random numbers\n", stderr);
		exit(4);
	}
	snprintf(out, SB_TEMP_MAX, ".tmp-%016llx", (unsigned long long)random);
}

/* ".tmp-…" in the folder that `name` lies in. */
static char *temp_beside(const char *name)
{
	const char *slash = strrchr(name, '/');
	char tmp[SB_TEMP_MAX];

	sb_temp_name(tmp);
	return sb_xasprintf("%.*s%s", (int)(slash ? slash + 1 - name : 0), name, tmp);
}

/* Makes durable that `name` is in its folder. */
static int sync_parent(int dir, const char *name, struct sb_error *err)
{
	const char *slash = strrchr(name, '/');
	SB_AUTO_FREE char *parent =
		slash ? sb_xasprintf("%.*s", (int)(slash - name ? slash - name : 1), name)
		      : sb_xstrdup(".");
	SB_AUTO_CLOSE int fd = openat(dir, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return sb_fail_sys(err, "open the folder of %s", name);
	return sb_sync_dir(fd, err);
}

int sb_newfile_open(struct sb_newfile *file, int dir, const char *name, mode_t mode,
		    struct sb_error *err)
{
	SB_AUTO_FREE char *tmp = temp_beside(name);
	SB_AUTO_CLOSE int fd =
		openat(dir, tmp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return sb_fail_sys(err, "make %s", name);
	if (fchmod(fd, mode) < 0) {
		sb_fail_sys(err, "set the mode of %s", name);
		unlinkat(dir, tmp, 0);
		return -1;
	}
	file->dir = dir;
	file->fd = SB_STEAL_FD(fd);
	file->tmp = SB_STEAL(tmp);
	file->name = sb_xstrdup(name);
	return 0;
}

/* rename(2) that replaces nothing, also where the filesystem knows no RENAME_NOREPLACE. */
static int rename_noreplace(int from_dir, const char *from, int to_dir, const char *to)
{
	if (!renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (linkat(from_dir, from, to_dir, to, 0) < 0)
		return -1;
	return unlinkat(from_dir, from, 0);
}

int sb_newfile_finish(struct sb_newfile *file, struct sb_error *err)
{
	int fd = SB_STEAL_FD(file->fd);

	if (!file->scratch && fsync(fd) < 0) {
		sb_fail_sys(err, "write %s", file->name);
		close(fd);
		return -1;
	}
	if (close(fd) < 0)
		return sb_fail_sys(err, "close %s", file->name);
	if (file->keep ? rename_noreplace(file->dir, file->tmp, file->dir, file->name) < 0
		       : renameat(file->dir, file->tmp, file->dir, file->name) < 0) {
		if (errno == EEXIST)
			return sb_fail(err, SB_EAGAIN, "%s is there already", file->name);
		return sb_fail_sys(err, "rename to %s", file->name);
	}
	free(SB_STEAL(file->tmp));
	return file->scratch ? 0 : sync_parent(file->dir, file->name, err);
}

void sb_newfile_release(struct sb_newfile *file)
{
	if (file->fd >= 0)
		close(file->fd);
	if (file->tmp)
		unlinkat(file->dir, file->tmp, 0);
	free(file->tmp);
	free(file->name);
	*file = (struct sb_newfile)SB_NEWFILE_INIT;
}

static int write_file(int dir, const char *name, mode_t mode, struct sb_span bytes, bool scratch,
		      struct sb_error *err)
{
	SB_AUTO(sb_newfile) file = SB_NEWFILE_INIT;

	file.scratch = scratch;
	if (sb_newfile_open(&file, dir, name, mode, err) < 0)
		return -1;
	if (sb_write_all(file.fd, bytes, err) < 0)
		return sb_wrap(err, "%s", name);
	return sb_newfile_finish(&file, err);
}

int sb_write_file(int dir, const char *name, mode_t mode, struct sb_span bytes,
		  struct sb_error *err)
{
	return write_file(dir, name, mode, bytes, false, err);
}

int sb_write_scratch(int dir, const char *name, mode_t mode, struct sb_span bytes,
		     struct sb_error *err)
{
	return write_file(dir, name, mode, bytes, true, err);
}

int sb_write_all(int fd, struct sb_span bytes, struct sb_error *err)
{
	while (bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sb_fail_sys(err, "write");
		bytes.p += n;
		bytes.n -= (size_t)n;
	}
	return 0;
}

int sb_read_fd(struct sb_buffer *out, int fd, struct sb_error *err)
{
	for (;;) {
		size_t left = out->max - out->n, room = left < 65536 ? left : 65536;
		char past;
		char *at = room ? sb_buffer_reserve(out, room) : &past;
		ssize_t n = read(fd, at, room ? room : 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sb_fail_sys(err, "read");
		if (n == 0)
			return 0;
		if (!room) {
			out->full = true;
			return sb_fail(err, SB_ELIMIT, "more than %zu bytes", out->max);
		}
		out->n += (size_t)n;
		out->p[out->n] = '\0';
	}
}

int sb_read_file(struct sb_buffer *out, int dir, const char *name, struct sb_error *err)
{
	SB_AUTO_CLOSE int fd =
		openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return sb_fail(err, SB_ENOENT, "there is no %s", name);
	if (fd < 0)
		return sb_fail_sys(err, "open %s", name);
	if (fstat(fd, &st) < 0)
		return sb_fail_sys(err, "stat %s", name);
	if (!S_ISREG(st.st_mode))
		return sb_fail(err, SB_EINPUT, "%s is no regular file", name);
	return sb_read_fd(out, fd, err) < 0 ? sb_wrap(err, "%s", name) : 0;
}

int sb_rename_new_unsynced(int dir, const char *from, int to_dir, const char *to, struct sb_error *err)
{
	if (rename_noreplace(dir, from, to_dir, to) < 0) {
		if (errno == EEXIST || errno == ENOTEMPTY)
			return sb_fail(err, SB_EAGAIN, "%s is there already", to);
		return sb_fail_sys(err, "rename %s to %s", from, to);
	}
	return 0;
}

int sb_rename_new(int dir, const char *from, int to_dir, const char *to, struct sb_error *err)
{
	if (sb_rename_new_unsynced(dir, from, to_dir, to, err) < 0)
		return -1;
	return sync_parent(to_dir, to, err);
}

int sb_swap_symlink(int dir, const char *name, const char *target, struct sb_error *err)
{
	SB_AUTO_FREE char *tmp = temp_beside(name);

	if (symlinkat(target, dir, tmp) < 0)
		return sb_fail_sys(err, "make the link %s", name);
	if (renameat(dir, tmp, dir, name) < 0) {
		sb_fail_sys(err, "rename to %s", name);
		unlinkat(dir, tmp, 0);
		return -1;
	}
	return sync_parent(dir, name, err);
}

/* Where the kernel knows no openat2: one component after the other. */
static int walk_beneath(int dir, const char *path, int flags, mode_t mode)
{
	SB_AUTO_CLOSE int at = fcntl(dir, F_DUPFD_CLOEXEC, 3);
	struct sb_span rest = sb_span_of(path), part;

	while (at >= 0 && sb_span_cut(&rest, '/', &part)) {
		SB_AUTO_FREE char *name = sb_span_dup(part);
		int next;

		if (!part.n)
			continue;
		next = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(at);
		at = next;
	}
	return at < 0 ? -1 : openat(at, rest.n ? rest.p : ".", flags | O_NOFOLLOW, mode);
}

static bool has_dotdot(const char *path)
{
	struct sb_span rest = sb_span_of(path), part;

	while (sb_span_cut(&rest, '/', &part))
		if (sb_span_is(part, ".."))
			return true;
	return sb_span_is(rest, "..");
}

static int open_strictly(int dir, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)flags,
		.mode = mode,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	int fd = -1;

	for (int tries = 0; tries < 32; tries++) {
		fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = walk_beneath(dir, path, flags, mode);
	return fd;
}

int sb_open_beneath(int dir, const char *path, int flags, mode_t mode, struct sb_error *err)
{
	bool makes = flags & O_CREAT;
	SB_AUTO_CLOSE int fd = -1;

	if (path[0] == '/' || !path[0] || has_dotdot(path))
		return sb_fail(err, SB_EINPUT, "%s leaves its folder", path);
	fd = open_strictly(dir, path, flags | O_CLOEXEC, makes ? mode : 0);
	if (fd < 0 && errno == ENOENT)
		return sb_fail(err, SB_ENOENT, "there is no %s", path);
	if (fd < 0 && (errno == ELOOP || errno == EXDEV))
		return sb_fail(err, SB_EINPUT, "%s leads through a symlink", path);
	if (fd < 0 || (makes && fchmod(fd, mode) < 0))
		return sb_fail_sys(err, "open %s", path);
	return SB_STEAL_FD(fd);
}

int64_t sb_free_bytes(int dir, int64_t *total)
{
	struct statvfs vfs;

	if (fstatvfs(dir, &vfs) < 0)
		return -1;
	if (total)
		*total = (int64_t)(vfs.f_blocks * vfs.f_frsize);
	return (int64_t)(vfs.f_bavail * vfs.f_frsize);
}

static int copy_by_hand(int to, int from, int64_t n, struct sb_error *err)
{
	char bytes[65536];

	while (n) {
		size_t ask = n < 0 || n > (int64_t)sizeof(bytes) ? sizeof(bytes) : (size_t)n;
		ssize_t got = read(from, bytes, ask);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return sb_fail_sys(err, "read");
		if (got == 0 && n < 0)
			return 0;
		if (got == 0)
			return sb_fail(err, SB_EINPUT, "the file ends early");
		if (sb_write_all(to, (struct sb_span) { bytes, (size_t)got }, err) < 0)
			return -1;
		n -= n < 0 ? 0 : got;
	}
	return 0;
}

/* What copy_file_range says between two files that it cannot copy between. */
static bool cannot(int code)
{
	return code == EXDEV || code == EINVAL || code == ENOSYS || code == EOPNOTSUPP ||
	       code == EBADF || code == EPERM;
}

int sb_copy_bytes(int to, int from, int64_t n, struct sb_error *err)
{
	while (n) {
		size_t ask = n < 0 || n > (1 << 30) ? 1 << 30 : (size_t)n;
		ssize_t got = copy_file_range(from, NULL, to, NULL, ask, 0);

		if (got < 0 && errno == EINTR)
			continue;
		/* 0 too: files of /proc and the like say so before their end. */
		if (got == 0 || (got < 0 && cannot(errno)))
			return copy_by_hand(to, from, n, err);
		if (got < 0)
			return sb_fail_sys(err, "copy");
		n -= n < 0 ? 0 : got;
	}
	return 0;
}
