#ifndef SB_LOCK_H
#define SB_LOCK_H

#include "base/error.h"

/*
 * A kernel lock on a file (flock): it dies with its last holder, and its
 * descriptor can be handed to a child that outlives us (the watcher). The file's
 * content names the holder, for people: "pid 812, push of 1a2b3c4, since …".
 *
 *	SB_AUTO(sb_lock) lock = SB_LOCK_INIT;
 *
 *	if (sb_lock_take(&lock, dir, "lock.build", "push of 1a2b3c4", 900, waiting, ctx, err) < 0)
 *		return -1;
 */
struct sb_lock {
	int fd;
	bool handed_on; /* a child keeps the descriptor: release leaves the lock and its text alone */
};
#define SB_LOCK_INIT { .fd = -1 }

/* Waits up to `seconds` (0: not at all); calls `waiting` with the holder's text at once, that is with 0 ms, and then
 * about twice a second; a cancel ends the wait. SB_EAGAIN, naming the holder, when it stays taken. */
int sb_lock_take(struct sb_lock *lock, int dir, const char *name, const char *what, int64_t seconds,
		 void (*waiting)(void *ctx, const char *holder, int64_t waited_ms), void *ctx,
		 struct sb_error *err) SB_MUST_CHECK;

bool sb_lock_is_taken(int dir, const char *name); /* by anybody, right now */

/* Who holds it and for how many seconds: "the push of 1a2b3c4 (pid 812)". "" when nobody does. Owned. */
char *sb_lock_holder(int dir, const char *name, int64_t *seconds) SB_MUST_CHECK;
void sb_lock_release(struct sb_lock *lock);

#endif
