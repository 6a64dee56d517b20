#include "sys/settle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/list.h"
#include "base/sha256.h"
#include "sys/files.h"

#define EPOCH 315532800 /* 1980-01-01 */
#define CHUNK 65536
#define LINK_MAX_BYTES 4096
#define DEPTH_MAX 256
#define PATH_BYTES (1 << 20) /* of a path in the folder: DEPTH_MAX names */

/* A walk: what it is for, and where it is. */
struct walk {
	mode_t writable; /* 0222: files keep it, 0: they do not */
	bool folders;    /* settle them too */
	struct sb_contents *list;
	struct sb_buffer path;
};

static int settle_dir(struct walk *walk, int dir, int depth, struct sb_error *err);

static void times_of(const char hex[SB_DIGEST_HEX], struct timespec times[2])
{
	char top[9];

	sb_span_copy(top, sizeof(top), (struct sb_span) { hex, 8 });
	times[0] = times[1] =
		(struct timespec) { .tv_sec = EPOCH + (time_t)(strtoul(top, NULL, 16) >> 2) };
}

static void list(struct walk *walk, char kind, int64_t size, const char *hex)
{
	if (walk->list)
		sb_contents_add(walk->list, walk->path.p, kind, size, hex);
}

/* The digest of a file's bytes, and how many there are. */
static int digest(int fd, const char *name, char hex[SB_DIGEST_HEX], int64_t *size,
		  struct sb_error *err)
{
	SB_AUTO(sb_sha256) hash = { 0 };
	char bytes[CHUNK];
	ssize_t n;

	*size = 0;
	while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
		sb_sha256_add(&hash, (struct sb_span) { bytes, (size_t)n });
		*size += n;
	}
	if (n < 0)
		return sb_fail_sys(err, "read %s", name);
	sb_sha256_finish(&hash, hex);
	return 0;
}

static int settle_file(struct walk *walk, int dir, const char *name, const struct stat *st,
		       struct sb_error *err)
{
	SB_AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOATIME);
	struct timespec times[2];
	bool program = st->st_mode & 0100;
	mode_t mode = (program ? 0755 : 0644) & (0555 | walk->writable);
	char hex[SB_DIGEST_HEX];
	int64_t size;

	if (fd < 0 && (errno == EPERM || errno == EACCES)) {
		if (fchmodat(dir, name, mode, 0) < 0)
			return sb_fail_sys(err, "chmod %s", name);
		fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0)
		return sb_fail_sys(err, "open %s", name);
	if (digest(fd, name, hex, &size, err) < 0)
		return -1;
	times_of(hex, times);
	list(walk, program ? 'x' : 'f', size, hex);
	if ((st->st_mode & 07777) != mode && fchmod(fd, mode) < 0)
		return sb_fail_sys(err, "chmod %s", name);
	if (st->st_mtim.tv_sec == times[1].tv_sec && !st->st_mtim.tv_nsec)
		return 0;
	return futimens(fd, times) < 0 ? sb_fail_sys(err, "set the time of %s", name) : 0;
}

