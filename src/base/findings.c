#include "base/base.h"
#include "base/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *format(const char *fmt, va_list ap)
{
	char *text = NULL;

	return vasprintf(&text, fmt, ap) < 0 ? sb_xstrdup("") : text;
}

struct sb_finding *sb_findings_add(struct sb_findings *list, const char *rule,
				   enum sb_severity severity, const char *fmt, ...)
{
	/* Nobody reads it, and nothing is ever allocated into it. */
	static struct sb_finding scratch;
	va_list ap;

	if (severity == SB_OFF) {
		scratch = (struct sb_finding) { .rule = rule };
		return &scratch;
	}
	sb_grow(&list->item, list->n, sizeof(*list->item));

	struct sb_finding *finding = &list->item[list->n++];

	*finding = (struct sb_finding) { .rule = rule, .severity = severity };
	va_start(ap, fmt);
	finding->text = format(fmt, ap);
	va_end(ap);
	if (severity == SB_ERROR)
		list->errors++;
	else
		list->warnings++;
	return finding;
}

void sb_finding_at(struct sb_finding *finding, const char *path, unsigned line, unsigned column)
{
	if (finding->severity == SB_OFF)
		return;
	free(finding->path);
	finding->path = path ? sb_xstrdup(path) : NULL;
	finding->line = line;
	finding->column = column;
}

void sb_finding_source(struct sb_finding *finding, struct sb_span line)
{
	if (finding->severity == SB_OFF)
		return;
	free(finding->source);
	finding->source = sb_span_dup(line);
}

void sb_finding_fix(struct sb_finding *finding, const char *fmt, ...)
{
	va_list ap;

	if (finding->severity == SB_OFF)
		return;
	free(finding->fix);
	va_start(ap, fmt);
	finding->fix = format(fmt, ap);
	va_end(ap);
}

static int compare(unsigned a, unsigned b)
{
	return (a > b) - (a < b);
}

static int in_order(const void *one, const void *two)
{
	const struct sb_finding *a = one, *b = two;
	int by = compare(b->severity, a->severity);

	if (!by)
		by = strcmp(a->path ? a->path : "", b->path ? b->path : "");
	if (!by)
		by = compare(a->line, b->line);
	if (!by)
		by = compare(a->column, b->column);
	if (!by)
		by = strcmp(a->rule, b->rule);
	return by ? by : strcmp(a->text, b->text);
}

void sb_findings_sort(struct sb_findings *list)
{
	if (list->n)
		qsort(list->item, list->n, sizeof(*list->item), in_order);
}

struct sb_findings sb_findings_after(const struct sb_findings *list, size_t n)
{
	struct sb_findings rest = { .item = list->n ? list->item + n : NULL, .n = list->n - n };

	for (size_t i = 0; i < rest.n; i++) {
		rest.errors += rest.item[i].severity == SB_ERROR;
		rest.warnings += rest.item[i].severity == SB_WARNING;
	}
	return rest;
}

static void drop(struct sb_finding *finding)
{
	free(finding->path);
	free(finding->text);
	free(finding->fix);
	free(finding->source);
}

/* Whether it was told already: the same of the same place. */
static bool is_told(const struct sb_findings *list, size_t n, const struct sb_finding *finding)
{
	for (size_t i = 0; i < n && finding->path; i++)
		if (!strcmp(list->item[i].rule, finding->rule) && list->item[i].path &&
		    !strcmp(list->item[i].path, finding->path) && list->item[i].line == finding->line)
			return true;
	return false;
}

void sb_findings_take(struct sb_findings *to, struct sb_findings *from)
{
	size_t before = to->n;

	for (size_t i = 0; i < from->n; i++) {
		if (is_told(to, before, &from->item[i])) {
			drop(&from->item[i]);
			continue;
		}
		sb_grow(&to->item, to->n, sizeof(*to->item));
		to->item[to->n++] = from->item[i];
		to->errors += from->item[i].severity == SB_ERROR;
		to->warnings += from->item[i].severity == SB_WARNING;
	}
	free(from->item);
	*from = (struct sb_findings) { 0 };
}

void sb_findings_release(struct sb_findings *list)
{
	for (size_t i = 0; i < list->n; i++)
		drop(&list->item[i]);
	free(list->item);
	*list = (struct sb_findings) { 0 };
}
