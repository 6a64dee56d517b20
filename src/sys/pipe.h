#ifndef SB_PIPE_H
#define SB_PIPE_H

#include <sys/types.h>

#include "base/error.h"

/*
 * A child to talk with: one socket is both its standard input and its standard
 * output, so that its end is an error to handle and never a SIGPIPE.
 *
 *	SB_AUTO(sb_pipe) git = SB_PIPE_INIT;
 *
 *	if (sb_pipe_open(&git, argv, env, dir, err) < 0)
 *		return -1;
 *	send(git.fd, line, n, MSG_NOSIGNAL); … read(git.fd, …)
 *
 * Its environment is exactly `env`, its standard error /dev/null; it keeps no
 * other descriptor, leads a session of its own and dies with us.
 */
struct sb_pipe {
	int fd;
	pid_t pid;
	pid_t parent; /* who started it */
};
#define SB_PIPE_INIT \
	{ \
		.fd = -1 \
	}

/* argv[0] is an absolute path; `dir` is where it runs. */
int sb_pipe_open(struct sb_pipe *out, const char *const *argv, const char *const *env,
		 const char *dir, struct sb_error *err) SB_MUST_CHECK;

/* Waits for its end: the exit status, or 128 and the signal. */
int sb_pipe_wait(struct sb_pipe *pipe);

/* Kills and reaps it. In a process that was forked off since (sb_detach): nothing. */
void sb_pipe_release(struct sb_pipe *pipe);

#endif
