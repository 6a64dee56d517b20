#include "base/base.h"
#include "check/address.h"

#include "check/rules.h"

#include <string.h>

#define FILE_MAX (1 << 20)

/* ---- one address ---- */

static size_t length_of(struct sb_span s, const char *ends)
{
	size_t n = 0;

	while (n < s.n && s.p[n] && !strchr(ends, s.p[n]))
		n++;
	return n;
}

/* "user:password@host:80" of an address. */
static struct sb_span authority_of(struct sb_span address)
{
	const char *start = sb_span_find(address, "://");
	struct sb_span rest = { 0 };

	if (start)
		rest = (struct sb_span) { start + 3, (size_t)(address.p + address.n - start) - 3 };
	rest.n = length_of(rest, "/?# \t\"'");
	return rest;
}

/* What stands in front of the "@", or nothing. */
static struct sb_span user_of(struct sb_span address)
{
	struct sb_span authority = authority_of(address);
	const char *at = authority.n ? memrchr(authority.p, '@', authority.n) : NULL;

	return at ? (struct sb_span) { authority.p, (size_t)(at - authority.p) } : (struct sb_span) { 0 };
}

struct sb_span sb_address_host(struct sb_span address)
{
	struct sb_span authority = authority_of(address), user = user_of(address);
	size_t skip = user.p ? user.n + 1 : 0;

	return skip ? (struct sb_span) { authority.p + skip, authority.n - skip } : authority;
}

bool sb_address_is_public_index(struct sb_span host)
{
	static const char *const hosts[] = { "pypi.org", "pypi.python.org", "files.pythonhosted.org",
					     "download.pytorch.org" };

	for (size_t i = 0; i < SB_COUNT(hosts); i++)
		if (sb_span_is(host, hosts[i]))
			return true;
	return false;
}

static void credentials(const struct sb_text *text, unsigned line, unsigned column)
{
	sb_finding_fix(sb_text_report(text, "requirements-credentials", line, column,
				      "a password or token in an address"),
		       "revoke it, take it out of the address, and set the whole address with\n"
		       "slugbuild config:set PIP_EXTRA_INDEX_URL=https://user:token@host/simple");
}

void sb_address_look(const struct sb_text *text, struct sb_span address, unsigned line, unsigned column)
{
	struct sb_span user = user_of(address);
	bool ssh = sb_span_find(address, "ssh://") || sb_span_starts(address, "git@") ||
		   sb_span_starts(address, "git+git@");

	if (ssh)
		sb_finding_fix(sb_text_report(text, "requirements-ssh", line, column,
					      "an address by SSH: the build has no key and no known hosts"),
			       "use git+https://…, or publish the package to an index");
	else if (user.n && !memchr(user.p, '$', user.n) && !sb_span_is(user, "git"))
		credentials(text, line, column);
}

void sb_address_private(const struct sb_text *text, struct sb_span host, unsigned line, unsigned column)
{
	sb_finding_fix(sb_text_report(text, "requirements-index", line, column,
				      "packages come from %.*s: the server must reach it", SB_SPAN_ARG(host)),
		       "if it is for this machine only: PIP_INDEX_URL in your own environment");
}

/* ---- TOML ---- */

/* "[[tool.uv.index]]" → "tool.uv.index"; false where the line is no head of a table. */
static bool table_of(struct sb_span line, struct sb_span *table)
{
	if (!line.n || line.p[0] != '[')
		return false;
	while (line.n && line.p[0] == '[')
		line = (struct sb_span) { line.p + 1, line.n - 1 };
	return sb_span_cut(&line, ']', table);
}

static bool is_one_of(struct sb_span word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (sb_span_is(word, words[i]))
			return true;
	return false;
}

/* Whether the key of that table is the address of an index; with no table, of uv.toml. */
static bool names_index(struct sb_span table, struct sb_span key)
{
	static const char *const tables[] = { "source", "tool.poetry.source", "tool.uv.index", "index",
					      "tool.pdm.source" };
	static const char *const keys[] = { "index-url", "extra-index-url", "default-index" };

	if (is_one_of(table, tables, SB_COUNT(tables)))
		return sb_span_is(key, "url");
	return (!table.n || sb_span_is(table, "tool.uv") || sb_span_is(table, "tool.uv.pip") ||
		sb_span_is(table, "pip")) &&
	       is_one_of(key, keys, SB_COUNT(keys));
}

