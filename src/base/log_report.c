#include "base/base.h"
#include "base/clean.h"
#include "base/log_out.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

#define DETAIL "       "
#define ALARM " !     "
#define ALARM_MORE " !          "
#define INDENT "            " /* of a fix's second line */
#define SOURCE_MAX 56         /* columns of a source line */
#define FINDINGS_SHOWN 100

void sb_log_fail(struct sb_log *log, const struct sb_error *err, const char *build)
{
	SB_AUTO_FREE char *fix = sb_xasprintf("fix: %s", err->fix);
	SB_AUTO_FREE char *where = sb_xasprintf("at %s", err->where);
	SB_AUTO_FREE char *id = sb_xasprintf("build %s", build ? build : "");

	sb_log_wrap(log, SB_LOG_REFUSAL, ALARM, ALARM,
		    sb_span_of(err->text[0] ? err->text : "failed"));
	if (err->where[0])
		sb_log_wrap(log, SB_LOG_REFUSAL, ALARM, ALARM_MORE, sb_span_of(where));
	if (err->fix[0])
		sb_log_put_lines(log, SB_LOG_REFUSAL, ALARM, ALARM_MORE, sb_span_of(fix));
	if (build && *build)
		sb_log_wrap(log, SB_LOG_REFUSAL, ALARM, ALARM_MORE, sb_span_of(id));
}

/* What a finding looks like; an error's lines are part of the refusal. */
struct look {
	const char *word, *colour;
	enum sb_log_level level;
	const char *prefix;
};

static const struct look looks[] = {
	[SB_WARNING] = { "warning", "\x1b[1;33m", SB_LOG_LOUD, DETAIL },
	[SB_ERROR] = { "error", "\x1b[1;31m", SB_LOG_REFUSAL, ALARM },
};

/* A line whose first `n` bytes are coloured where colours are shown. */
static void put_coloured(struct sb_log *log, const struct look *look, const char *prefix,
			 struct sb_span line, size_t n)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(SIZE_MAX / 2);

	n = n < line.n ? n : line.n;
	if (!log->colour || !n) {
		sb_log_put(log, look->level, prefix, line);
		return;
	}
	sb_buffer_adds(&out, look->colour);
	sb_buffer_add(&out, (struct sb_span) { line.p, n });
	sb_buffer_adds(&out, "\x1b[0m");
	sb_buffer_add(&out, (struct sb_span) { line.p + n, line.n - n });
	sb_log_put(log, look->level, prefix, sb_buffer_span(&out));
}

/* What a text says below its first line: an exception, a list. */
static void further_lines(struct sb_log *log, struct sb_span rest, const struct look *look)
{
	struct sb_span line;

	while (sb_span_line(&rest, &line)) {
		SB_AUTO(sb_buffer) clean = SB_BUFFER_INIT(SIZE_MAX / 2);

		sb_clean(&clean, line, &log->mask, false);
		sb_log_wrap(log, look->level, DETAIL, DETAIL, sb_buffer_span(&clean));
	}
}

/* "error[rule]: path:line:column:" coloured, and what is wrong; wrapped.
 * Pushed bytes are cleaned without the colours they may hold: those would run into ours, and can hide. */
static void headline(struct sb_log *log, const struct sb_finding *finding, const struct look *look)
{
	SB_AUTO(sb_buffer) head = SB_BUFFER_INIT(SIZE_MAX / 2);
	const char *prefix = look->prefix;

	sb_buffer_addf(&head, "%s[%s]:", look->word, finding->rule);
	if (finding->path) {
		sb_buffer_addc(&head, ' ');
		sb_clean(&head, sb_span_of(finding->path), &log->mask, false);
		if (finding->line)
			sb_buffer_addf(&head, ":%u", finding->line);
		if (finding->line && finding->column)
			sb_buffer_addf(&head, ":%u", finding->column);
		sb_buffer_addc(&head, ':');
	}

	size_t coloured = head.n;
	struct sb_span text = sb_span_of(finding->text), first = { "", 0 };

	(void)!sb_span_line(&text, &first);
	sb_buffer_addc(&head, ' ');
	sb_clean(&head, first, &log->mask, false);

	struct sb_span rest = sb_buffer_span(&head);

	while (rest.n) {
		size_t n = sb_log_fit(rest, SB_LOG_WIDTH - strlen(DETAIL));

		put_coloured(log, look, prefix, (struct sb_span) { rest.p, n }, coloured);
		while (n < rest.n && rest.p[n] == ' ')
			n++;
		coloured -= n < coloured ? n : coloured;
		rest.p += n;
		rest.n -= n;
		prefix = DETAIL;
	}
	further_lines(log, text, look);
}

