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

static int settle_dir(int dir, int depth, struct sb_error *err);

static void times_of(struct sb_sha256 *hash, struct timespec times[2])
{
	char hex[SB_DIGEST_HEX];

	sb_sha256_finish(hash, hex);
	hex[8] = '\0';
	times[0] = times[1] =
		(struct timespec) { .tv_sec = EPOCH + (time_t)(strtoul(hex, NULL, 16) >> 2) };
}

static int settle_file(int dir, const char *name, const struct stat *st, struct sb_error *err)
{
	SB_AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOATIME);
	SB_AUTO(sb_sha256) hash = { 0 };
	struct timespec times[2];
	mode_t mode = st->st_mode & 0100 ? 0755 : 0644;
	char bytes[CHUNK];
	ssize_t n;

	if (fd < 0 && (errno == EPERM || errno == EACCES)) {
		if (fchmodat(dir, name, mode, 0) < 0)
			return sb_fail_sys(err, "chmod %s", name);
		fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0)
		return sb_fail_sys(err, "open %s", name);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		sb_sha256_add(&hash, (struct sb_span) { bytes, (size_t)n });
	if (n < 0)
		return sb_fail_sys(err, "read %s", name);
	times_of(&hash, times);
	if ((st->st_mode & 07777) != mode && fchmod(fd, mode) < 0)
		return sb_fail_sys(err, "chmod %s", name);
	if (st->st_mtim.tv_sec == times[1].tv_sec && !st->st_mtim.tv_nsec)
		return 0;
	return futimens(fd, times) < 0 ? sb_fail_sys(err, "set the time of %s", name) : 0;
}

static int settle_link(int dir, const char *name, struct sb_error *err)
{
	SB_AUTO(sb_sha256) hash = { 0 };
	struct timespec times[2];
	char target[LINK_MAX_BYTES];
	ssize_t n = readlinkat(dir, name, target, sizeof(target));

	if (n < 0)
		return sb_fail_sys(err, "read the symlink %s", name);
	sb_sha256_add(&hash, (struct sb_span) { target, (size_t)n });
	times_of(&hash, times);
	if (utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return sb_fail_sys(err, "set the time of %s", name);
	return 0;
}

static int settle_one(int dir, const char *name, int depth, struct sb_error *err)
{
	SB_AUTO_CLOSE int child = -1;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return sb_fail_sys(err, "look at %s", name);
	if (S_ISREG(st.st_mode))
		return settle_file(dir, name, &st, err);
	if (S_ISLNK(st.st_mode))
		return settle_link(dir, name, err);
	if (!S_ISDIR(st.st_mode))
		return sb_fail(err, SB_EINPUT, "%s is no file, folder or symlink", name);
	if ((st.st_mode & 0700) != 0700 && fchmodat(dir, name, 0755, 0) < 0)
		return sb_fail_sys(err, "chmod %s", name);
	child = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (child < 0)
		return sb_fail_sys(err, "open %s", name);
	return settle_dir(child, depth + 1, err) < 0 ? sb_wrap(err, "%s", name) : 0;
}

static int settle_dir(int dir, int depth, struct sb_error *err)
{
	static const struct timespec times[2] = { { .tv_sec = EPOCH }, { .tv_sec = EPOCH } };
	SB_AUTO(sb_list) names = { 0 };

	if (depth > DEPTH_MAX)
		return sb_fail(err, SB_ELIMIT, "folders more than %d deep", DEPTH_MAX);
	if (sb_list_dir(&names, dir, ".", err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (settle_one(dir, names.item[i], depth, err) < 0)
			return -1;
	if (fchmod(dir, 0755) < 0 || futimens(dir, times) < 0)
		return sb_fail_sys(err, "set a folder's mode and time");
	return 0;
}

int sb_folder_settle(int dir, struct sb_error *err)
{
	return settle_dir(dir, 0, err);
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
