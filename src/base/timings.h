#ifndef SB_TIMINGS_H
#define SB_TIMINGS_H

#include <pthread.h>

#include "base/json.h"

/*
 * Where the time of a build went: each step with its beginning, its length, whether its result was
 * reused, and why not. Steps run side by side, so lengths need not add up.
 *
 *	size_t step = sb_timing_begin(timings, "dependencies");
 *	…
 *	sb_timing_end(timings, step, reused, "%s has changed", path);
 *
 * Every function takes NULL for `timings` and does nothing then; all may be called from any thread.
 */
struct sb_timing {
	const char *step; /* borrowed: a word of ours */
	int64_t from, us; /* microseconds since the first step began; us -1: not ended */
	bool reused;
	char *note; /* what was reused, or why it was not; or NULL */
};

struct sb_timings {
	pthread_mutex_t lock;
	struct sb_timing *item;
	size_t n;
	int64_t zero;
};
#define SB_TIMINGS_INIT { .lock = PTHREAD_MUTEX_INITIALIZER }

size_t sb_timing_begin(struct sb_timings *timings, const char *step);
/* `fmt` "": no note. */
void sb_timing_end(struct sb_timings *timings, size_t step, bool reused, const char *fmt, ...) SB_PRINTF(4, 5);

/* [{"step", "from_ms", "ms", "reused", "note"}, …] in the order they began. New reference. */
json_t *sb_timings_json(struct sb_timings *timings);

/* One line a step, for people: "dependencies   1.2 ms  reused (…)". */
void sb_timings_print(struct sb_buffer *out, struct sb_timings *timings);

void sb_timings_release(struct sb_timings *timings);

#endif
