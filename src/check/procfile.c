#include "base/base.h"
#include "check/procfile.h"

#include <stdlib.h>
#include <string.h>

#define NAME "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* One line on its way: `name` and `command` are pieces of `whole`. */
struct line {
	const struct sb_text *text;
	struct sb_span whole, name, command;
	unsigned number;
};

static unsigned column(const struct line *line, const char *at)
{
	return (unsigned)(at - line->whole.p) + 1;
}

#define complain(line, rule, at, ...) \
	sb_text_report((line)->text, rule, (line)->number, column(line, at), __VA_ARGS__)

static const char FORM[] =
	"write it as \"type: command\", or put a # in front to make it a comment";

/* Types that people write without ':'; any other word may as well be prose. */
static bool is_usual(struct sb_span name)
{
	static const char *const usual[] = { "web",   "worker", "release",
					     "clock", "beat",   "scheduler" };

	for (size_t i = 0; i < SB_COUNT(usual); i++)
		if (sb_span_is(name, usual[i]))
			return true;
	return false;
}

static bool without_colon(struct line *line, struct sb_span body)
{
	const char *blank = body.p;

	while (blank < body.p + body.n && *blank != ' ' && *blank != '\t')
		blank++;
	line->name = (struct sb_span) { body.p, (size_t)(blank - body.p) };
	line->command = sb_span_trim((struct sb_span) { blank, body.n - line->name.n });
	if (!is_usual(line->name) || !line->command.n) {
		sb_finding_fix(complain(line, "procfile-line", body.p,
					"not a process type: there is no ':' in it"),
			       "%s", FORM);
		return false;
	}
	sb_finding_fix(complain(line, "procfile-dialect", blank,
				"the ':' after \"%.*s\" is missing; only Heroku reads this",
				SB_SPAN_ARG(line->name)),
		       "%.*s: %.*s", SB_SPAN_ARG(line->name), SB_SPAN_ARG(line->command));
	return true;
}

static bool good_name(const struct line *line)
{
	struct sb_span name = line->name;
	struct sb_finding *f;
	size_t i = 0;

	while (i < name.n && name.p[i] && strchr(NAME, name.p[i]))
		i++;
	if (!name.n)
		f = complain(line, "procfile-line", line->name.p,
			     "there is no process type before the ':'");
	else if (i < name.n)
		f = complain(
			line, "procfile-line", name.p + i,
			"\"%.*s\" is no process type: only letters, digits, - and _ may be in it",
			SB_SPAN_ARG(name));
	else if (name.n > SB_PROCESS_NAME_MAX)
		f = complain(line, "procfile-line", name.p,
			     "a process type of %zu bytes; the limit is %d", name.n,
			     SB_PROCESS_NAME_MAX);
	else
		return true;
	sb_finding_fix(f, "%s", FORM);
	return false;
}

/* " #" and " //", which Dokku's reader takes for the start of a comment; or NULL. */
static const char *cut_by_some(struct sb_span command)
{
	const char *hash = sb_span_find(command, " #"), *slashes = sb_span_find(command, " //");
	const char *first = !hash || (slashes && slashes < hash) ? slashes : hash;

	return first ? first + 1 : NULL;
}

/* What this platform takes and others read otherwise. */
static void dialects(const struct line *line, struct sb_span body, const char *colon)
{
	struct sb_span name = line->name;
	struct sb_span with = line->command;
	const char *says = NULL;
	const char *at = body.p;

	if (body.p > line->whole.p)
		says = "some platforms drop a line that starts with a blank";
	else if (colon > name.p + name.n) {
		says = "the blank before the ':' becomes part of the command on Heroku";
		at = name.p + name.n;
	} else if (line->command.p == colon + 1) {
		says = "Heroku drops a line without a blank after the ':'";
		at = colon + 1;
	} else if (memchr(name.p, '_', name.n)) {
		says = "some platforms turn _ into - in a process type";
	} else if ((at = cut_by_some(line->command))) {
		says = "some platforms cut the command here, as if it were a comment";
		with = (struct sb_span) { line->command.p, (size_t)(at - line->command.p) };
	}
	if (says)
		sb_finding_fix(complain(line, "procfile-dialect", at, "%s", says), "%.*s: %.*s",
			       SB_SPAN_ARG(name), SB_SPAN_ARG(sb_span_trim(with)));
}

static bool with_colon(struct line *line, struct sb_span body, const char *colon)
{
	line->name = sb_span_trim((struct sb_span) { body.p, (size_t)(colon - body.p) });
	line->command =
		sb_span_trim((struct sb_span) { colon + 1, body.n - (size_t)(colon + 1 - body.p) });
	if (!good_name(line))
		return false;
	if (!line->command.n) {
		sb_finding_fix(complain(line, "procfile-line", colon, "\"%.*s\" has no command",
					SB_SPAN_ARG(line->name)),
			       "%.*s: the command to run", SB_SPAN_ARG(line->name));
		return false;
	}
	dialects(line, body, colon);
	return true;
}

