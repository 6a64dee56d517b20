#ifndef SB_ACTIVATE_H
#define SB_ACTIVATE_H

#include "base/log.h"
#include "base/timings.h"
#include "release/ledger.h"

/*
 * From a committed release to the one that serves: release phase → trial of the web
 * process on a temporary port → the runner's switch → health check → `current`. Each step
 * is recorded before it begins, so that what was cut off is taken up (sb_activate goes on
 * from the recorded state) or, in the middle of the release phase, is called failed:
 * a release phase runs at most once.
 *
 * On failure the release is marked failed with the reason, the runner is given the
 * former release again when it had been touched, and the former one stays current.
 * The caller holds the app's publish lock.
 */
struct sb_activate {
	struct sb_app *app;
	const struct sb_settings *settings; /* the app's */
	struct sb_log *log;
	struct sb_timings *timings; /* or NULL */
};

int sb_activate(const struct sb_activate *way, struct sb_release *release, struct sb_error *err) SB_MUST_CHECK;

/* Commits `release` with these config vars (it gets its number) and activates it. */
int sb_activate_new(const struct sb_activate *way, struct sb_release *release, const struct sb_list *vars,
		    struct sb_error *err) SB_MUST_CHECK;

/* Takes the app's publish lock, saying who holds it while it waits. */
struct sb_lock;
int sb_publish_lock(struct sb_lock *lock, const struct sb_activate *way, const char *what,
		    struct sb_error *err) SB_MUST_CHECK;

/* For sb_lock_take: names the holder at once, then shows signs of life. `ctx` is the log. */
void sb_say_waiting(void *ctx, const char *holder, int64_t waited_ms);

/* Every config var's value is masked in the log from here on. */
void sb_mask_vars(struct sb_log *log, const struct sb_list *vars);

#endif
