#include "base/base.h"
#include "base/clean.h"
#include "base/log_out.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STEP "-----> "
#define DETAIL "       "
#define ALARM " !     "
#define SILENCE_MS 15000 /* then the heartbeat */

/* The formatted text as `text`, freed at the end of the scope. */
#define FORMATTED(text, fmt) \
	SB_AUTO_FREE char *text = NULL; \
	va_list ap_; \
	va_start(ap_, fmt); \
	if (vasprintf(&text, fmt, ap_) < 0) \
		text = sb_xstrdup("(no text)"); \
	va_end(ap_)

void sb_log_mask(struct sb_log *log, const char *name, const char *value)
{
	sb_mask_add(&log->mask, name, value);
}

void sb_log_clean(const struct sb_log *log, struct sb_buffer *out, struct sb_span text)
{
	sb_clean(out, text, &log->mask, log->colour);
}

/* Each line of `text`, whole. */
static void put_lines(struct sb_log *log, enum sb_log_level level, const char *prefix,
		      struct sb_span text)
{
	struct sb_span raw;

	while (sb_span_line(&text, &raw)) {
		SB_AUTO(sb_buffer) clean = SB_BUFFER_INIT(SIZE_MAX / 2);

		sb_log_clean(log, &clean, raw);
		sb_log_put(log, level, prefix, sb_buffer_span(&clean));
	}
}

void sb_log_step(struct sb_log *log, const char *fmt, ...)
{
	FORMATTED(text, fmt);
	SB_AUTO(sb_buffer) clean = SB_BUFFER_INIT(SIZE_MAX / 2);

	sb_log_clean(log, &clean, sb_span_of(text));
	snprintf(log->step, sizeof(log->step), "%.*s", (int)sizeof(log->step) - 1,
		 sb_buffer_span(&clean).p);
	log->step_ms = sb_log_clock();
	sb_log_put(log, SB_LOG_OURS, STEP, sb_buffer_span(&clean));
}

/* The end of what children said; the older half goes when it is full. */
static void remember(struct sb_buffer *tail, struct sb_span line)
{
	if (line.n + 1 > tail->max)
		line = (struct sb_span) { line.p + line.n + 1 - tail->max, tail->max - 1 };
	if (tail->n + line.n + 1 > tail->max) {
		size_t drop = tail->n > tail->max / 2 ? tail->n - tail->max / 2 : 0;

		if (tail->n - drop + line.n + 1 > tail->max)
			drop = tail->n;
		memmove(tail->p, tail->p + drop, tail->n - drop);
		tail->n -= drop;
		tail->p[tail->n] = '\0';
	}
	sb_buffer_add(tail, line);
	sb_buffer_addc(tail, '\n');
}

void sb_log_line(struct sb_log *log, struct sb_span line)
{
	SB_AUTO(sb_buffer) clean = SB_BUFFER_INIT(SIZE_MAX / 2);

	while (line.n && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
		line.n--;
	sb_log_clean(log, &clean, line);
	if (log->tail && log->tail->max)
		remember(log->tail, sb_buffer_span(&clean));
	sb_log_put(log, SB_LOG_CHILD, DETAIL, sb_buffer_span(&clean));
}

void sb_log_say(struct sb_log *log, const char *fmt, ...)
{
	FORMATTED(text, fmt);

	sb_log_wrap(log, SB_LOG_OURS, DETAIL, DETAIL, sb_span_of(text));
}

void sb_log_warn(struct sb_log *log, const char *fmt, ...)
{
	FORMATTED(text, fmt);

	sb_log_wrap(log, SB_LOG_LOUD, ALARM, ALARM, sb_span_of(text));
}

void sb_log_raw(struct sb_log *log, const char *fmt, ...)
{
	FORMATTED(text, fmt);

	put_lines(log, SB_LOG_OURS, "", sb_span_of(text));
}

void sb_log_replay(struct sb_log *log, struct sb_span text)
{
	struct sb_span line;

	while (sb_span_line(&text, &line)) {
		if (sb_span_starts(line, STEP))
			sb_log_step(log, "%.*s", (int)(line.n - strlen(STEP)), line.p + strlen(STEP));
		else if (sb_span_starts(line, ALARM))
			sb_log_put(log, SB_LOG_LOUD, "", line);
		else
			sb_log_put(log, SB_LOG_CHILD, "", line);
	}
}

void sb_log_tick(struct sb_log *log)
{
	int64_t now = sb_log_clock();

	if (!log->last_ms)
		log->last_ms = now;
	if (log->fd < 0 || log->gave_up || log->quiet || now - log->last_ms < SILENCE_MS)
		return;

	int file = log->file;
	int64_t seconds = (now - (log->step_ms ? log->step_ms : log->last_ms)) / 1000;
	SB_AUTO_FREE char *text =
		sb_xasprintf("still at: %s (%lld s)", log->step[0] ? log->step : "preparing",
			     (long long)seconds);

	log->file = -1; /* a sign of life is for those who look */
	sb_log_put(log, SB_LOG_OURS, DETAIL, sb_span_of(text));
	log->file = file;
	log->last_ms = now;
}

void sb_log_release(struct sb_log *log)
{
	sb_list_release(&log->mask);
	log->fd = -1;
	log->file = -1;
}
