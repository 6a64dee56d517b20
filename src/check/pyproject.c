#include "base/base.h"
#include "check/pyproject.h"

#include "check/requirements.h"

#include <stdlib.h>
#include <string.h>

/* "key = value" → both, blanks and quotes of the key off. */
static bool key_value(struct sb_span line, struct sb_span *key, struct sb_span *value)
{
	*value = line;
	if (!sb_span_cut(value, '=', key))
		return false;
	*key = sb_span_trim(*key);
	if (key->n > 1 && key->p[0] == '"' && key->p[key->n - 1] == '"')
		*key = (struct sb_span) { key->p + 1, key->n - 2 };
	*value = sb_span_trim(*value);
	return true;
}

/* What stands between the quotes at the start of a value; false where there are none. */
static bool quoted(struct sb_span value, struct sb_span *out)
{
	if (!value.n || (value.p[0] != '"' && value.p[0] != '\''))
		return false;

	struct sb_span rest = { value.p + 1, value.n - 1 };

	return sb_span_cut(&rest, value.p[0], out);
}

static bool is_word(struct sb_span value, const char *word)
{
	size_t n = strlen(word);

	return sb_span_starts(value, word) && (value.n == n || strchr(" \t#", value.p[n]));
}

/* "[a.b]" → "a.b"; false where the line opens no table. */
static bool table_name(struct sb_span line, struct sb_span *name)
{
	struct sb_span rest = line;

	if (!line.n || line.p[0] != '[')
		return false;
	while (rest.n && rest.p[0] == '[')
		rest = (struct sb_span) { rest.p + 1, rest.n - 1 };
	if (!sb_span_cut(&rest, ']', name))
		return false;
	*name = sb_span_trim(*name);
	return true;
}

static void set_text(char **out, unsigned *at, struct sb_span value, unsigned line)
{
	struct sb_span text;

	if (*out || !quoted(value, &text))
		return;
	*out = sb_span_dup(text);
	*at = line;
}

static void project_key(struct sb_pyproject *out, struct sb_span table, struct sb_span key,
			struct sb_span value, unsigned line)
{
	if (sb_span_is(table, "project") && sb_span_is(key, "requires-python"))
		set_text(&out->requires_python, &out->requires_line, value, line);
	else if (sb_span_is(table, "tool.poetry.dependencies") && sb_span_is(key, "python"))
		set_text(&out->poetry_python, &out->poetry_line, value, line);
	else if (sb_span_is(table, "tool.poetry") && sb_span_is(key, "package-mode"))
		out->not_a_package |= is_word(value, "false");
	else if (sb_span_is(table, "tool.uv") && sb_span_is(key, "package")) {
		out->not_a_package |= is_word(value, "false");
		out->package |= is_word(value, "true");
	}
}

/* Whether `line` holds an odd number of three quotes in a row: a text over several lines starts or
 * ends. */
static bool turns_text(struct sb_span line)
{
	bool turns = false;
	const char *at;

	while ((at = sb_span_find(line, "\"\"\""))) {
		turns = !turns;
		line = (struct sb_span) { at + 3, (size_t)(line.p + line.n - at - 3) };
	}
	return turns;
}

void sb_pyproject_parse(struct sb_pyproject *out, const struct sb_text *text)
{
	SB_AUTO(sb_pyproject) made = { 0 };
	struct sb_span rest = text->bytes, line, table = { 0 }, key, value;
	bool inside = false;

	for (unsigned n = 1; sb_text_line(&rest, &line); n++) {
		bool was_inside = inside;

		inside ^= turns_text(line);
		line = sb_span_trim(line);
		if (was_inside || !line.n || line.p[0] == '#')
			continue;
		if (table_name(line, &table)) {
			made.build_system |= sb_span_is(table, "build-system");
			continue;
		}
		if (key_value(line, &key, &value))
			project_key(&made, table, key, value, n);
	}
	*out = SB_STEAL(made);
}