/* Tables that say nothing of packages: a test's database has a password too. */
static bool is_of_packages(struct sb_span table)
{
	static const char *const words[] = { "packages",    "dev-packages", "source", "index",
					     "dependencies", "project",      "group",  "tool.uv" };

	if (!table.n)
		return true;
	for (size_t i = 0; i < SB_COUNT(words); i++)
		if (sb_span_find(table, words[i]))
			return true;
	return false;
}

/* The texts in quotes of a line that are addresses. */
static void look_at_texts(const struct sb_text *text, struct sb_span line, unsigned number, bool index)
{
	struct sb_span rest = line;

	while (rest.n) {
		size_t skip = length_of(rest, "\"'#"), n;
		struct sb_span body;

		if (skip >= rest.n || rest.p[skip] == '#')
			return;
		body = (struct sb_span) { rest.p + skip + 1, rest.n - skip - 1 };
		n = length_of(body, (const char[]) { rest.p[skip], '\0' });
		rest = (struct sb_span) { body.p + n, body.n - n };
		if (rest.n)
			rest = (struct sb_span) { rest.p + 1, rest.n - 1 };
		body.n = n;

		unsigned column = (unsigned)(body.p - line.p) + 1;
		struct sb_span host = sb_address_host(body), user = user_of(body);

		/* A user alone is what a keyring goes by. */
		if (memchr(user.n ? user.p : "", ':', user.n) || sb_span_find(body, "ssh://"))
			sb_address_look(text, body, number, column);
		if (index && host.n && !memchr(host.p, '$', host.n) && !sb_address_is_public_index(host))
			sb_address_private(text, host, number, column);
	}
}

/* Whether the array of that line goes on. */
static bool goes_on(struct sb_span line, bool inside)
{
	if (inside)
		return !sb_span_ends(line, "]") && !sb_span_starts(line, "]");
	return sb_span_starts(line, "[") && !memchr(line.p, ']', line.n);
}

void sb_address_toml(const struct sb_text *text, bool indexes)
{
	struct sb_span rest = text->bytes, line, table = { 0 }, key;
	bool inside = false; /* an array of indexes, over several lines */

	for (unsigned n = 1; sb_text_line(&rest, &line); n++) {
		struct sb_span value = sb_span_trim(line);
		bool names = inside;

		if (!value.n || value.p[0] == '#' || (!inside && table_of(value, &table)) ||
		    !is_of_packages(table))
			continue;
		if (!inside && sb_span_cut(&value, '=', &key))
			names = names_index(table, sb_span_trim(key));
		look_at_texts(text, line, n, indexes && names);
		inside = names && goes_on(sb_span_trim(value), inside);
	}
}

int sb_address_look_at_files(const struct sb_view *view, enum sb_manager manager, struct sb_error *err)
{
	static const struct {
		const char *name;
		enum sb_manager manager, other;
	} files[] = {
		{ "Pipfile", SB_PIPENV, SB_PIPENV },
		{ "pyproject.toml", SB_UV, SB_POETRY },
		{ "uv.toml", SB_UV, SB_UV },
	};

	for (size_t i = 0; i < SB_COUNT(files); i++) {
		SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(FILE_MAX);
		SB_AUTO(sb_findings) unseen = { 0 };
		struct sb_view quiet = *view;
		struct sb_text text;

		/* What is wrong with the file as a text is told by who needs it. */
		quiet.findings = &unseen;
		if (!sb_tree_entry(&view->root, files[i].name))
			continue;
		int got = sb_view_text(&text, &bytes, &quiet, files[i].name, false, err);

		if (got < 0)
			return -1;
		text.findings = view->findings;
		if (got > 0)
			sb_address_toml(&text, manager == files[i].manager || manager == files[i].other);
	}
	return 0;
}