static bool split(struct line *line)
{
	struct sb_span body = sb_span_trim(line->whole);
	const char *colon = memchr(body.p, ':', body.n);
	const char *odd = sb_text_odd_byte(line->whole);
	const char *blank = NULL;

	if (odd) {
		sb_finding_fix(complain(line, "procfile-line", odd,
					"byte 0x%02x is neither text nor UTF-8",
					(unsigned)(unsigned char)*odd),
			       "remove it");
		return false;
	}
	for (size_t i = 0; i < body.n && !blank; i++)
		if (body.p[i] == ' ' || body.p[i] == '\t')
			blank = body.p + i;
	/* "web gunicorn -b :80": the ':' is one of the command's */
	if (!colon || (blank && blank < colon &&
		       is_usual((struct sb_span) { body.p, (size_t)(blank - body.p) }) &&
		       sb_span_trim((struct sb_span) { blank, (size_t)(colon - blank) }).n))
		return without_colon(line, body);
	return with_colon(line, body, colon);
}

/* "Web" and "Release" are meant for web and release, which have a meaning of their own. */
static char *name_of(const struct line *line)
{
	char *name = sb_span_dup(line->name);

	if (!strpbrk(name, CAPITALS))
		return name;
	if (!strcasecmp(name, "web") || !strcasecmp(name, "release")) {
		for (char *p = name; *p; p++)
			*p = (char)(*p | 0x20);
		sb_finding_fix(complain(line, "procfile-dialect", line->name.p,
					"\"%.*s\" is taken as \"%s\"", SB_SPAN_ARG(line->name),
					name),
			       "%s: %.*s", name, SB_SPAN_ARG(line->command));
		return name;
	}
	sb_finding_fix(complain(line, "procfile-dialect", line->name.p,
				"some platforms turn a process type into small letters"),
		       "write process types in small letters");
	return name;
}

static void add(struct sb_procfile *out, const struct line *line)
{
	SB_AUTO_FREE char *name = name_of(line);
	struct sb_procfile_entry *old = (struct sb_procfile_entry *)sb_procfile_find(out, name);

	if (old && sb_span_is(line->command, old->command)) {
		sb_finding_fix(complain(line, "procfile-dialect", line->name.p,
					"\"%s\" stands on line %u already", name, old->line),
			       "remove one of the two lines");
		return;
	}
	if (old) {
		sb_finding_fix(complain(line, "procfile-duplicate", line->name.p,
					"\"%s\" has another command on line %u", name, old->line),
			       "keep one of the two lines; Heroku would run the last one");
		free(old->command);
		old->command = sb_span_dup(line->command);
		old->line = line->number;
		old->column = column(line, line->command.p);
		return;
	}
	if (out->n == SB_PROCFILE_TYPES) {
		complain(line, "procfile-line", line->name.p, "more than %d process types",
			 SB_PROCFILE_TYPES);
		return;
	}
	sb_grow(&out->entry, out->n, sizeof(*out->entry));
	out->entry[out->n++] =
		(struct sb_procfile_entry) { SB_STEAL(name), sb_span_dup(line->command),
					     line->number, column(line, line->command.p) };
}

void sb_procfile_parse(struct sb_procfile *out, const struct sb_text *text)
{
	SB_AUTO(sb_procfile) made = { 0 };
	struct sb_span rest = text->bytes, whole;
	struct line line = { .text = text };

	for (size_t faults = text->findings->n; sb_text_line(&rest, &whole);) {
		struct sb_span body = sb_span_trim(whole);

		line.number++;
		line.whole = whole;
		if (!body.n || body.p[0] == '#')
			continue;
		if (split(&line))
			add(&made, &line);
		if (text->findings->n > faults + 2 * (size_t)SB_PROCFILE_TYPES)
			break; /* this is no Procfile */
	}
	*out = SB_STEAL(made);
}

const struct sb_procfile_entry *sb_procfile_find(const struct sb_procfile *procfile,
						 const char *name)
{
	for (size_t i = 0; i < procfile->n; i++)
		if (!strcmp(procfile->entry[i].name, name))
			return &procfile->entry[i];
	return NULL;
}

void sb_procfile_release(struct sb_procfile *procfile)
{
	for (size_t i = 0; i < procfile->n; i++) {
		free(procfile->entry[i].name);
		free(procfile->entry[i].command);
	}
	free(procfile->entry);
	*procfile = (struct sb_procfile) { 0 };
}
