#include "base/base.h"
#include "check/version.h"

#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"
#define ANY (-1)

/* A number without leading zeros, at most three digits; moves `s` behind it. */
static bool number(struct sb_span *s, int *out)
{
	size_t n = 0;

	*out = 0;
	while (n < s->n && n < 4 && s->p[n] >= '0' && s->p[n] <= '9')
		*out = *out * 10 + (s->p[n++] - '0');
	if (!n || n > 3 || (n > 1 && s->p[0] == '0'))
		return false;
	*s = (struct sb_span) { s->p + n, s->n - n };
	return true;
}

static bool dot(struct sb_span *s)
{
	if (!s->n || s->p[0] != '.')
		return false;
	*s = (struct sb_span) { s->p + 1, s->n - 1 };
	return true;
}

bool sb_version_parse(struct sb_version_wish *out, struct sb_span text)
{
	struct sb_version_wish made = { .minor = ANY, .patch = ANY };

	if (!number(&text, &made.major) || !made.major)
		return false;
	if (dot(&text) && !number(&text, &made.minor))
		return false;
	if (made.minor != ANY && dot(&text) && !number(&text, &made.patch))
		return false;
	if (text.n)
		return false;
	out->major = made.major;
	out->minor = made.minor;
	out->patch = made.patch;
	return true;
}

static void complain(const struct sb_text *text, unsigned line, unsigned column,
		     struct sb_span value, const char *form)
{
	sb_finding_fix(sb_text_report(text, "python-version-invalid", line, column,
				      "\"%.*s\" is no Python version",
				      (int)(value.n > 80 ? 80 : value.n), value.p),
		       "%s", form);
}

static bool keep(struct sb_version_wish *out, const struct sb_text *text, unsigned line)
{
	out->origin = sb_xstrdup(text->path);
	out->line = line;
	return true;
}

bool sb_version_runtime_txt(struct sb_version_wish *out, const struct sb_text *text)
{
	struct sb_span value = sb_span_trim(text->bytes), version = value;

	if (!value.n) {
		sb_finding_fix(sb_text_report(text, "python-version-invalid", 1, 0,
					      "runtime.txt is empty"),
			       "write a line such as python-3.12 into it, or remove it");
		return false;
	}
	if (sb_span_starts(value, "python-"))
		version = (struct sb_span) { value.p + 7, value.n - 7 };
	if (version.p == value.p || !sb_version_parse(out, version) || out->minor == ANY) {
		struct sb_version_wish bare = { 0 };
		bool forgot =
			version.p == value.p && sb_version_parse(&bare, value) && bare.minor != ANY;

		complain(
			text, 1, 1, value,
			forgot ? "put \"python-\" in front of it"
			       : "runtime.txt holds one line such as python-3.12.1 or python-3.12");
		return false;
	}
	return keep(out, text, 1);
}

bool sb_version_python_version(struct sb_version_wish *out, const struct sb_text *text)
{
	static const char FORM[] = "write one line such as 3.12 or 3.12.1";
	struct sb_version_wish first = { 0 };
	struct sb_span rest = text->bytes, line;
	unsigned n = 0, versions = 0, at = 0;
	bool valid = true;

	while (sb_text_line(&rest, &line)) {
		struct sb_span value = sb_span_trim(line);
		struct sb_version_wish wish = { 0 };

		n++;
		if (!value.n || value.p[0] == '#')
			continue;
		if (sb_span_starts(value, "python-"))
			value = (struct sb_span) { value.p + 7, value.n - 7 };
		if (!sb_version_parse(&wish, value) || wish.minor == ANY) {
			complain(text, n, (unsigned)(value.p - line.p) + 1, value, FORM);
			valid = false;
		} else if (++versions == 1) {
			first = wish;
			at = n;
		}
	}
	if (!valid)
		return false;
	if (!versions) {
		sb_finding_fix(sb_text_report(text, "python-version-invalid", 0, 0,
					      "%s names no version", text->path),
			       "%s", FORM);
		return false;
	}
	if (versions > 1)
		sb_finding_fix(sb_text_report(text, "python-version-multiple", at, 0,
					      "%u versions; an app runs on one", versions),
			       "keep one line");
	*out = first;
	return keep(out, text, at);
}

