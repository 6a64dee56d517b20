#include "build/python.h"

#include "check/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLAUSE_MAX 64 /* bytes of one clause of a specifier */

struct clause {
	char op[4];
	int part[3];
	int parts;
	bool star;
};

static bool read_clause(struct clause *out, struct sb_span text)
{
	static const char *const ops[] = { "===", "==", "!=", "~=", ">=", "<=",
					   ">",   "<",  "^",  "~",  "=" };
	char number[CLAUSE_MAX];
	const char *p = number;

	*out = (struct clause) { .op = "==" };
	text = sb_span_trim(text);
	for (size_t i = 0; i < SB_COUNT(ops); i++)
		if (sb_span_starts(text, ops[i])) {
			size_t n = strlen(ops[i]);

			sb_span_copy(out->op, sizeof(out->op), (struct sb_span) { text.p, n });
			text = sb_span_trim((struct sb_span) { text.p + n, text.n - n });
			break;
		}
	if (!text.n || text.n >= sizeof(number))
		return false;
	sb_span_copy(number, sizeof(number), text);
	while (out->parts < 3) {
		char *end;

		if (!strcmp(p, "*")) {
			out->star = true;
			return true;
		}
		out->part[out->parts++] = (int)strtol(p, &end, 10);
		if (end == p)
			return false;
		if (*end != '.')
			return !*end || strchr("abrcd+", *end);
		p = end + 1;
	}
	return false;
}

static int compare(const int version[3], const struct clause *clause, int parts)
{
	for (int i = 0; i < parts; i++)
		if (version[i] != clause->part[i])
			return version[i] < clause->part[i] ? -1 : 1;
	return 0;
}

/* How many leading parts must stay for ^ and the tilde operators. */
static int kept_parts(const struct clause *clause)
{
	if (!strcmp(clause->op, "~="))
		return clause->parts > 1 ? clause->parts - 1 : 1;
	if (!strcmp(clause->op, "~"))
		return clause->parts > 1 ? 2 : 1;
	return clause->part[0] || clause->parts < 2 ? 1 : 2; /* ^ */
}

static bool holds(const int version[3], const struct clause *clause)
{
	const char *op = clause->op;
	int whole = compare(version, clause, 3);
	int exact = compare(version, clause, clause->star ? clause->parts : 3);

	if (!strcmp(op, ">="))
		return whole >= 0;
	if (!strcmp(op, "<="))
		return whole <= 0;
	if (!strcmp(op, ">"))
		return whole > 0;
	if (!strcmp(op, "<"))
		return whole < 0;
	if (!strcmp(op, "!="))
		return exact != 0;
	if (*op == '~' || *op == '^')
		return whole >= 0 && compare(version, clause, kept_parts(clause)) == 0;
	return exact == 0;
}

static bool all_hold(const int version[3], struct sb_span spec)
{
	while (spec.n) {
		struct sb_span part = spec;
		struct clause clause;

		if (!sb_span_cut(&spec, ',', &part))
			spec.n = 0;
		part = sb_span_trim(part);
		if (!part.n || sb_span_is(part, "*"))
			continue;
		if (!read_clause(&clause, part) || !holds(version, &clause))
			return false;
	}
	return true;
}

bool sb_version_in(const int version[3], const char *spec)
{
	struct sb_span rest = sb_span_of(spec);

	while (rest.n) {
		struct sb_span part = rest;

		if (!sb_span_cut(&rest, '|', &part))
			rest.n = 0;
		if (sb_span_trim(part).n && all_hold(version, part))
			return true;
	}
	return false;
}

static const struct sb_python *newest_of(const struct sb_pythons *all, int major, int minor)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->item[i].major == major && (minor < 0 || all->item[i].minor == minor))
			return &all->item[i];
	return NULL;
}

static const struct sb_python *refuse(const struct sb_pythons *all,
				      const struct sb_version_wish *wish, const char *wanted,
				      struct sb_error *err)
{
	SB_AUTO_FREE char *list = sb_pythons_list(all);

	sb_fail(err, SB_EBUILD, "Python %s is not installed on this server (there are: %s)", wanted,
		list);
	if (wish->origin && wish->line)
		sb_error_where(err, "%s:%u", wish->origin, wish->line);
	else if (wish->origin)
		sb_error_where(err, "%s", wish->origin);
	sb_error_fix(err,
		     "ask for one of those, or on the server: pyenv install %s  (or: uv python "
		     "install %s)",
		     wanted, wanted);
	return NULL;
}

