#ifndef SB_SPAWN_H
#define SB_SPAWN_H

#include <sys/types.h>

#include "sys/child.h"

/*
 * The lower half of sys/child.c and sys/process.c: what happens between fork and exec,
 * and who is below a process.
 */

/* A child's descriptors 0, 1 and 2; all above 2 and closed on exec. */
struct sb_spawn_fds {
	int in, out, err;
};

/* Forks and execs; -1 with err where either failed. The child is not reaped. */
int sb_spawn(pid_t *pid, const struct sb_child *child, const struct sb_spawn_fds *fds,
	     struct sb_error *err) SB_MUST_CHECK;

int sb_pidfd_open(pid_t pid); /* -1: it is gone, or the kernel has none */

/* Every descriptor from 3 on is closed on exec (or at once), but those in `keep`. Safe after fork. */
void sb_keep_descriptors(const int *keep, bool at_once);

/* Every signal at its default, none blocked. Safe after fork. */
void sb_default_signals(void);

/* Anonymous and shared memory, resident, of `pid` and all below it (and its whole session), and
 * how many processes that are. */
int64_t sb_family_memory(pid_t pid, int64_t *processes);

/* There are more than `limit` of them: stops counting there, since a bomb grows while one counts. */
bool sb_family_exceeds(pid_t pid, int64_t limit);

/* Processes and threads of the whole machine, by one cheap look. */
int64_t sb_crowd(void);

/* KILL to everything below `pid` and in its session, and to its group. */
void sb_family_kill(pid_t pid);

/* The children of `pid`; how many there are, at most `max` of them in `out`. */
size_t sb_family_children(pid_t pid, pid_t *out, size_t max);

#endif
