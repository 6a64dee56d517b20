#include "base/base.h"
#include "base/buffer.h"
#include "sys/child.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP_MS 100
#define TELL_MS 500
#define SIGN_MS 10
#define SIGN_TRIES 10
#define AT_LEAST 3 /* tries: sb_lock_is_taken holds it for a moment */

/* The file may have been removed, and made anew, before we had the lock. */
static bool still_there(int fd, int dir, const char *name)
{
	struct stat ours, there;

	return !fstat(fd, &ours) && !fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) &&
	       ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

/* False: who has it has not signed yet, or never does. */
static bool holder(char *out, size_t size, int fd)
{
	ssize_t n = pread(fd, out, size - 1, 0);

	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	if (out[0])
		return true;
	snprintf(out, size, "another process");
	return false;
}

/* A holder signs when it has the lock: a moment later there is a name to tell. */
static void wait_for_name(char *out, size_t size, int fd, int tries)
{
	while (!holder(out, size, fd) && --tries > 0)
		usleep(SIGN_MS * 1000);
}

static void sign(int fd, const char *what)
{
	char stamp[SB_STAMP_MAX];

	sb_stamp(stamp, sb_wall());

	SB_AUTO_FREE char *text =
		sb_xasprintf("pid %d, %s, since %s\n", (int)getpid(), what, stamp);

	/* For people only: a full disk must not fail a push here. */
	(void)!ftruncate(fd, 0);
	(void)!pwrite(fd, text, strlen(text), 0);
}

/* 1 taken, 0 somebody has it, -1 failed. `fd` stays open for the holder's text. */
static int try_once(int *fd, int dir, const char *name, struct sb_error *err)
{
	if (*fd < 0)
		*fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (*fd < 0)
		return sb_fail_sys(err, "open the lock %s", name);
	if (flock(*fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK || errno == EINTR)
			return 0;
		return sb_fail_sys(err, "lock %s", name);
	}
	if (still_there(*fd, dir, name))
		return 1;
	close(SB_STEAL_FD(*fd));
	return 0;
}

int sb_lock_take(struct sb_lock *lock, int dir, const char *name, const char *what, int64_t seconds,
		 void (*waiting)(void *ctx, const char *holder, int64_t waited_ms), void *ctx,
		 struct sb_error *err)
{
	int64_t start = sb_now_ms(), told = -TELL_MS;
	SB_AUTO_CLOSE int fd = -1;
	char who[256] = "another process";

	for (int tries = 1;; tries++) {
		int got = try_once(&fd, dir, name, err);
		int64_t waited = sb_now_ms() - start;

		if (got < 0)
			return -1;
		if (got > 0)
			break;
		if (fd >= 0)
			wait_for_name(who, sizeof(who), fd, seconds && tries == 1 ? SIGN_TRIES : 1);
		if (waited >= seconds * 1000 && tries >= AT_LEAST)
			return sb_fail(err, SB_EAGAIN, "%s is held by %s", name, who);
		if (sb_cancel_asked())
			return sb_fail(err, SB_ECANCEL, "cancelled: %s", sb_cancel_asked());
		if (seconds && waiting && waited - told >= TELL_MS) {
			waiting(ctx, who, told < 0 ? 0 : waited);
			told = waited;
		}
		usleep((seconds ? STEP_MS : 5) * 1000);
	}
	sign(fd, what);
	lock->fd = SB_STEAL_FD(fd);
	return 0;
}

bool sb_lock_is_taken(int dir, const char *name)
{
	SB_AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

char *sb_lock_holder(int dir, const char *name, int64_t *seconds)
{
	SB_AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char text[256] = "";
	struct stat st;
	int pid, what = 0, end = 0;

	*seconds = 0;
	if (fd < 0 || fstat(fd, &st) < 0 || flock(fd, LOCK_SH | LOCK_NB) == 0)
		return sb_xstrdup("");
	holder(text, sizeof(text), fd);
	*seconds = sb_wall() > st.st_mtime ? sb_wall() - st.st_mtime : 0;
	/* "pid 812, the push of 1a2b3c4, since 2026-…" */
	if (sscanf(text, "pid %d, %n%*[^,]%n, since", &pid, &what, &end) < 1 || !end)
		return sb_xstrdup(text);
	return sb_xasprintf("%.*s (pid %d)", end - what, text + what, pid);
}

void sb_lock_release(struct sb_lock *lock)
{
	if (lock->fd < 0)
		return;
	if (!lock->handed_on)
		(void)!ftruncate(lock->fd, 0);
	close(lock->fd);
	lock->fd = -1;
}
