#include "base/base.h"
#include "check/requirements.h"

#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

struct reader {
	const struct sb_text *text;
	struct sb_requirements *out;
	unsigned line;   /* where the logical line starts */
	unsigned column; /* of its first byte */
};

char *sb_package_name(struct sb_span name)
{
	char *out = sb_xcalloc(name.n + 1, 1);
	size_t n = 0;

	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (c == '_' || c == '.' || c == '-') {
			if (n && out[n - 1] != '-')
				out[n++] = '-';
		} else {
			out[n++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
		}
	}
	return out;
}

static struct sb_requirement *add(struct reader *r, enum sb_requirement_kind kind,
				  struct sb_span target)
{
	struct sb_requirement item = { .kind = kind, .line = r->line, .column = r->column };

	if (target.p)
		item.target = sb_span_dup(target);
	sb_grow(&r->out->item, r->out->n, sizeof(*r->out->item));
	r->out->item[r->out->n] = item;
	return &r->out->item[r->out->n++];
}

static struct sb_finding *complain(const struct reader *r, const char *says)
{
	return sb_text_report(r->text, "requirements-line", r->line, r->column, "%s", says);
}

static bool is_vcs(struct sb_span s)
{
	return sb_span_starts(s, "git+") || sb_span_starts(s, "hg+") || sb_span_starts(s, "svn+") ||
	       sb_span_starts(s, "bzr+") || sb_span_starts(s, "git://") ||
	       sb_span_starts(s, "git@");
}

static bool is_url(struct sb_span s)
{
	const char *colon = sb_span_find(s, "://");

	return (colon &&
		sb_span_all((struct sb_span) { s.p, (size_t)(colon - s.p) }, WORD "+.-")) ||
	       sb_span_starts(s, "file:");
}

static bool is_path(struct sb_span s)
{
	static const char *const ends[] = {
		".whl", ".zip", ".tar.gz", ".tar.bz2", ".tgz", ".tar.xz"
	};

	if (sb_span_starts(s, ".") || sb_span_starts(s, "/"))
		return true;
	for (size_t i = 0; i < SB_COUNT(ends); i++)
		if (sb_span_ends(s, ends[i]))
			return !memchr(s.p, '@', s.n); /* "name @ https://…/x.whl" */
	return false;
}

/* "path[extra]" → the path; "file:///x", "file:x" → x. */
static struct sb_span bare_path(struct sb_span s)
{
	const char *bracket = s.n ? memchr(s.p, '[', s.n) : NULL;
	const char *fragment = s.n ? memchr(s.p, '#', s.n) : NULL;

	if (fragment)
		s.n = (size_t)(fragment - s.p);
	else if (bracket && s.p[s.n - 1] == ']')
		s.n = (size_t)(bracket - s.p);
	if (sb_span_starts(s, "file://"))
		return (struct sb_span) { s.p + 7, s.n - 7 };
	if (sb_span_starts(s, "file:"))
		return (struct sb_span) { s.p + 5, s.n - 5 };
	return s;
}

/* The name of "…#egg=name" or of "name-1.2-py3-none-any.whl", or NULL. */
static char *name_in(struct sb_span s)
{
	const char *egg = sb_span_find(s, "#egg=");
	struct sb_span name = s;

	if (!egg && !sb_span_ends(s, ".whl"))
		return NULL;
	if (egg) {
		name = (struct sb_span) { egg + 5, (size_t)(s.p + s.n - egg - 5) };
	} else {
		for (size_t i = 0; i < s.n; i++)
			if (s.p[i] == '/')
				name = (struct sb_span) { s.p + i + 1, s.n - i - 1 };
	}

	size_t n = 0;

	while (n < name.n && name.p[n] && strchr(egg ? WORD "._-" : WORD "._", name.p[n]))
		n++;
	return n ? sb_package_name((struct sb_span) { name.p, n }) : NULL;
}

/* A URL, a version control address or a path, up to the marker or the first option. */
static struct sb_requirement *add_target(struct reader *r, struct sb_span s)
{
	const char *end = sb_span_find(s, " ;");
	const char *option = sb_span_find(s, " --");

