#ifndef SB_BUILD_BESIDE_H
#define SB_BUILD_BESIDE_H

#include <stdatomic.h>

#include "build/build.h"
#include "source/repo.h"
#include "sys/thread.h"

/*
 * collectstatic beside the probe: both need the dependency layer and a checkout, and neither the
 * other. It runs in a thread, with a repository, a work folder and a log of its own.
 *
 *	__attribute__((cleanup(sb_beside_release))) struct sb_beside beside = SB_BESIDE_INIT;
 *
 *	sb_beside_begin(&beside, build, true);
 *	if (probe(build, err) < 0)
 *		return -1;                       // the release ends it
 *	if (sb_beside_end(&beside, err) < 0)     // what it said comes now, in one piece
 *		return -1;
 *
 * Promises: nothing that it says is shown before sb_beside_end, so the order of the output does not
 * hang on which of the two is faster; where it fails the other goes on, whose findings tell more.
 * Fills what sb_statics_make fills in `build`. Where there can be no thread sb_beside_end does it.
 */
struct sb_beside {
	struct sb_build *build; /* the caller's */
	struct sb_build own;    /* the thread's copy */
	struct sb_repo repo;
	struct sb_log log;
	struct sb_error err;
	char *path;
	size_t step, shown; /* its timing; bytes of its log that were shown */
	int work, said, ends[2];
	int result;
	atomic_bool stop;
	pthread_t thread;
	bool threaded;
};
#define SB_BESIDE_INIT { .work = -1, .said = -1, .ends = { -1, -1 } }

/* `now` false: sb_beside_end does it, there is nothing beside which it could run. */
void sb_beside_begin(struct sb_beside *beside, struct sb_build *build, bool now);
int sb_beside_end(struct sb_beside *beside, struct sb_error *err) SB_MUST_CHECK;
void sb_beside_release(struct sb_beside *beside); /* ends it */

#endif
