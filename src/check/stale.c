#include "base/base.h"
#include "check/stale.h"

#include "check/requirements.h"
#include "check/rules.h"

#include <stdlib.h>
#include <string.h>

#define INPUT_MAX (1 << 20)
#define NAME "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

static size_t name_length(struct sb_span s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] && strchr(NAME, s.p[n]))
		n++;
	return n;
}

static struct sb_span unquoted(struct sb_span s)
{
	bool quoted = s.n > 1 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0];

	return quoted ? (struct sb_span) { s.p + 1, s.n - 2 } : s;
}

/* `{ version = "5.2", extras = ["x"] }`, all on one line: what else it says may mean that the lock
 * need not have the package. */
static bool is_certain(struct sb_span value)
{
	static const char *const doubts[] = { "markers", "python",  "path", "git",     "url",
					      "file",	 "optional", "sys_",  "platform" };

	if (!value.n || !strchr("\"'{", value.p[0]))
		return false;
	if (value.p[0] != '{')
		return true;
	for (size_t i = 0; i < SB_COUNT(doubts); i++)
		if (sb_span_find(value, doubts[i]))
			return false;
	return value.p[value.n - 1] == '}';
}

static void add_name(struct sb_list *out, struct sb_span text)
{
	SB_AUTO_FREE char *name = sb_package_name(text);

	if (*name) /* "." is none */
		sb_list_add(out, name);
}

/* `django = "*"` */
static void add_key(struct sb_list *out, struct sb_span line)
{
	struct sb_span value = line, key;

	if (!sb_span_cut(&value, '=', &key))
		return;
	key = unquoted(sb_span_trim(key));
	if (key.n && name_length(key) == key.n && !sb_span_is(key, "python") &&
	    is_certain(sb_span_trim(value)))
		add_name(out, key);
}

/* One text of the array: "django>=5.2", with no marker and no address. */
static void add_text(struct sb_list *out, struct sb_span text)
{
	size_t n = name_length(text);

	if (n && !memchr(text.p, ';', text.n) && !memchr(text.p, '@', text.n))
		add_name(out, (struct sb_span) { text.p, n });
}

/* The texts of a line of an array. False where the array ends. */
static bool add_texts(struct sb_list *out, struct sb_span line)
{
	for (size_t i = 0; i < line.n; i++) {
		const char *end;

		if (line.p[i] == '#')
			return true;
		if (line.p[i] == ']')
			return false;
		if (line.p[i] != '"' && line.p[i] != '\'')
			continue;
		end = memchr(line.p + i + 1, line.p[i], line.n - i - 1);
		if (!end)
			return false; /* this reader knows texts of one line only */
		add_text(out, (struct sb_span) { line.p + i + 1, (size_t)(end - line.p) - i - 1 });
		i = (size_t)(end - line.p);
	}
	return true;
}

static bool several_lines(struct sb_span line)
{
	return sb_span_find(line, "\"\"\"") || sb_span_find(line, "'''");
}

/* `dependencies = [` */
static bool starts_array(struct sb_span line, struct sb_span *value)
{
	struct sb_span key;

	*value = line;
	return sb_span_cut(value, '=', &key) && sb_span_is(sb_span_trim(key), "dependencies") &&
	       sb_span_starts(sb_span_trim(*value), "[");
}

void sb_wishes_parse(struct sb_list *out, struct sb_span text, enum sb_manager manager)
{
	const char *table = manager == SB_PIPENV ? "[packages]" : "[tool.poetry.dependencies]";
	struct sb_span line, value;
	bool keys = false, project = false, array = false;

	while (sb_text_line(&text, &line)) {
		line = sb_span_trim(line);
		if (several_lines(line))
			return; /* what follows may be anything */
		if (!line.n)
			continue;
		if (array) {
			array = add_texts(out, line);
		} else if (line.p[0] == '[') {
			keys = manager != SB_UV && sb_span_is(line, table);
			project = manager != SB_PIPENV && sb_span_is(line, "[project]");
		} else if (keys) {
			add_key(out, line);
		} else if (project) {
			array = starts_array(line, &value) && add_texts(out, value);
		}
	}
}

int sb_stale_look(const struct sb_needs *needs, const struct sb_view *view, enum sb_manager manager,
		  const char *lock, struct sb_error *err)
{
	const char *input = manager == SB_PIPENV ? "Pipfile" : "pyproject.toml";
	const char *again = manager == SB_PIPENV ? "pipenv lock" : manager == SB_UV ? "uv lock" : "poetry lock";
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(INPUT_MAX);
	SB_AUTO(sb_list) wishes = { 0 };
	struct sb_text text;
	int got = 0;

	if (needs->open || (manager != SB_PIPENV && manager != SB_POETRY && manager != SB_UV))
		return 0;
	if (sb_tree_entry(&view->root, input) && !sb_ignore_matches(&view->ignore, input, false))
		got = sb_view_text(&text, &bytes, view, input, false, err);
	if (got < 1)
		return got;
	/* of pyproject.toml it has been said */
	if (manager == SB_PIPENV && !sb_text_is_utf8(&text, false))
		return 0;
	sb_wishes_parse(&wishes, text.bytes, manager);
	for (size_t i = 0; i < wishes.n; i++) {
		if (sb_list_has(&needs->names, wishes.item[i]))
			continue;

		struct sb_finding *f =
			sb_report(view->findings, view->check->settings, "lock-stale",
				  "%s asks for %s, which %s does not have: the lock is older", input,
				  wishes.item[i], lock);

		sb_finding_at(f, lock, 0, 0);
		sb_finding_fix(f, "%s && git add %s %s", again, input, lock);
		break; /* one is enough to make it again */
	}
	return 0;
}
