#include "base/base.h"
#include "check/near.h"
#include "check/quiet.h"
#include "check/view.h"
#include "sys/notes.h"

#include <string.h>

#define PROGRAM_DEPTH 5
#define MANAGE_DEPTH 3 /* names in its path, as Heroku's find -maxdepth 3 */
#define POINTER_MAX 1024

static const char POINTER[] = "version https://git-lfs.github.com/spec/v1";

/* Whether it lies in a folder that holds other people's code. */
static bool has_foreign_folder(const char *path)
{
	static const char *const words[] = { "node_modules/", "venv/", "site-packages/", "__pycache__/",
					     ".tox/" };

	for (size_t i = 0; i < SB_COUNT(words); i++) {
		const char *at = strstr(path, words[i]);

		for (; at; at = strstr(at + 1, words[i]))
			if (at == path || at[-1] == '/' ||
			    (!strncmp(at - 1, ".venv", 5) && (at - 1 == path || at[-2] == '/')))
				return true;
	}
	return false;
}

/* What the names above a path tell: asked once a folder, not once a file. */
static const struct sb_above *above_of(struct sb_view *view, const char *path)
{
	struct sb_span folder = sb_path_folder(path);
	struct sb_above *above = &view->above;

	if (above->n == folder.n && !memcmp(above->path, folder.p, folder.n))
		return above;
	above->n = folder.n;
	memcpy(above->path, folder.p, folder.n);
	above->foreign = has_foreign_folder(path);
	above->media = sb_span_find(folder, "media") != NULL;
	return above;
}

