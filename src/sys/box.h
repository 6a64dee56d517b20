#ifndef SB_BOX_H
#define SB_BOX_H

#include "sys/sandbox.h"

/*
 * The lower half of sys/sandbox.c: what bubblewrap is told. Everything goes over a
 * memory file (--args FD), so that no value stands in anybody's argv, and bubblewrap's own
 * environment is empty.
 */

#define SB_BOX_FDS 8

struct sb_box_command {
	struct sb_list argv;  /* bwrap --args N -- … */
	int fd[SB_BOX_FDS];   /* bwrap reads them; owned */
	size_t fds;
	int block; /* in: > 0: box->tracer is used, and bubblewrap waits here for its byte */
};

enum sb_box_session {
	SB_BOX_OWN_SESSION,
	SB_BOX_TERMINAL, /* shares ours, so that job control and ^C reach the program */
};

/* `info` > 0: bubblewrap writes there who the box's first process is. */
int sb_box_command(struct sb_box_command *out, const struct sb_box *box, const char *const *argv,
		   enum sb_box_session session, int info, struct sb_error *err) SB_MUST_CHECK;
void sb_box_command_release(struct sb_box_command *command);

/* The box's first process as the host counts, from what bubblewrap wrote to `info`; -1 unknown. */
pid_t sb_box_first_process(int info);

/* bubblewrap's path, or NULL. Borrowed. */
const char *sb_box_program(const struct sb_settings *settings);

/* The filter, compiled, as a file to read. Returns a descriptor. */
int sb_box_filter(struct sb_error *err) SB_MUST_CHECK;

/* argv, environment and folder of a program that runs without a box: its paths as they are outside. */
void sb_box_map_argv(const struct sb_box *box, struct sb_list *out, const char *const *argv);
void sb_box_map_env(const struct sb_box *box, struct sb_list *out);

/* "prlimit … --", in front of the program. Without a box RLIMIT_NPROC is left alone: it would count
 * all of the user's processes. */
void sb_box_add_limits(const struct sb_box *box, struct sb_list *argv);

/* Decides, and sets box->open; SB_ECONFIG where a box is required and cannot be had. */
int sb_box_decide(struct sb_box *box, struct sb_error *err) SB_MUST_CHECK;

#endif