static const struct sb_python *by_spec(const struct sb_pythons *all,
				       const struct sb_version_wish *wish, const char *last,
				       struct sb_error *err)
{
	int major = 0, minor = 0;
	const struct sb_python *found = NULL;

	if (last && sscanf(last, "%d.%d", &major, &minor) == 2)
		found = newest_of(all, major, minor);
	if (found &&
	    sb_version_in((int[3]) { found->major, found->minor, found->patch }, wish->spec))
		return found;
	for (size_t i = 0; i < all->n; i++) {
		const struct sb_python *one = &all->item[i];

		if (sb_version_in((int[3]) { one->major, one->minor, one->patch }, wish->spec))
			return one;
	}
	return refuse(all, wish, wish->spec, err);
}

static const struct sb_python *by_default(const struct sb_pythons *all, const char *last,
					  struct sb_log *log)
{
	int major = 0, minor = 0;
	const struct sb_python *found = NULL;

	if (last && sscanf(last, "%d.%d", &major, &minor) == 2)
		found = newest_of(all, major, minor);
	if (found) {
		sb_log_step(log,
			    "No Python version was specified. Using the same as the last build: "
			    "Python %s",
			    found->version);
		return found;
	}
	found = &all->item[0];
	sb_log_step(log, "No Python version was specified. Using the newest here: Python %s",
		    found->version);
	sb_log_warn(log, "add a .python-version file that says %d.%d to keep it", found->major,
		    found->minor);
	return found;
}

static const struct sb_python *by_version(const struct sb_pythons *all,
					  const struct sb_version_wish *wish,
					  const struct sb_settings *settings, struct sb_log *log,
					  struct sb_error *err)
{
	const struct sb_python *near = newest_of(all, wish->major, wish->minor);
	char wanted[48];
	int n = snprintf(wanted, sizeof(wanted), "%d", wish->major);

	if (wish->minor >= 0)
		n += snprintf(wanted + n, sizeof(wanted) - (size_t)n, ".%d", wish->minor);
	if (wish->minor >= 0 && wish->patch >= 0)
		snprintf(wanted + n, sizeof(wanted) - (size_t)n, ".%d", wish->patch);
	if (wish->minor < 0 || wish->patch < 0)
		return near ? near : refuse(all, wish, wanted, err);
	for (size_t i = 0; i < all->n; i++)
		if (all->item[i].major == wish->major && all->item[i].minor == wish->minor &&
		    all->item[i].patch == wish->patch)
			return &all->item[i];
	if (!near || settings->python_strict)
		return refuse(all, wish, wanted, err);
	sb_log_warn(log, "Python %s is not installed here: using %s, the newest %d.%d", wanted,
		    near->version, near->major, near->minor);
	return near;
}

const struct sb_python *sb_python_choose(const struct sb_pythons *all,
					 const struct sb_version_wish *wish, const char *last,
					 const struct sb_settings *settings, struct sb_log *log,
					 struct sb_error *err)
{
	const struct sb_python *found;

	if (!wish->origin || (!wish->spec && wish->major <= 0))
		return by_default(all, last, log);
	found = wish->spec ? by_spec(all, wish, last, err)
			   : by_version(all, wish, settings, log, err);
	if (found)
		sb_log_step(log, "Using Python %s specified in %s", found->version, wish->origin);
	return found;
}

void sb_python_look(struct sb_findings *findings, const struct sb_version_wish *wish,
		    const struct sb_settings *settings)
{
	SB_AUTO(sb_pythons) all = { 0 };
	struct sb_log silent = SB_LOG_INIT;
	struct sb_error why = { 0 };

	if (!wish->origin || sb_pythons_find(&all, settings, &why) < 0)
		return;
	if (!sb_python_choose(&all, wish, NULL, settings, &silent, &why)) {
		struct sb_finding *f = sb_report(findings, settings, "python-version-missing", "%s", why.text);

		sb_finding_at(f, wish->origin, wish->line, 0);
		sb_finding_fix(f, "%s", why.fix);
	}
	sb_log_release(&silent);
}