static bool is_input(const char *name)
{
	static const char *const names[] = { "requirements.txt", "Pipfile.lock", "Pipfile",
					     "poetry.lock",      "uv.lock",      "pylock.toml" };

	for (size_t i = 0; i < SB_COUNT(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* Whether this is a folder that only shows how others may deploy. */
static bool is_aside(struct sb_span folder)
{
	static const char *const names[] = { "docs",    "doc",     "example",  "examples",
					     "tests",   "test",    "dev",      "docker",
					     "contrib", "scripts", "fixtures", "templates" };

	if (folder.n && folder.p[0] == '.')
		return true;
	for (size_t i = 0; i < SB_COUNT(names); i++)
		if (sb_span_is(folder, names[i]))
			return true;
	return false;
}

static void note_folder(struct sb_view *view, struct sb_span folder)
{
	SB_AUTO_FREE char *path = sb_span_dup(folder);

	if (!sb_list_has(&view->settings, path))
		sb_list_add(&view->settings, path);
}

/* "saleor/wsgi/__init__.py" is the module that "saleor/wsgi.py" would be, and is noted as that. */
static void note_package(struct sb_view *view, struct sb_span folder, const char *name)
{
	if (strcmp(name, "__init__.py"))
		return;
	if (sb_span_ends(folder, "/wsgi") || sb_span_ends(folder, "/asgi"))
		sb_list_addf(&view->programs, "%.*s.py", SB_SPAN_ARG(folder));
}

/* In a folder of the root: a file that counts in the root only. */
static void note_rooted(struct sb_view *view, const char *path, const char *name)
{
	if (!strcmp(name, "Procfile"))
		sb_list_add(&view->procfiles, path);
	else if (is_input(name))
		sb_list_add(&view->inputs, path);
	else if (!strcmp(name, "runtime.txt") || !strcmp(name, ".python-version") ||
		 !strcmp(name, ".slugignore"))
		sb_list_add(&view->rooted, path);
}

static void note_file(struct sb_view *view, const char *path, const char *name, size_t depth)
{
	struct sb_span folder = sb_path_folder(path);

	if (depth <= PROGRAM_DEPTH && (!strcmp(name, "wsgi.py") || !strcmp(name, "asgi.py")))
		sb_list_add(&view->programs, path);
	if (depth <= PROGRAM_DEPTH)
		note_package(view, folder, name);
	if (depth <= PROGRAM_DEPTH && !strcmp(name, "settings.py"))
		note_folder(view, folder);
	if (depth <= MANAGE_DEPTH && !strcmp(name, "manage.py"))
		sb_list_add(&view->manages, path);
	else if (depth <= MANAGE_DEPTH && sb_near_is_manage(name))
		sb_list_add(&view->near_manages, path);
	if (depth == 2 && !is_aside(folder))
		note_rooted(view, path, name);
}

static int note_pointer(struct sb_view *view, const char *path, const char *oid,
			struct sb_error *err)
{
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(POINTER_MAX + 1);
	int64_t size;

	if (sb_blob_size(view->check->repo, oid, &size, err) < 0)
		return sb_wrap(err, "%s", path);
	if (size > POINTER_MAX)
		return 0;
	if (sb_blob_read(&bytes, view->check->repo, oid, err) < 0)
		return sb_wrap(err, "%s", path);
	if (sb_span_starts(sb_buffer_span(&bytes), POINTER))
		sb_list_add(&view->pointers, path);
	return 0;
}

/* What lies in media/ and migrations/. */
static bool is_told_by_path(const struct sb_above *above, const char *name)
{
	return above->media || strstr(name, "media") || !strcmp(name, "migrations");
}

/* What the names in a folder do not tell: patterns of git-lfs that take it, or reach into it. */
static bool may_hold_pointers(const struct sb_view *view, const char *path, const struct sb_entry *entry)
{
	return view->lfs.n && entry->kind == SB_DIR &&
	       (sb_ignore_may_reach(&view->lfs, path) || sb_ignore_matches(&view->lfs, path, true));
}

/* Quiet, and no name in it is one that a pattern of git-lfs takes. */
static bool level_is_quiet(void *ctx, const struct sb_tree *level)
{
	const struct sb_view *view = ctx;

	for (size_t i = 0; view->lfs.n && i < level->n; i++)
		if (sb_ignore_matches_name(&view->lfs, level->entry[i].name))
			return false;
	return sb_level_is_quiet(NULL, level);
}

static int visit(void *ctx, const char *path, const struct sb_entry *entry, struct sb_error *err)
{
	struct sb_view *view = ctx;
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t depth = sb_span_count(sb_span_of(path), '/') + 1;
	const struct sb_above *above = above_of(view, path);
	int into = is_told_by_path(above, name) || may_hold_pointers(view, path, entry) ? SB_ENTER : 0;

	/* what lies in a folder that is left out is not come to */
	if (sb_ignore_matches_itself(&view->ignore, path, entry->kind == SB_DIR))
		return entry->kind == SB_DIR ? SB_SKIP : 0;
	sb_hygiene_note(&view->hygiene, path, name, entry);
	/* Entered all the same: what lies there counts, and bombs are laid where nobody looks. */
	if (above->foreign)
		return into;
	switch (entry->kind) {
	case SB_DIR:
		if (depth <= PROGRAM_DEPTH && !strcmp(name, "settings"))
			note_folder(view, sb_path_folder(path));
		return into;
	case SB_SUBMODULE:
		sb_list_add(&view->gitlinks, path);
		return 0;
	case SB_LINK:
		return 0;
	default:
		note_file(view, path, name, depth);
		if (!view->migration && strchr("0123456789", name[0]) &&
		    sb_span_ends(sb_path_folder(path), "/migrations"))
			view->migration = sb_xstrdup(path);
		if (!view->lfs.n || !sb_ignore_matches(&view->lfs, path, false))
			return 0;
		return note_pointer(view, path, entry->oid, err);
	}
}

static int walk_all(struct sb_view *view, struct sb_error *err)
{
	const struct sb_settings *settings = view->check->settings;
	struct sb_walk_limits limits = { settings->max_files, settings->max_depth };

	return sb_tree_walk(view->check->repo, view->check->tree, &limits, visit, view, err);
}

int sb_view_walk(struct sb_view *view, struct sb_error *err)
{
	const struct sb_settings *settings = view->check->settings;
	struct sb_walk_limits limits = { settings->max_files, settings->max_depth };
	SB_AUTO_FREE char *about = sb_xasprintf("%s%s", SB_QUIET_FORMAT, view->lfs_key);
	const struct sb_survey survey = { settings, about, level_is_quiet, view };
	struct sb_error seen = { 0 };

	/* what is not kept need not be summed up */
	if (!sb_notes_are_kept(settings))
		return walk_all(view, err);
	if (sb_tree_survey(view->check->repo, view->check->tree, &limits, &survey, visit, view, &seen) == 0)
		return 0;
	if (seen.code == SB_ELIMIT && view->ignore.n) { /* what is left out may have been counted */
		sb_view_forget(view);
		return walk_all(view, err);
	}
	*err = seen;
	return -1;
}
