#include "base/base.h"
#include "check/heroku.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (64 << 10)
#define LOCK_MAX (16 << 20)

/* The versions of the release named in heroku.c. */
#define OLDEST 10 /* 3.10 */
#define DEPRECATED 10
static const int latest[] = { 21, 16, 14, 15, 7 }; /* patch of 3.10, 3.11, … */
#define NEWEST (OLDEST + (int)SB_COUNT(latest) - 1)

/* ---- lines, as `sed` cuts them in C.UTF-8 ---- */

static bool is_space(uint32_t rune)
{
	return (rune >= 9 && rune <= 13) || rune == 0x20 || rune == 0x1680 ||
	       (rune >= 0x2000 && rune <= 0x200a && rune != 0x2007) || rune == 0x2028 ||
	       rune == 0x2029 || rune == 0x205f || rune == 0x3000;
}

static struct sb_span trim(struct sb_span s)
{
	struct sb_span out;
	uint32_t rune;
	size_t n;

	while ((n = sb_utf8_next(s, &rune)) && is_space(rune)) {
		s.p += n;
		s.n -= n;
	}
	out = (struct sb_span) { s.p, 0 };
	while (s.n) {
		n = sb_utf8_next(s, &rune);
		s.p += n ? n : 1;
		s.n -= n ? n : 1;
		if (!n || !is_space(rune))
			out.n = (size_t)(s.p - out.p);
	}
	return out;
}

struct line {
	struct sb_span text; /* trimmed */
	unsigned number;
};

/* The next line that is neither empty nor a comment. */
static bool next_line(struct sb_span *rest, struct line *line)
{
	while (rest->n) {
		struct sb_span raw = *rest;

		if (!sb_span_cut(rest, '\n', &raw))
			rest->n = 0;
		line->text = trim(raw);
		line->number++;
		if (line->text.n && line->text.p[0] != '#')
			return true;
	}
	return false;
}

/* Digits without a needless zero in front; the value stays below what an int holds. */
static bool number(struct sb_span *rest, int *out)
{
	size_t n = 0;

	*out = 0;
	while (n < rest->n && rest->p[n] >= '0' && rest->p[n] <= '9') {
		if (*out < 100000000)
			*out = *out * 10 + (rest->p[n] - '0');
		n++;
	}
	if (!n || (n > 1 && rest->p[0] == '0'))
		return false;
	rest->p += n;
	rest->n -= n;
	return true;
}

static bool dot(struct sb_span *rest)
{
	if (!rest->n || rest->p[0] != '.')
		return false;
	rest->p++;
	rest->n--;
	return true;
}

/* N.N or N.N.N */
static bool parse(struct sb_heroku_python *out, struct sb_span text)
{
	out->patch = -1;
	if (!number(&text, &out->major) || !dot(&text) || !number(&text, &out->minor))
		return false;
	if (!text.n)
		return true;
	return dot(&text) && number(&text, &out->patch) && !text.n;
}

/* ---- what file(1) says of a text ---- */

static bool is_control(unsigned char c)
{
	return (c < 32 && !(c >= 7 && c <= 13) && c != 27) || c == 127;
}

/* An encoding that is neither ASCII nor UTF-8; what holds control bytes is "data", and no encoding. */
static bool foreign_encoding(struct sb_span s)
{
	if (s.n >= 3 && !memcmp(s.p, "\xef\xbb\xbf", 3))
		return true;
	if (s.n >= 2 && (!memcmp(s.p, "\xff\xfe", 2) || !memcmp(s.p, "\xfe\xff", 2)))
		return true;
	for (size_t i = 0; i < s.n; i++)
		if (is_control((unsigned char)s.p[i]))
			return false;
	return !sb_is_utf8(s);
}

/* ---- the files ---- */

static void fix_file(struct sb_finding *finding)
{
	sb_finding_fix(finding, "echo 3.%d > .python-version && git add .python-version", NEWEST);
}

static void show(struct sb_finding *finding, struct sb_span text)
{
	sb_finding_source(finding, text);
}

