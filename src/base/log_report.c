#include "base/base.h"
#include "base/log_out.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

#define DETAIL "       "
#define ALARM " !     "
#define INDENT "            " /* of a fix's second line */
#define SOURCE_MAX 56         /* columns of a source line */
#define FINDINGS_SHOWN 100

static void block(struct sb_log *log, const char *prefix, const struct sb_error *err,
		  const char *build)
{
	SB_AUTO_FREE char *more = sb_xasprintf("%s     ", prefix);
	SB_AUTO_FREE char *fix = sb_xasprintf("fix: %s", err->fix);
	SB_AUTO_FREE char *where = sb_xasprintf("at %s", err->where);

	sb_log_wrap(log, SB_LOG_LOUD, prefix, prefix,
		    sb_span_of(err->text[0] ? err->text : "failed"));
	if (err->where[0])
		sb_log_wrap(log, SB_LOG_LOUD, prefix, more, sb_span_of(where));
	if (err->fix[0])
		sb_log_put_lines(log, SB_LOG_LOUD, prefix, more, sb_span_of(fix));
	if (build && *build) {
		SB_AUTO_FREE char *id = sb_xasprintf("build %s", build);

		sb_log_wrap(log, SB_LOG_LOUD, prefix, more, sb_span_of(id));
	}
}

void sb_log_fail(struct sb_log *log, const struct sb_error *err, const char *build)
{
	block(log, ALARM, err, build);
	if (log->gitlab)
		block(log, "GL-HOOK-ERR: ", err, build);
}

static size_t columns_of(struct sb_log *log, struct sb_span text)
{
	SB_AUTO(sb_buffer) clean = SB_BUFFER_INIT(SIZE_MAX / 2);

	sb_log_clean(log, &clean, text);
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
static void source(struct sb_log *log, const struct sb_finding *finding)
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
	sb_log_clean(log, &out, shown);
	sb_buffer_adds(&out, skip + shown.n < line.n ? "…" : "");
	sb_log_put(log, SB_LOG_LOUD, DETAIL, sb_buffer_span(&out));
	if (!finding->column)
		return;

	struct sb_span before = { shown.p, at - skip < shown.n ? at - skip : shown.n };
	SB_AUTO_FREE char *caret =
		sb_xasprintf("    %*s^", (int)(columns_of(log, before) + (skip ? 1 : 0)), "");

	sb_log_put(log, SB_LOG_LOUD, DETAIL, sb_span_of(caret));
}

static void show(struct sb_log *log, const struct sb_finding *finding)
{
	bool error = finding->severity == SB_ERROR;
	SB_AUTO(sb_buffer) head = SB_BUFFER_INIT(SIZE_MAX / 2);

	sb_buffer_addf(&head, "%s[%s]: ", error ? "error" : "warning", finding->rule);
	if (finding->path) /* cleaned here: a newline in it is part of the name */
		sb_log_clean(log, &head, sb_span_of(finding->path));
	if (finding->path && finding->line)
		sb_buffer_addf(&head, ":%u", finding->line);
	if (finding->path && finding->line && finding->column)
		sb_buffer_addf(&head, ":%u", finding->column);
	sb_buffer_addf(&head, "%s%s", finding->path ? ": " : "", finding->text);
	sb_log_wrap(log, SB_LOG_LOUD, error ? ALARM : DETAIL, DETAIL, sb_buffer_span(&head));
	if (log->gitlab && error)
		sb_log_wrap(log, SB_LOG_LOUD,
			    "GL-HOOK-ERR: ", "GL-HOOK-ERR:      ", sb_buffer_span(&head));
	if (finding->source)
		source(log, finding);
	if (finding->fix) {
		SB_AUTO_FREE char *fix = sb_xasprintf("fix: %s", finding->fix);

		sb_log_put_lines(log, SB_LOG_LOUD, DETAIL, INDENT, sb_span_of(fix));
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
	sb_log_put(log, SB_LOG_LOUD, list->errors ? ALARM : DETAIL, sb_buffer_span(&count));
}