static size_t columns_of(struct sb_log *log, struct sb_span text)
{
	SB_AUTO(sb_buffer) clean = SB_BUFFER_INIT(SIZE_MAX / 2);

	sb_clean(&clean, text, &log->mask, false);
	return sb_utf8_columns(sb_buffer_span(&clean));
}

/* Back to the start of the character that `at` is in the middle of. */
static size_t boundary(struct sb_span line, size_t at)
{
	while (at && at < line.n && ((unsigned char)line.p[at] & 0xc0) == 0x80)
		at--;
	return at;
}

/* The line, or the part of it around the column, and a caret below. */
static void source(struct sb_log *log, const struct sb_finding *finding, const struct look *look)
{
	struct sb_span line = sb_span_of(finding->source), shown = line;
	size_t at = finding->column ? finding->column - 1 : 0, skip = 0;
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(SIZE_MAX / 2);

	at = at < line.n ? at : line.n;
	for (size_t i = 0; i < line.n; i++)
		if (finding->source[i] == '\t')
			finding->source[i] = ' '; /* else the caret would not stand below */
	if (line.n > SOURCE_MAX && at > SOURCE_MAX / 2)
		skip = boundary(line, at - SOURCE_MAX / 2);
	shown.p += skip;
	shown.n = line.n - skip > SOURCE_MAX ? boundary(line, skip + SOURCE_MAX) - skip
					     : line.n - skip;
	sb_buffer_adds(&out, skip ? "    …" : "    ");
	sb_clean(&out, shown, &log->mask, false);
	sb_buffer_adds(&out, skip + shown.n < line.n ? "…" : "");
	sb_log_put(log, look->level, DETAIL, sb_buffer_span(&out));
	if (!finding->column)
		return;

	struct sb_span before = { shown.p, at - skip < shown.n ? at - skip : shown.n };
	SB_AUTO_FREE char *caret =
		sb_xasprintf("    %*s^", (int)(columns_of(log, before) + (skip ? 1 : 0)), "");

	put_coloured(log, look, DETAIL, sb_span_of(caret), SIZE_MAX);
}

static void show(struct sb_log *log, const struct sb_finding *finding)
{
	const struct look *look = &looks[finding->severity];

	headline(log, finding, look);
	if (finding->source)
		source(log, finding, look);
	if (finding->fix) {
		SB_AUTO_FREE char *fix = sb_xasprintf("fix: %s", finding->fix);

		sb_log_put_lines(log, look->level, DETAIL, INDENT, sb_span_of(fix));
	}
}

void sb_log_findings(struct sb_log *log, struct sb_findings *list)
{
	sb_findings_sort(list);
	for (size_t i = 0; i < list->n && i < FINDINGS_SHOWN; i++)
		show(log, &list->item[i]);
	if (!list->n)
		return;

	SB_AUTO(sb_buffer) count = SB_BUFFER_INIT(256);

	if (list->errors)
		sb_buffer_addf(&count, "%zu error%s", list->errors, list->errors == 1 ? "" : "s");
	if (list->warnings)
		sb_buffer_addf(&count, "%s%zu warning%s", list->errors ? ", " : "", list->warnings,
			       list->warnings == 1 ? "" : "s");
	if (list->n > FINDINGS_SHOWN)
		sb_buffer_addf(&count, " (the first %d are shown)", FINDINGS_SHOWN);

	const struct look *look = &looks[list->errors ? SB_ERROR : SB_WARNING];

	sb_log_put(log, look->level, look->prefix, sb_buffer_span(&count));
}