static int settle_link(struct walk *walk, int dir, const char *name, struct sb_error *err)
{
	struct timespec times[2];
	char target[LINK_MAX_BYTES], hex[SB_DIGEST_HEX];
	ssize_t n = readlinkat(dir, name, target, sizeof(target));

	if (n < 0)
		return sb_fail_sys(err, "read the symlink %s", name);
	sb_sha256_of((struct sb_span) { target, (size_t)n }, hex);
	times_of(hex, times);
	list(walk, 'l', n, hex);
	if (utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return sb_fail_sys(err, "set the time of %s", name);
	return 0;
}

static int settle_one(struct walk *walk, int dir, const char *name, int depth,
		      struct sb_error *err)
{
	SB_AUTO_CLOSE int child = -1;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return sb_fail_sys(err, "look at %s", name);
	if (S_ISREG(st.st_mode))
		return settle_file(walk, dir, name, &st, err);
	if (S_ISLNK(st.st_mode))
		return settle_link(walk, dir, name, err);
	if (!S_ISDIR(st.st_mode))
		return sb_fail(err, SB_EINPUT, "%s is no file, folder or symlink", name);
	list(walk, 'd', 0, NULL);
	if ((st.st_mode & 0700) != 0700 && fchmodat(dir, name, 0755, 0) < 0)
		return sb_fail_sys(err, "chmod %s", name);
	child = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (child < 0)
		return sb_fail_sys(err, "open %s", name);
	return settle_dir(walk, child, depth + 1, err) < 0 ? sb_wrap(err, "%s", name) : 0;
}

/* A folder's own mode and time, once all is in it. The topmost can be moved while it is writable. */
static int settle_itself(int dir, mode_t mode, struct sb_error *err)
{
	static const struct timespec times[2] = { { .tv_sec = EPOCH }, { .tv_sec = EPOCH } };

	if (fchmod(dir, mode) < 0 || futimens(dir, times) < 0)
		return sb_fail_sys(err, "set a folder's mode and time");
	return 0;
}

static int settle_dir(struct walk *walk, int dir, int depth, struct sb_error *err)
{
	SB_AUTO(sb_list) names = { 0 };
	size_t here = walk->path.n;

	if (depth > DEPTH_MAX)
		return sb_fail(err, SB_ELIMIT, "folders more than %d deep", DEPTH_MAX);
	if (sb_list_dir(&names, dir, ".", err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		sb_buffer_addf(&walk->path, "%s%s", here ? "/" : "", names.item[i]);
		if (walk->path.full)
			return sb_fail(err, SB_ELIMIT, "a path is over %d bytes", PATH_BYTES);
		if (settle_one(walk, dir, names.item[i], depth, err) < 0)
			return -1;
		walk->path.n = here;
	}
	if (!walk->folders)
		return 0;
	return settle_itself(dir, depth ? 0555 | walk->writable : 0755, err);
}

int sb_folder_settle(int dir, struct sb_error *err)
{
	struct walk walk = { .writable = 0200, .folders = true, .path = SB_BUFFER_INIT(PATH_BYTES) };
	int done = settle_dir(&walk, dir, 0, err);

	sb_buffer_release(&walk.path);
	return done;
}

int sb_folder_finish(int dir, bool folders, struct sb_contents *out, struct sb_error *err)
{
	SB_AUTO(sb_contents) made = { 0 };
	struct walk walk = { .folders = folders, .list = &made, .path = SB_BUFFER_INIT(PATH_BYTES) };
	int done = settle_dir(&walk, dir, 0, err);

	sb_buffer_release(&walk.path);
	if (done == 0)
		*out = SB_STEAL(made);
	return done;
}

int sb_folder_close(int dir, const struct sb_contents *all, struct sb_error *err)
{
	for (size_t i = all->n; i-- > 0;) {
		if (all->item[i].kind != 'd')
			continue;
		SB_AUTO_CLOSE int fd = sb_open_beneath(dir, all->item[i].path,
						       O_RDONLY | O_DIRECTORY, 0, err);

		if (fd < 0 || settle_itself(fd, 0555, err) < 0)
			return -1;
	}
	return settle_itself(dir, 0755, err);
}

static int seal(int dir, int depth, struct sb_error *err)
{
	SB_AUTO(sb_list) names = { 0 };
	struct stat st;

	if (depth > DEPTH_MAX)
		return sb_fail(err, SB_ELIMIT, "folders more than %d deep", DEPTH_MAX);
	if (sb_list_dir(&names, dir, ".", err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.item[i];

		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return sb_fail_sys(err, "look at %s", name);
		if (S_ISREG(st.st_mode) && (st.st_mode & 0222) &&
		    fchmodat(dir, name, st.st_mode & 0555, 0) < 0)
			return sb_fail_sys(err, "chmod %s", name);
		if (!S_ISDIR(st.st_mode))
			continue;
		SB_AUTO_CLOSE int child =
			openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (child < 0)
			return sb_fail_sys(err, "open %s", name);
		if (seal(child, depth + 1, err) < 0)
			return sb_wrap(err, "%s", name);
	}
	return fchmod(dir, 0555) < 0 ? sb_fail_sys(err, "chmod a folder") : 0;
}

int sb_folder_seal(int dir, struct sb_error *err)
{
	return seal(dir, 0, err);
}
