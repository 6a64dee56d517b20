#ifndef SB_LOG_OUT_H
#define SB_LOG_OUT_H

#include "base/log.h"

/*
 * The lower half of sb_log, for log.c and log_report.c: one cleaned line at a time to
 * the terminal (never blocking) and to the build's log.
 */

enum sb_log_level {
	SB_LOG_CHILD, /* counts against the limit; quiet hides it */
	SB_LOG_OURS,  /* quiet hides it */
	SB_LOG_LOUD,  /* always shown */
	SB_LOG_REFUSAL, /* always shown, and in GitLab's web page: it shows only lines that start with
			   GL-HOOK-ERR:, which then stands in place of the prefix's first 7 columns */
};

int64_t sb_log_clock(void); /* CLOCK_MONOTONIC, ms */

/* How much of `text`, clean already, stands on a line of `columns`: up to a blank where there is one. */
size_t sb_log_fit(struct sb_span text, size_t columns);

#define SB_LOG_WIDTH 72 /* columns of our own text */

/* `prefix` and the line, both clean already, to both readers. */
void sb_log_put(struct sb_log *log, enum sb_log_level level, const char *prefix,
		struct sb_span line);

/* Cleans `text`, cuts it into lines, wraps those at 72 columns: `first` stands before the first, `next`
 * before the others. A line that starts with a blank is code: it is not wrapped. */
void sb_log_wrap(struct sb_log *log, enum sb_log_level level, const char *first, const char *next,
		 struct sb_span text);

/* The same without wrapping: a command that is to be pasted stays on its line. */
void sb_log_put_lines(struct sb_log *log, enum sb_log_level level, const char *first,
		      const char *next, struct sb_span text);

#endif
