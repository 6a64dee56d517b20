#ifndef SB_MEMO_H
#define SB_MEMO_H

#include "build/step.h"

/*
 * A step's result, remembered by what the step looked at (DESIGN "Why it is fast", 3).
 *
 *	SB_AUTO(sb_memo) memo = SB_MEMO_INIT;
 *
 *	sb_memo_open(&memo, build, &step, "");       // the step with its argv, environment and box
 *	if (memo.state == SB_MEMO_HOLDS)
 *		…memo.path is the result's folder, or NULL where it was empty; nothing is run
 *	…a checkout; step.box.tracer = &tracer; the step runs…
 *	sb_memo_keep(&memo, &tracer, began, path, &kept, err)
 *
 * The key is made of all that is no file of the app's: what is run, with which arguments and
 * environment, the interpreter, the dependency layer, the ignore rules, limits, the machine's
 * kernel and size. Under it lies one record: each path that was looked at with its fingerprint
 * (see fingerprint.h), the layer that came of it, and how sure that is. A record serves as long
 * as every fingerprint is still the same.
 *
 * Clocks and random numbers leave no trace: so a result is used only after a second run, with a
 * clock that is more than a year off, has made the same bytes. SB_MEMO_ONCE asks for that run.
 * Whatever is unclear is not remembered, and the build's log says why.
 *
 * On disk: <store>/traces/KEY.json, one file, replaced whole. It names paths and digests only.
 */
enum sb_memo_state {
	SB_MEMO_OFF,      /* nothing is remembered: the setting, no sandbox, -o no-cache */
	SB_MEMO_NEW,      /* no record, or something it looked at has changed */
	SB_MEMO_ONCE,     /* one run's: to be made again, under another clock */
	SB_MEMO_HOLDS,    /* use it */
	SB_MEMO_UNSTABLE, /* two runs differed: run it, and do not trace it */
};

struct sb_memo {
	struct sb_build *build; /* borrowed */
	enum sb_memo_state state;
	char key[65];
	json_t *record;
	char *path;    /* HOLDS, ONCE: the kept result; NULL where it was empty */
	char *changed; /* NEW: the first path that is not what it was, or NULL */
	size_t looked; /* paths compared */
	int dir;
};
#define SB_MEMO_INIT \
	{ \
		.dir = -1 \
	}

#define SB_MEMO_SHIFT (-40000123) /* seconds: another year, month, day, weekday, hour, minute */

/* Never fails: what does not work is not remembered. `more` goes into the key: what else the run is
 * given that is no file of the app's; or "". */
void sb_memo_open(struct sb_memo *memo, struct sb_build *build, const struct sb_step *step,
		  const char *more);

/* STATIC_ROOT, the probe's answer and their like, as given to sb_memo_keep; "" where there was none. Borrowed. */
const char *sb_memo_note(const struct sb_memo *memo);

/* NEW, where nothing has changed: why there is nothing to reuse. Borrowed. */
const char *sb_memo_why(const struct sb_memo *memo);

/*
 * Takes a finished run's result: moves the folder `*path` (NULL: it made nothing) into the store
 * and points `*path` to where it is now; `key` gets the layer's key. `note` is kept with it,
 * `began` is when the run began (seconds since 1970), `refused` another reason than the tracer's
 * not to remember it, or NULL. 0: it is recorded, or was said not to be; 1: it is not what the
 * first run made (the record says so now, and `*path` is left alone); -1 with err.
 */
int sb_memo_keep(struct sb_memo *memo, const struct sb_tracer *tracer, int64_t began, char **path,
		 char key[65], const char *note, const char *refused,
		 struct sb_error *err) SB_MUST_CHECK;

/* The second run failed where the first did not. */
void sb_memo_disprove(struct sb_memo *memo);

void sb_memo_release(struct sb_memo *memo);

#endif