void sb_pyproject_release(struct sb_pyproject *pyproject)
{
	free(pyproject->requires_python);
	free(pyproject->poetry_python);
	*pyproject = (struct sb_pyproject) { 0 };
}

/* uv: source = { editable = "." }; Poetry: [package.source] type = "git"; pylock: [packages.vcs] */
static bool is_foreign_source(struct sb_span value)
{
	return sb_span_find(value, "editable =") || sb_span_find(value, "git =") ||
	       sb_span_find(value, "directory =") || sb_span_find(value, "path =") ||
	       sb_span_find(value, "url =");
}

/* The version of the package whose name came last. */
static void keep_django(struct sb_lockfile *out, struct sb_span value, unsigned line)
{
	struct sb_span text;

	if (out->django || !out->names.n || strcmp(out->names.item[out->names.n - 1], "django") != 0 ||
	    !quoted(value, &text))
		return;
	out->django = sb_span_dup(text);
	out->django_line = line;
}

static void package_key(struct sb_lockfile *out, struct sb_span key, struct sb_span value, unsigned line)
{
	struct sb_span text;

	if (sb_span_is(key, "name") && quoted(value, &text)) {
		sb_list_add_take(&out->names, sb_package_name(text));
	} else if (sb_span_is(key, "version")) {
		keep_django(out, value, line);
	} else if (sb_span_is(key, "source")) {
		out->root |= sb_span_find(value, "editable = \".\"") != NULL;
		out->foreign |= is_foreign_source(value);
	}
}

static void lock_key(struct sb_lockfile *out, struct sb_span table, struct sb_span key,
		     struct sb_span value, unsigned line)
{
	struct sb_span text;

	if (sb_span_is(table, "packages") &&
	    (sb_span_is(key, "directory") || sb_span_is(key, "vcs")))
		out->foreign = true;
	else if (sb_span_is(table, "package") || sb_span_is(table, "packages"))
		package_key(out, key, value, line);
	else if (sb_span_is(table, "package.source") && sb_span_is(key, "type") && quoted(value, &text))
		out->foreign |= !sb_span_is(text, "legacy") && !sb_span_is(text, "pypi");
}

void sb_lockfile_parse(struct sb_lockfile *out, struct sb_span text)
{
	SB_AUTO(sb_lockfile) made = { 0 };
	struct sb_span line, table = { 0 }, key, value;

	for (unsigned n = 1; sb_text_line(&text, &line); n++) {
		if (!line.n || line.p[0] == ' ' || line.p[0] == '\t')
			continue; /* inside an array */
		if (table_name(line, &table))
			made.foreign |= sb_span_is(table, "packages.vcs") ||
					sb_span_is(table, "packages.directory");
		else if (key_value(line, &key, &value))
			lock_key(&made, table, key, value, n);
	}
	*out = SB_STEAL(made);
}

static bool is_foreign_entry(const json_t *entry)
{
	static const char *const keys[] = { "path", "git", "hg", "svn", "file", "editable" };

	for (size_t i = 0; i < SB_COUNT(keys); i++)
		if (json_object_get(entry, keys[i]))
			return true;
	return false;
}

void sb_lockfile_pipfile(struct sb_lockfile *out, const json_t *lock)
{
	SB_AUTO(sb_lockfile) made = { 0 };
	json_t *packages = json_object_get(lock, "default"), *entry;
	const char *django = sb_json_text(lock, "default.django.version", NULL), *name;

	json_object_foreach(packages, name, entry)
	{
		sb_list_add_take(&made.names, sb_package_name(sb_span_of(name)));
		made.foreign |= is_foreign_entry(entry);
	}
	if (django && !strncmp(django, "==", 2))
		made.django = sb_xstrdup(django + 2);
	*out = SB_STEAL(made);
}

void sb_lockfile_release(struct sb_lockfile *lock)
{
	sb_list_release(&lock->names);
	free(lock->django);
}