static int runtime_txt(struct sb_heroku_python *out, const struct sb_view *view, struct sb_error *err)
{
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(TEXT_MAX);
	struct line first = { 0 }, more = { 0 };
	int got = sb_heroku_read(&bytes, view, "runtime.txt", err);
	struct sb_span rest = sb_buffer_span(&bytes), version;
	bool any;

	if (got < 0)
		return -1;
	any = got && next_line(&rest, &first);
	more = first;
	out->origin = SB_HEROKU_RUNTIME;
	out->path = "runtime.txt";
	out->line = first.number;
	version = first.text;
	if (any && !next_line(&rest, &more) && sb_span_starts(version, "python-")) {
		version.p += 7;
		version.n -= 7;
		if (parse(out, version))
			return 0;
	}
	out->invalid = true;

	struct sb_finding *f = sb_heroku_report(view, "heroku-runtime-txt-invalid-version",
						"runtime.txt", any ? first.number : 0,
						"runtime.txt must hold python-3.%d or python-3.%d.%d and "
						"nothing else",
						NEWEST, NEWEST, latest[NEWEST - OLDEST]);
	if (any)
		show(f, first.text);
	sb_finding_fix(f, "git rm runtime.txt && echo 3.%d > .python-version", NEWEST);
	return 0;
}

/* Misspellings that were seen in the wild: the buildpack knows these and no others. */
static int misspelt(const struct sb_view *view, struct sb_error *err)
{
	static const char *const names[] = {
		" .python-version",    ". python-version",    ".python_version.txt",
		".python_version",     ".python-version ",    ",python-version",
		".python-version.",    ".python-version.py",  ".python-version.rtf",
		".python-version.txt", ".python-version.TXT", ".Python-version",
		".python.version",     ".pythonversion",      "'.python-version'",
		"python_version.txt",  "python_version",      "python-version.",
		"python-version.txt",  "python-version",
	};
	int found = 0;

	for (size_t i = 0; i < SB_COUNT(names) && !found; i++) {
		found = sb_heroku_is_file(view, names[i], err);
		if (found > 0)
			sb_finding_fix(sb_heroku_report(view,
							"heroku-python-version-file-misspelled",
							names[i], 0,
							"'%s' is spelt wrong: the name is .python-version",
							names[i]),
				       "git mv \"%s\" .python-version", names[i]);
	}
	return found;
}

static void wrong_version(const struct sb_view *view, struct sb_span all, const struct line *line)
{
	struct sb_finding *f =
		foreign_encoding(all)
			? sb_heroku_report(view, "heroku-python-version-file-invalid-encoding",
					   ".python-version", line->number,
					   ".python-version is no plain ASCII or UTF-8 text (a byte "
					   "order mark makes it none)")
			: sb_heroku_report(view, "heroku-python-version-file-invalid-version",
					   ".python-version", line->number,
					   "a line of .python-version is neither 3.%d nor 3.%d.%d: no "
					   "quotes, no \"python-\", no wildcards",
					   NEWEST, NEWEST, latest[NEWEST - OLDEST]);

	show(f, line->text);
	fix_file(f);
}

static int version_file(struct sb_heroku_python *out, const struct sb_view *view, struct sb_error *err)
{
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(TEXT_MAX);
	int got = sb_heroku_read(&bytes, view, ".python-version", err);
	struct sb_span all = sb_buffer_span(&bytes), rest = all;
	struct line line = { 0 };
	size_t n = 0;

	if (got < 0)
		return -1;
	out->origin = SB_HEROKU_FILE;
	out->path = ".python-version";
	for (; next_line(&rest, &line); n++) {
		if (!parse(out, line.text)) {
			out->invalid = true;
			wrong_version(view, all, &line);
			return 0;
		}
		out->line = line.number;
	}
	out->invalid = n != 1;
	if (!n)
		fix_file(sb_heroku_report(view, "heroku-python-version-file-no-version",
					  ".python-version", 0, ".python-version holds no version"));
	else if (n > 1)
		fix_file(sb_heroku_report(view, "heroku-python-version-file-multiple-versions",
					  ".python-version", out->line,
					  ".python-version holds %zu versions; one is allowed", n));
	return 0;
}

/* A value as jq prints it. Owned. */
static char *as_jq(const json_t *value)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(LOCK_MAX);

	if (json_is_string(value))
		return sb_xstrdup(json_string_value(value));
	sb_json_print_compact(&out, value);
	if (out.n)
		out.p[--out.n] = '\0'; /* the newline */
	return sb_buffer_detach(&out);
}

static bool absent(const json_t *value)
{
	return !value || json_is_null(value) || json_is_false(value);
}

/* `._meta.requires.NAME` of what is an object, or absent. */
static bool can_be_asked(const json_t *lock)
{
	const json_t *meta = json_object_get(lock, "_meta");

	if (!json_is_object(lock))
		return !lock || json_is_null(lock);
	if (meta && !json_is_null(meta) && !json_is_object(meta))
		return false;
	const json_t *requires = json_object_get(meta, "requires");

	return !requires || json_is_null(requires) || json_is_object(requires);
}

