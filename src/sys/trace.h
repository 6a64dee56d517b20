#ifndef SB_SYS_TRACE_H
#define SB_SYS_TRACE_H

#include <pthread.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/list.h"

/*
 * What a boxed run looked at: every path that any process in the box, in any language,
 * opened, listed, tested, ran, made, changed or found absent. A seccomp filter stops each
 * call that takes a path, or that could carry something in unseen; ptrace, from a thread of
 * ours outside of the box, reads its arguments.
 *
 *	SB_AUTO(sb_tracer) tracer = { 0 };
 *
 *	box.tracer = &tracer;
 *	if (sb_box_run(&box, &child, &end, err) < 0)
 *		return -1;
 *	if (*tracer.reason)
 *		…nothing may be concluded from `paths`, and this is why
 *
 * Promises: `paths` holds, of each path a call named, the path with every symlink resolved
 * (".." and relative parts too, by the calling process's own folder and descriptors) and
 * every symlink on the way, the last one included; where a part is absent, the path up to that
 * part; and with a "/" at its end each folder that ".." led out of again. How the call ended does not matter: whether it read, wrote or failed, the path is
 * there. Reading through a descriptor needs no path of its own: it was opened before.
 *
 * Whatever could bring in what no path tells sets `reason`: a network, a folder of another
 * process, files below /proc that are not the process's own and not constant, a choice of
 * processors (they are ours to choose while it is traced, and it is told of all), calls that this
 * program does not know. Paths in the box's own /proc, /dev, /sys
 * and temporary folders are left out.
 *
 * Not seen, because they make no call or are of the moment: clocks, random numbers, how full a
 * disk is, how busy the machine. With `shift` every clock that tells the date, asked by whatever
 * way, and the times of files that the run makes say that many seconds more, the disk is another
 * and full, and the machine has run longer, so that a second run can show whether any of it made
 * a difference. Two threads of one process that change
 * the bytes of a path while it is being asked for could hide it.
 */
struct sb_tracer {
	int64_t shift; /* in: seconds */
	/* out */
	struct sb_list paths; /* absolute, in the box; in no order, each once */
	struct sb_list moved; /* what was renamed: where it was a folder, paths below it are not
				 what they say */
	char reason[256];     /* "" : all of it can be vouched for */
	bool failed;          /* it could not be traced at all: what ran could not work */
	size_t stops;         /* calls looked at */
	/* its own */
	struct sb_tracer_run *run;
};

/* The filter that stops the calls, as a file to read. Returns a descriptor. */
int sb_tracer_filter(const struct sb_tracer *tracer, struct sb_error *err) SB_MUST_CHECK;

/* Waits, in a thread, for the box's first process on `info`, takes hold of it, and lets it go on
 * by a byte to `block`. Both are borrowed until sb_tracer_join. */
int sb_tracer_start(struct sb_tracer *tracer, int info, int block,
		    struct sb_error *err) SB_MUST_CHECK;

/* Returns when nothing in the box runs any more; also where it never began (`info` is at its end).
 */
void sb_tracer_join(struct sb_tracer *tracer);

void sb_tracer_release(struct sb_tracer *tracer);

#endif