	if (option && (!end || option < end))
		end = option;
	if (end)
		s.n = (size_t)(end - s.p);
	s = sb_span_trim(s);
	if (s.n > 1 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0])
		s = (struct sb_span) { s.p + 1, s.n - 2 };

	struct sb_requirement *item;

	if (is_vcs(s))
		item = add(r, SB_REQ_VCS, s);
	else if (is_url(s) && !sb_span_starts(s, "file:"))
		item = add(r, SB_REQ_URL, s);
	else
		item = add(r, SB_REQ_PATH, bare_path(s));
	item->name = name_in(s);
	return item;
}

/* What may follow a name and its extras. */
static bool good_rest(struct sb_span rest)
{
	static const char *const starts[] = {
		"==", ">=", "<=", "~=", "!=", ">", "<", "(", ";", "--"
	};

	if (!rest.n)
		return true;
	for (size_t i = 0; i < SB_COUNT(starts); i++)
		if (sb_span_starts(rest, starts[i]))
			return rest.n > strlen(starts[i]);
	return false;
}

/* "==5.2 ; marker --hash=…" → the version's part, and whether there is a marker. */
static void keep_spec(struct sb_requirement *item, struct sb_span rest)
{
	const char *option = sb_span_find(rest, "--");
	struct sb_span marked = rest, spec;

	if (option)
		marked.n = (size_t)(option - rest.p);
	item->marker = sb_span_cut(&marked, ';', &spec);
	spec = sb_span_trim(item->marker ? spec : marked);
	if (spec.n > 1 && spec.p[0] == '(' && spec.p[spec.n - 1] == ')')
		spec = sb_span_trim((struct sb_span) { spec.p + 1, spec.n - 2 });
	item->spec = spec.n ? sb_span_dup(spec) : NULL;
}

static void package(struct reader *r, struct sb_span s)
{
	size_t n = 0;
	struct sb_span extras = { 0 };

	while (n < s.n && s.p[n] && strchr(WORD "._-", s.p[n]))
		n++;

	struct sb_span name = { s.p, n },
		       rest = sb_span_trim((struct sb_span) { s.p + n, s.n - n });

	if (!n || !strchr(WORD, s.p[0])) {
		sb_finding_fix(complain(r, "neither a package, a URL, a path nor an option"),
			       "put a # in front to make it a comment");
		return;
	}
	if (rest.n && rest.p[0] == '[') {
		const char *end = memchr(rest.p, ']', rest.n);

		if (!end) {
			complain(r, "the [ of the extras has no ]");
			return;
		}
		extras = (struct sb_span) { rest.p + 1, (size_t)(end - rest.p - 1) };
		rest = sb_span_trim((struct sb_span) { end + 1, rest.n - extras.n - 2 });
	}

	struct sb_requirement *item;

	if (rest.n && rest.p[0] == '@') {
		item = add_target(r, sb_span_trim((struct sb_span) { rest.p + 1, rest.n - 1 }));
	} else if (!good_rest(rest)) {
		bool single = rest.p[0] == '=' && !sb_span_starts(rest, "==");

		sb_finding_fix(
			complain(r, single ? "one '=' between name and version; pip wants \"==\""
					   : "pip cannot read what follows the name"),
			"%.*s==1.2.3", SB_SPAN_ARG(name));
		return;
	} else {
		item = add(r, SB_REQ_PACKAGE, (struct sb_span) { 0 });
		keep_spec(item, rest);
	}
	free(item->name);
	item->name = sb_package_name(name);
	item->extras = extras.n ? sb_span_dup(extras) : NULL;
}

/* The value of "--name VALUE", "--name=VALUE", "-n VALUE", "-nVALUE"; false where it is another
 * option. */
static bool option_value(struct sb_span s, const char *longer, const char *shorter,
			 struct sb_span *value)
{
	struct sb_span rest;

	if (sb_span_starts(s, longer)) {
		rest = (struct sb_span) { s.p + strlen(longer), s.n - strlen(longer) };
		if (rest.n && rest.p[0] != ' ' && rest.p[0] != '\t' && rest.p[0] != '=')
			return false;
		*value = sb_span_trim(rest);
		if (value->n && value->p[0] == '=')
			*value = sb_span_trim((struct sb_span) { value->p + 1, value->n - 1 });
		return true;
	}
	if (!shorter || !sb_span_starts(s, shorter) || sb_span_starts(s, "--"))
		return false;
	*value = sb_span_trim((struct sb_span) { s.p + 2, s.n - 2 });
	return true;
}

