#ifndef SB_LOG_H
#define SB_LOG_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/findings.h"
#include "base/list.h"

/*
 * What the pusher sees, in Heroku's words, and the build's own log, which has
 * all of it even when nobody looks any more.
 *
 *	struct sb_log log = SB_LOG_INIT;
 *
 *	log.fd = 2;
 *	sb_log_file(&log, build_log_fd);
 *	sb_log_mask(&log, "SECRET_KEY", value);
 *	sb_log_step(&log, "Installing dependencies with %s", "uv");   // "-----> …"
 *	sb_log_line(&log, bytes_of_pip);                              // seven spaces
 *	sb_log_fail(&log, &err, "yyyymmddThhmmss-…");                 // the last block
 *
 * Promises: a vanished or stalled reader never blocks the caller for longer
 * than `stall` seconds in all (then the terminal is given up and only the file
 * is written); values given to sb_log_mask appear nowhere; control bytes and
 * what is no UTF-8 are shown as \x1b, SGR colour passes where `colour` is set;
 * no line is longer than 4 KiB, and after `limit` bytes to the terminal one
 * line says so. Only app/, cli/ and callbacks of children log.
 */

#define SB_LOG_INIT { .fd = -1, .file = -1, .stall_ms = 30000, .limit = 4 << 20 }

struct sb_log {
	int fd;   /* the pusher's, or a terminal; -1: none. Borrowed. */
	int file; /* the build's log; -1: none. Borrowed. */
	bool colour;
	bool gitlab;  /* GitLab's web shows only lines that start with GL-HOOK-ERR: */
	bool quiet;   /* steps and lines go to the file only; warnings and failures are shown */
	int64_t stall_ms;
	size_t limit, sent;
	bool gave_up;           /* the reader is gone or stalled */
	int64_t last_ms;        /* when something was last shown (CLOCK_MONOTONIC) */
	int64_t step_ms;        /* when the step began */
	char step[128];         /* names the step in the heartbeat */
	struct sb_list mask;    /* "NAME=value" */
	struct sb_buffer *tail; /* the last output of children, for diagnosis; or NULL */
};

void sb_log_mask(struct sb_log *log, const char *name, const char *value); /* short ones are kept out */

void sb_log_step(struct sb_log *log, const char *fmt, ...) SB_PRINTF(2, 3);
void sb_log_line(struct sb_log *log, struct sb_span line); /* from a child or a file */
void sb_log_say(struct sb_log *log, const char *fmt, ...) SB_PRINTF(2, 3); /* a detail of ours, wrapped at 72 */
void sb_log_warn(struct sb_log *log, const char *fmt, ...) SB_PRINTF(2, 3);
void sb_log_raw(struct sb_log *log, const char *fmt, ...) SB_PRINTF(2, 3); /* no prefix: "Verifying deploy... done." */

/* What another log wrote into its file, a part of it in whole lines: shown as if it were said here. */
void sb_log_replay(struct sb_log *log, struct sb_span text);

/* The one block that ends a failure: what, where, how to fix it, the build's id (or NULL). */
void sb_log_fail(struct sb_log *log, const struct sb_error *err, const char *build);

/* All findings as a compiler shows them, sorted, with a count behind them. */
void sb_log_findings(struct sb_log *log, struct sb_findings *list);

/* A line naming the step after 15 s of silence. Called often, by whoever waits. */
void sb_log_tick(struct sb_log *log);

/* `text` with masked values, visible control bytes: what the functions above print. */
void sb_log_clean(const struct sb_log *log, struct sb_buffer *out, struct sb_span text);

void sb_log_release(struct sb_log *log);

#endif