bool sb_version_pipfile_lock(struct sb_version_wish *out, const json_t *lock,
			     const struct sb_text *text)
{
	const char *full = sb_json_text(lock, "_meta.requires.python_full_version", NULL);
	const char *value = full ? full : sb_json_text(lock, "_meta.requires.python_version", NULL);

	if (!value || !strcmp(value, "*"))
		return false;
	if (!sb_version_parse(out, sb_span_of(value)) || out->minor == ANY) {
		complain(text, 0, 0, sb_span_of(value),
			 "set python_version = \"3.12\" in the Pipfile and run: pipenv lock");
		return false;
	}
	return keep(out, text, 0);
}

/* ---- specifiers: ">=3.10,<4" ---- */

struct clause {
	char op[4];
	int part[3]; /* ANY where not given */
	int parts;
	bool star; /* "3.12.*" */
};

/* Moves `s` behind the version; letters of pre-releases ("3.13rc1", "3.13.dev0") are read over. */
static bool clause_version(struct clause *out, struct sb_span s)
{
	out->part[0] = out->part[1] = out->part[2] = ANY;
	for (out->parts = 0; out->parts < 3; out->parts++) {
		if (out->parts && !dot(&s))
			break;
		if (sb_span_is(s, "*")) {
			out->star = true;
			return out->parts > 0;
		}
		if (!number(&s, &out->part[out->parts]))
			return false;
	}
	return !s.n || (out->parts == 3 && sb_span_is(s, ".*")) ||
	       sb_span_all(s, DIGITS "abcdevrc.post");
}

static bool parse_clause(struct clause *out, struct sb_span s)
{
	static const char *const ops[] = { "===", "==", "~=", ">=", "<=", "!=", ">", "<" };

	*out = (struct clause) { 0 };
	s = sb_span_trim(s);
	for (size_t i = 0; i < SB_COUNT(ops); i++)
		if (sb_span_starts(s, ops[i])) {
			size_t n = strlen(ops[i]);

			sb_span_copy(out->op, sizeof(out->op), (struct sb_span) { s.p, n });
			return clause_version(out,
					      sb_span_trim((struct sb_span) { s.p + n, s.n - n }));
		}
	return false;
}

/* How v compares with the clause's parts: -1, 0, 1; a part that v leaves open decides nothing. */
static int compare(const int v[3], const struct clause *c)
{
	for (int i = 0; i < 3; i++) {
		int want = c->part[i] == ANY ? 0 : c->part[i];

		if (v[i] == ANY)
			return 0;
		if (c->part[i] == ANY && (c->star || !strcmp(c->op, "==")))
			return 0;
		if (v[i] != want)
			return v[i] < want ? -1 : 1;
	}
	return 0;
}

/* "~=3.9": 3.9 and up to below 4; "~=3.9.2": below 3.10. */
static bool is_compatible(const struct clause *c, const int v[3], int cmp)
{
	return cmp >= 0 && v[0] == c->part[0] &&
	       (c->parts < 3 || v[1] == ANY || v[1] == c->part[1]);
}

static bool allows(const struct clause *c, const int v[3])
{
	int cmp = compare(v, c);
	bool open = !cmp && (v[1] == ANY || v[2] == ANY);

	if (!strcmp(c->op, ">="))
		return cmp >= 0;
	if (!strcmp(c->op, "<="))
		return cmp <= 0;
	if (!strcmp(c->op, ">"))
		return cmp > 0 || open;
	if (!strcmp(c->op, "<"))
		return cmp < 0 || (open && c->part[2] > 0);
	if (!strcmp(c->op, "!="))
		return cmp != 0 || (open && !c->star);
	if (!strcmp(c->op, "~="))
		return is_compatible(c, v, cmp);
	return cmp == 0;
}