static int lock_file(struct sb_heroku_python *out, const struct sb_view *view, struct sb_error *err)
{
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(LOCK_MAX);
	int got = sb_heroku_read(&bytes, view, "Pipfile.lock", err);
	struct sb_error why = { 0 };

	if (got < 0)
		return -1;
	SB_AUTO_JSON json_t *lock = sb_json_parse(sb_buffer_span(&bytes), &why);

	if (!lock || !can_be_asked(lock)) {
		out->invalid = true;
		sb_finding_fix(sb_heroku_report(view, "heroku-pipfile-lock-invalid-json",
						"Pipfile.lock", (unsigned)strtoul(why.where, NULL, 10),
						"Pipfile.lock cannot be parsed: %s",
						lock ? "it has not the form of a lock" : why.text),
			       "pipenv lock && git add Pipfile.lock");
		return 0;
	}
	const json_t *value = sb_json_at(lock, "_meta.requires.python_full_version");

	value = absent(value) ? sb_json_at(lock, "_meta.requires.python_version") : value;
	if (!value || json_is_null(value))
		return 0;
	SB_AUTO_FREE char *text = as_jq(value);

	out->origin = SB_HEROKU_LOCK;
	out->path = "Pipfile.lock";
	if (parse(out, sb_span_of(text)))
		return 0;
	out->invalid = true;
	sb_finding_fix(sb_heroku_report(view, "heroku-pipfile-lock-invalid-version", "Pipfile.lock", 0,
					"Pipfile.lock asks for Python \"%s\"; only 3.%d or 3.%d.%d are "
					"versions",
					text, NEWEST, NEWEST, latest[NEWEST - OLDEST]),
		       "put python_version = \"3.%d\" into the Pipfile, then run pipenv lock", NEWEST);
	return 0;
}

/* ---- whether there is such a Python ---- */

static void judge(struct sb_heroku_python *python, const struct sb_view *view)
{
	const struct sb_heroku_python *p = python;
	int newest = p->minor >= OLDEST && p->minor <= NEWEST ? latest[p->minor - OLDEST] : 0;

	if (p->major < 3 || (p->major == 3 && p->minor < OLDEST))
		fix_file(sb_heroku_report(view, "heroku-python-version-eol", p->path, p->line,
					  "Python %d.%d is past its end: Heroku has 3.%d to 3.%d",
					  p->major, p->minor, OLDEST, NEWEST));
	else if (p->major > 3 || p->minor > NEWEST)
		fix_file(sb_heroku_report(view, "heroku-python-version-unknown-major", p->path, p->line,
					  "Python %d.%d is not known: Heroku has 3.%d to 3.%d",
					  p->major, p->minor, OLDEST, NEWEST));
	else if (p->patch > newest)
		fix_file(sb_heroku_report(view, "heroku-python-version-unknown-patch", p->path, p->line,
					  "there is no Python 3.%d.%d: the latest is 3.%d.%d", p->minor,
					  p->patch, p->minor, newest));
	else
		python->supported = true;
	if (!p->supported)
		return;
	if (p->minor == DEPRECATED)
		fix_file(sb_heroku_report(view, "heroku-python-version-deprecated", p->path, p->line,
					  "Python 3.%d will soon be refused", p->minor));
	if (p->patch >= 0 && p->patch < newest)
		fix_file(sb_heroku_report(view, "heroku-python-version-outdated", p->path, p->line,
					  "Python 3.%d.%d is there, and 3.%d.%d mends its faults",
					  p->minor, p->patch, p->minor, newest));
}

/* The first file that is there is the one that counts. */
static int find(struct sb_heroku_python *out, const struct sb_view *view, bool pipenv,
		struct sb_error *err)
{
	int there = sb_heroku_is_file(view, "runtime.txt", err);

	if (there)
		return there < 0 ? -1 : runtime_txt(out, view, err);
	there = misspelt(view, err);
	if (there < 0)
		return -1;
	out->invalid = there > 0;
	there = sb_heroku_is_file(view, ".python-version", err);
	if (there)
		return there < 0 ? -1 : version_file(out, view, err);
	return pipenv && !out->invalid ? lock_file(out, view, err) : 0;
}

int sb_heroku_version(struct sb_heroku_python *out, const struct sb_view *view, bool pipenv,
		      struct sb_error *err)
{
	if (find(out, view, pipenv, err) < 0)
		return -1;
	if (!out->invalid && out->origin != SB_HEROKU_NONE)
		judge(out, view);
	return 0;
}