static void option(struct reader *r, struct sb_span s)
{
	struct sb_span value;

	if (option_value(s, "--requirement", "-r", &value)) {
		add(r, SB_REQ_INCLUDE, value);
	} else if (option_value(s, "--constraint", "-c", &value)) {
		add(r, SB_REQ_CONSTRAINT, value);
	} else if (option_value(s, "--editable", "-e", &value)) {
		if (value.n)
			add_target(r, value)->editable = true;
	} else {
		add(r, SB_REQ_OPTION, s);
		return;
	}
	if (!value.n)
		complain(r, "the option names nothing");
}

/* pip would replace ${NAME} from the environment of the installer, and so might send it away. */
static void variables(const struct reader *r, struct sb_span s)
{
	for (size_t i = 0; i + 3 < s.n; i++) {
		size_t n = 0;

		if (s.p[i] != '$' || s.p[i + 1] != '{')
			continue;
		while (i + 2 + n < s.n && s.p[i + 2 + n] &&
		       strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", s.p[i + 2 + n]))
			n++;
		if (!n || i + 2 + n >= s.n || s.p[i + 2 + n] != '}')
			continue;

		struct sb_span name = { s.p + i + 2, n };

		if (sb_span_starts(name, "PIP_") || sb_span_starts(name, "UV_INDEX_"))
			continue;
		sb_finding_fix(
			sb_text_report(r->text, "requirements-variable", r->line, 0,
				       "${%.*s} stays as it is: installers get no config vars",
				       SB_SPAN_ARG(name)),
			"set the whole address with PIP_EXTRA_INDEX_URL:\n"
			"slugbuild config:set PIP_EXTRA_INDEX_URL=https://user:token@host/simple");
	}
}

static void logical_line(struct reader *r, struct sb_span s)
{
	/* a comment: '#' at the start or after a blank */
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '#' && (!i || s.p[i - 1] == ' ' || s.p[i - 1] == '\t')) {
			s.n = i;
			break;
		}

	struct sb_span body = sb_span_trim(s);

	if (!body.n)
		return;
	r->column = (unsigned)(body.p - s.p) + 1;
	variables(r, body);
	if (body.p[0] == '-')
		option(r, body);
	else if (is_vcs(body) || is_url(body) || is_path(body))
		add_target(r, body);
	else if (memchr(body.p, '/', body.n) && !memchr(body.p, '@', body.n) &&
		 !memchr(body.p, ';', body.n))
		add_target(r, body);
	else
		package(r, body);
}

void sb_requirements_parse(struct sb_requirements *out, const struct sb_text *text)
{
	SB_AUTO(sb_requirements) made = { 0 };
	SB_AUTO(sb_buffer) joined = SB_BUFFER_INIT(SB_REQUIREMENT_LINE_MAX);
	struct reader r = { .text = text, .out = &made };
	struct sb_span rest = text->bytes, line;

	for (unsigned number = 1; sb_text_line(&rest, &line); number++) {
		/* a line that ends in a backslash goes on; a comment line in between ends it, as in
		 * pip */
		bool comment = sb_span_starts(sb_span_trim(line), "#");
		bool more = !comment && line.n && line.p[line.n - 1] == '\\' && rest.n;

		if (!joined.n && !joined.full)
			r.line = number;
		line.n -= !comment && line.n && line.p[line.n - 1] == '\\';
		if (comment)
			sb_buffer_addc(&joined, ' ');
		sb_buffer_add(&joined, line);
		if (more)
			continue;
		r.column = 1;
		if (joined.full)
			complain(&r, "a line of more than 64 KiB");
		else
			logical_line(&r, sb_buffer_span(&joined));
		joined.full = false;
		sb_buffer_clear(&joined);
	}
	*out = SB_STEAL(made);
}

void sb_requirements_release(struct sb_requirements *requirements)
{
	for (size_t i = 0; i < requirements->n; i++) {
		free(requirements->item[i].name);
		free(requirements->item[i].extras);
		free(requirements->item[i].spec);
		free(requirements->item[i].target);
	}
	free(requirements->item);
	*requirements = (struct sb_requirements) { 0 };
}