static bool spec_allows(const char *spec, const int v[3])
{
	struct sb_span rest = sb_span_of(spec), part;
	struct clause clause;

	while (sb_span_cut(&rest, ',', &part))
		if (parse_clause(&clause, part) && !allows(&clause, v))
			return false;
	return !parse_clause(&clause, rest) || allows(&clause, v);
}

bool sb_version_agree(const struct sb_version_wish *a, const struct sb_version_wish *b)
{
	if (a->spec && b->spec)
		return true;
	if (a->spec || b->spec) {
		const struct sb_version_wish *v = a->spec ? b : a;

		return spec_allows(a->spec ? a->spec : b->spec,
				   (int[3]) { v->major, v->minor, v->patch });
	}
	return a->major == b->major &&
	       (a->minor == ANY || b->minor == ANY || a->minor == b->minor) &&
	       (a->patch == ANY || b->patch == ANY || a->patch == b->patch);
}

/* One of Poetry's clauses ("^3.9", "~3.9", "3.9.*", "3.9", ">=3.9") as PEP 440 has it. */
static bool poetry_clause(struct sb_buffer *out, struct sb_span s)
{
	struct clause c = { 0 };
	char first;

	s = sb_span_trim(s);
	if (!s.n || sb_span_is(s, "*"))
		return s.n > 0;
	if (out->n)
		sb_buffer_addc(out, ',');
	first = s.p[0];
	if ((first == '^' || first == '~') && !sb_span_starts(s, "~=")) {
		struct sb_span v = sb_span_trim((struct sb_span) { s.p + 1, s.n - 1 });

		if (!clause_version(&c, v))
			return false;
		sb_buffer_addf(out, ">=%.*s,", SB_SPAN_ARG(v));
		if (first == '^' || c.part[1] == ANY)
			sb_buffer_addf(out, "<%d", c.part[0] + 1);
		else
			sb_buffer_addf(out, "<%d.%d", c.part[0], c.part[1] + 1);
		return true;
	}
	if (first >= '0' && first <= '9') {
		if (!clause_version(&c, s))
			return false;
		sb_buffer_addf(out, "==%.*s%s", SB_SPAN_ARG(s), c.star || c.parts == 3 ? "" : ".*");
		return true;
	}
	sb_buffer_add(out, s);
	return parse_clause(&c, s);
}

/* Each clause by `,`; Poetry takes blanks too (">=3.9 <4.0"), which are rare: then nothing is read.
 */
static bool normalise(struct sb_buffer *out, struct sb_span value, bool poetry)
{
	struct sb_span part;
	struct clause clause;

	for (bool last = false; !last;) {
		last = !sb_span_cut(&value, ',', &part);
		if (last)
			part = value;
		part = sb_span_trim(part);
		if (last && !part.n && out->n)
			return true; /* ">=3.9," */
		if (poetry ? !poetry_clause(out, part) : !parse_clause(&clause, part))
			return false;
		if (!poetry) {
			if (out->n)
				sb_buffer_addc(out, ',');
			sb_buffer_add(out, part);
		}
	}
	return !out->full;
}

bool sb_version_requires(struct sb_version_wish *out, const struct sb_text *text,
			 struct sb_span value, bool poetry, unsigned line)
{
	SB_AUTO(sb_buffer) spec = SB_BUFFER_INIT(256);

	value = sb_span_trim(value);
	if (poetry &&
	    (sb_span_is(value, "*") || sb_span_find(value, "||") || sb_span_find(value, "|")))
		return false;
	if (!normalise(&spec, value, poetry)) {
		if (!poetry)
			complain(text, line, 0, value, "requires-python = \">=3.12\"");
		return false;
	}
	if (!spec.n)
		return false;
	out->major = 0;
	out->minor = out->patch = ANY;
	out->spec = sb_buffer_detach(&spec);
	return keep(out, text, line);
}

void sb_version_wish_release(struct sb_version_wish *wish)
{
	free(wish->spec);
	free(wish->origin);
	*wish = (struct sb_version_wish) { 0 };
}
