#ifndef SB_CHILD_H
#define SB_CHILD_H

#include <stdatomic.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/span.h"

/*
 * Runs one program and waits for it to end. Nothing is inherited: its
 * environment is exactly `env`, its standard input is /dev/null (a hook's own
 * holds the push) unless `input` is given, every other descriptor is closed on
 * exec, and it leads a session and process group of its own that is killed whole
 * (TERM, then KILL) when its time, its output or its memory runs out, or when it
 * is cancelled. No shell, no $PATH. Failure to exec is told apart from an exit
 * status (it travels back over a close-on-exec pipe).
 *
 *	struct sb_child pip = { .argv = argv, .env = env.item, .cwd = dir_fd,
 *				.seconds = 900, .bytes = 8 << 20, .line = show };
 *	struct sb_child_result end;
 *
 *	if (sb_child_run(&pip, &end, err) < 0)
 *		return -1;
 *
 * Every child of slugbuild goes through here; those that run an app's code or an
 * installer go through sys/sandbox.h, which calls this.
 */
struct sb_child {
	const char *const *argv; /* argv[0] is an absolute path */
	const char *const *env;  /* "NAME=value"..., NULL */
	int cwd;                 /* a directory's descriptor, borrowed; -1: "/" */
	struct sb_span input;    /* what stands on its standard input; empty: /dev/null */
	int input_fd;            /* or this descriptor (borrowed), when > 0 */
	int out_fd;              /* > 0: standard output goes here, not to `line` */
	bool tty;                /* it gets our own stdin, stdout and stderr, and our process group */
	int64_t seconds;         /* of wall clock; 0 is refused unless tty */
	int64_t bytes;           /* of stdout and stderr together; 0 is refused unless tty */
	int64_t memory;          /* resident bytes of it and all below it; 0: no limit */
	int64_t processes;       /* of it and all below it; 0: no limit */
	int disk;                /* a directory's descriptor whose filesystem must keep `disk_floor` free; 0: none */
	int64_t disk_floor;
	bool daemons;            /* what it leaves running after a normal end lives on (runners) */
	const atomic_bool *stop; /* ends it like a cancel, once it is true; or NULL */
	const int *pass;         /* descriptors it keeps, at the same numbers; ends with -1; or NULL */
	void (*line)(void *ctx, struct sb_span line); /* each line as it comes, without its end */
	bool separate;           /* `line` gets standard output only; stderr goes to `error_line` */
	void (*error_line)(void *ctx, struct sb_span line);
	void (*tick)(void *ctx); /* about twice a second, while it runs */
	void *ctx;
};

enum sb_child_end {
	SB_CHILD_EXITED,
	SB_CHILD_KILLED,    /* by a signal that was not ours */
	SB_CHILD_TIMEOUT,
	SB_CHILD_LOUD,      /* too much output */
	SB_CHILD_MEMORY,
	SB_CHILD_DISK,
	SB_CHILD_CANCELLED, /* see sb_cancel_asked */
	SB_CHILD_PROCESSES, /* too many */
};

struct sb_child_result {
	enum sb_child_end end;
	int value;       /* the exit status, or the signal */
	int64_t ms;      /* how long it ran */
};

/* 0 once it has ended, however it ended; -1 where it could not be started. */
int sb_child_run(const struct sb_child *child, struct sb_child_result *out,
		 struct sb_error *err) SB_MUST_CHECK;

/* Starts it and returns at once with its pid (its group's too); it dies with us. sb_child_stop ends it. */
int sb_child_start(const struct sb_child *child, pid_t *pid, struct sb_error *err) SB_MUST_CHECK;
void sb_child_stop(pid_t pid, int64_t grace_ms);

/* All of its standard output (stderr is dropped into err's text on failure): for small tools such as git.
 * -1 also when it exits with anything but 0. */
struct sb_buffer;
int sb_child_capture(const struct sb_child *child, struct sb_buffer *out, struct sb_error *err) SB_MUST_CHECK;

/* "was killed by signal 9", "took longer than 900 s", …: for error texts. Borrowed until this thread's next call. */
const char *sb_child_end_text(const struct sb_child *child, const struct sb_child_result *result);

/*
 * Cancelling. sb_cancel_on_signals makes TERM, INT and HUP set a flag; a running child is
 * then ended. sb_cancel_also adds a question asked on each tick ("is the client gone?", "was
 * builds:cancel called?"): a non-NULL answer is the reason. What works long without a child asks
 * sb_cancel_asked as often. Other threads hear of it when
 * the main thread has asked: it does so while it waits for them.
 */
void sb_cancel_on_signals(void);
void sb_cancel_also(const char *(*why)(void *ctx), void *ctx);
const char *sb_cancel_asked(void); /* the reason, or NULL */

#endif
