#ifndef SB_LINE_H
#define SB_LINE_H

#include "sys/lock.h"

/*
 * A line of waiters that nobody keeps: a folder with a file for each, named by its place (places
 * sort as they came) and locked by its process. First come, first served; who dies has left.
 *
 *	SB_AUTO(sb_line) line = SB_LINE_INIT;
 *
 *	if (sb_line_join(&line, dir, "line", place, "the push of 1a2b3c4", err) < 0)
 *		return -1;
 *	while (sb_line_ahead(line.dir, place) > 0)
 *		…
 */
struct sb_line {
	int dir; /* of its own */
	char *place;
	struct sb_lock lock;
};
#define SB_LINE_INIT { .dir = -1, .lock = SB_LOCK_INIT }

/* Makes the folder `name` below `dir` where it is missing. `place` is a file's name. */
int sb_line_join(struct sb_line *line, int dir, const char *name, const char *place, const char *what,
		 struct sb_error *err) SB_MUST_CHECK;
size_t sb_line_ahead(int dir, const char *place); /* the living before `place`; the dead are removed */
bool sb_line_has(int dir, const char *place);     /* whether `place` itself stands in it, alive */
void sb_line_release(struct sb_line *line);       /* leaves */

#endif
