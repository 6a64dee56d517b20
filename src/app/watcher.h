#ifndef SB_WATCHER_H
#define SB_WATCHER_H

#include "app/hook.h"
#include "app/targets.h"
#include "sys/lock.h"

/*
 * The watcher: a detached child that pre-receive leaves behind, because an exit status of 0
 * is no acceptance and because post-receive may never run (the client went away: the ref
 * moves, receive-pack dies while it reports). It holds the build locks until the fate of each
 * ref is known, and publishes what post-receive did not.
 *
 * It follows git-receive-pack by pidfd. Where there is none above us (GitLab), it waits until
 * the quarantine is gone and polls the refs. After slugbuild.settle it gives up and leaves the
 * markers for the next hook, command or timer (see reconcile.h).
 *
 * First it sweeps the folders that the builds worked in, which is no reason for anybody to wait.
 * Last it makes the second run of collectstatic (second_run.h), when nobody waits for it any more.
 */
struct sb_staged_target {
	const char *app, *ref, *commit, *build; /* borrowed */
	struct sb_lock lock;            /* the app's build lock */
};

/* The parent returns 0 at once, its copies of the locks closed; the child never returns. */
int sb_watch(struct sb_hook *hook, struct sb_staged_target *target, size_t n, struct sb_error *err) SB_MUST_CHECK;

#endif
