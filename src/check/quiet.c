#include "base/base.h"
#include "check/quiet.h"

#include <string.h>

#include "check/hygiene.h"

/* Whatever a rule may look for below the root: by name, by its beginning, by its ending. */
static bool is_named(const char *name)
{
	static const char *const names[] = { "Procfile",   "runtime.txt", "Pipfile",       "Pipfile.lock",
					     "pyvenv.cfg", "core.js",     "node_modules",  "settings",
					     "media",      "migrations",  "settings.ini",  "poetry.lock",
					     "uv.lock",    "package.json", "pyproject.toml", "pylock.toml",
					     "app.json",   "Dockerfile" };
	static const char *const beginnings[] = { ".", "id_", "requirements", "db." };
	static const char *const endings[] = { ".py",  ".pyc",     ".pyo",    ".pyi",  ".pyx",
					       ".lock", ".sqlite3", ".sqlite", ".toml" };
	struct sb_span span = sb_span_of(name);

	for (size_t i = 0; i < SB_COUNT(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	for (size_t i = 0; i < SB_COUNT(beginnings); i++)
		if (sb_span_starts(span, beginnings[i]))
			return true;
	for (size_t i = 0; i < SB_COUNT(endings); i++)
		if (sb_span_ends(span, endings[i]))
			return true;
	return false;
}

bool sb_level_is_quiet(void *unused, const struct sb_tree *level)
{
	(void)unused;

	struct sb_hygiene hygiene = { 0 };
	bool quiet = true;

	for (size_t i = 0; quiet && i < level->n; i++) {
		const struct sb_entry *entry = &level->entry[i];

		quiet = entry->kind != SB_SUBMODULE && !is_named(entry->name);
		if (quiet)
			sb_hygiene_note(&hygiene, entry->name, entry->name, entry);
	}
	quiet = quiet && !hygiene.odd.n && !hygiene.twins.n;
	sb_hygiene_release(&hygiene);
	return quiet;
}
