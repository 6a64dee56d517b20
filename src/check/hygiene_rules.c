#include "base/base.h"
#include "check/hygiene.h"

#include "check/gitignore.h"
#include "check/manager.h"
#include "check/rules.h"
#include "check/view.h"

#include <string.h>
#include <strings.h>

static struct sb_finding *report(const struct sb_view *view, const char *rule, const char *path,
				 const char *says)
{
	struct sb_finding *f = sb_report(view->findings, view->check->settings, rule, "%s", says);

	sb_finding_at(f, path, 0, 0);
	return f;
}

static void env_files(const struct sb_view *view)
{
	for (size_t i = 0; i < view->hygiene.env.n; i++) {
		const char *path = view->hygiene.env.item[i];
		SB_AUTO_FREE char *says = sb_xasprintf("%s is committed; its values are in the history and "
						       "in the slug, and are not used",
						       path);

		sb_finding_fix(report(view, "env-committed", path, says),
			       "git rm --cached %s && echo %s >> .gitignore, then: slugbuild "
			       "config:set NAME=value",
			       path, path);
	}
}

/* The folders of one kind, each with what removes it. */
static void folders(const struct sb_view *view, const struct sb_list *list, const char *rule,
		    const char *says)
{
	for (size_t i = 0; i < list->n && i < 10; i++) {
		const char *path = list->item[i];

		sb_finding_fix(report(view, rule, path, says),
			       "git rm -r --cached %s && echo /%s/ >> .gitignore", path, path);
	}
}

static void databases(const struct sb_view *view)
{
	for (size_t i = 0; i < view->hygiene.databases.n; i++) {
		const char *path = view->hygiene.databases.item[i];

		sb_finding_fix(report(view, "sqlite-committed", path,
				      "a database is committed: each release starts with this copy, and "
				      "what users wrote into the last one is gone"),
			       "git rm --cached %s && echo /%s >> .gitignore", path, path);
	}
}

static void bytecode(const struct sb_view *view)
{
	const struct sb_hygiene *hygiene = &view->hygiene;

	if (!hygiene->bytecodes)
		return;

	struct sb_finding *f = sb_report(view->findings, view->check->settings, "bytecode-committed",
					 "%zu file%s of compiled Python %s committed",
					 hygiene->bytecodes, hygiene->bytecodes == 1 ? "" : "s",
					 hygiene->bytecodes == 1 ? "is" : "are");

	sb_finding_at(f, hygiene->bytecode, 0, 0);
	sb_finding_fix(f, "git rm -r -q --cached $(git ls-files '*.py[co]') && "
			  "printf '__pycache__/\\n*.py[co]\\n' >> .gitignore");
}

static void media(const struct sb_view *view)
{
	const struct sb_hygiene *hygiene = &view->hygiene;

	if (!hygiene->uploads || hygiene->media_sources)
		return;

	const char *end = strstr(hygiene->upload, "media/");
	struct sb_span folder = { hygiene->upload, (size_t)(end - hygiene->upload) + 5 };
	struct sb_finding *f = sb_report(view->findings, view->check->settings, "media-committed",
					 "%zu uploaded file%s committed: what is written there at run "
					 "time does not outlive the release",
					 hygiene->uploads, hygiene->uploads == 1 ? " is" : "s are");

	sb_finding_at(f, hygiene->upload, 0, 0);
	sb_finding_fix(f, "git rm -r --cached %.*s && echo /%.*s/ >> .gitignore", SB_SPAN_ARG(folder),
		       SB_SPAN_ARG(folder));
}

static void odd_names(const struct sb_view *view)
{
	const struct sb_list *odd = &view->hygiene.odd;

	for (size_t i = 0; i < odd->n && i < 10; i++)
		sb_finding_fix(report(view, "name-odd", odd->item[i],
				      "the name holds bytes that not every system can keep: control "
				      "bytes, \\, blanks at an end, or no UTF-8"),
			       "git mv it to a name of letters, digits, - _ and .");
}

/* The other name: its folder is read again. */
static int twin_of(char **out, const struct sb_view *view, const char *path, struct sb_error *err)
{
	SB_AUTO(sb_tree) level = { 0 };
	struct sb_span folder = sb_path_folder(path);
	SB_AUTO_FREE char *above = sb_span_dup(folder);
	const char *name = path + folder.n + (folder.n ? 1 : 0);
	struct sb_entry entry;
	int found = sb_tree_find(view->check->repo, view->check->tree, above, &entry, err);

	if (found < 1 || sb_tree_read(&level, view->check->repo, entry.oid, above, err) < 0)
		return found < 1 ? found : -1;
	for (size_t i = 0; i < level.n; i++)
		if (!strcasecmp(level.entry[i].name, name) && strcmp(level.entry[i].name, name) != 0) {
			*out = sb_xstrdup(level.entry[i].name);
			return 1;
		}
	return 0;
}

static int twins(const struct sb_view *view, struct sb_error *err)
{
	for (size_t i = 0; i < view->hygiene.twins.n && i < 10; i++) {
		const char *path = view->hygiene.twins.item[i];
		SB_AUTO_FREE char *other = NULL;
		int got = twin_of(&other, view, path, err);

		if (got < 0)
			return -1;
		if (!got)
			continue;

		struct sb_finding *f =
			sb_report(view->findings, view->check->settings, "name-case-collision",
				  "beside it is %s: on macOS and Windows the two are one file", other);

		sb_finding_at(f, path, 0, 0);
		sb_finding_fix(f, "git rm --cached %s, or git mv it to another name", path);
	}
	return 0;
}

/* ---- .gitignore ---- */

/* Packages that read a .env file in development. */
static bool reads_env(const struct sb_needs *needs)
{
	static const char *const names[] = { "python-dotenv",	"django-environ",  "environs",
					     "python-decouple", "django-dotenv",
					     "pydantic-settings" };

	for (size_t i = 0; i < SB_COUNT(names); i++)
		if (sb_needs_have(needs, names[i]))
			return true;
	return false;
}

/* The bytes of the root's .gitignore: 1, 0 there is something else of that name, -1. None: no bytes. */
static int read_gitignore(struct sb_buffer *bytes, const struct sb_view *view, struct sb_error *err)
{
	const struct sb_entry *entry = sb_tree_entry(&view->root, ".gitignore");
	int64_t size;

	if (!entry)
		return 1;
	if (entry->kind != SB_FILE && entry->kind != SB_PROGRAM)
		return 0;
	if (sb_blob_size(view->check->repo, entry->oid, &size, err) < 0)
		return -1;
	if ((uint64_t)size >= bytes->max)
		return 0;
	return sb_blob_read(bytes, view->check->repo, entry->oid, err) < 0 ? -1 : 1;
}

static int git_ignore(const struct sb_view *view, const struct sb_needs *needs, struct sb_error *err)
{
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(SB_IGNORE_MAX);
	SB_AUTO(sb_buffer) lines = SB_BUFFER_INIT(256);
	SB_AUTO(sb_gitignore) ignore = { 0 };
	bool there = sb_tree_entry(&view->root, ".gitignore") != NULL;
	int got = view->manages.n ? read_gitignore(&bytes, view, err) : 0;

	if (got < 1)
		return got;
	sb_gitignore_parse(&ignore, sb_buffer_span(&bytes));
	if (!sb_gitignore_matches(&ignore, "app/__pycache__/x.cpython-312.pyc", false))
		sb_buffer_adds(&lines, "__pycache__/");
	if (reads_env(needs) && !view->hygiene.env.n && !sb_gitignore_matches(&ignore, ".env", false))
		sb_buffer_addf(&lines, "%s.env", lines.n ? "\\n" : "");
	if (!lines.n)
		return 0;

	struct sb_finding *f = report(view, "gitignore-missing", there ? ".gitignore" : NULL,
				      there ? ".gitignore does not name what must not be committed"
					    : "there is no .gitignore: git add would take all there is");

	sb_finding_fix(f, "printf '%s\\n' >> .gitignore && git add .gitignore", lines.p);
	return 0;
}

int sb_hygiene_look(const struct sb_view *view, const struct sb_needs *needs, struct sb_error *err)
{
	const struct sb_hygiene *hygiene = &view->hygiene;

	env_files(view);
	databases(view);
	bytecode(view);
	media(view);
	folders(view, &hygiene->virtualenvs, "virtualenv-committed",
		"a virtual environment is committed: its paths are those of another machine, and it "
		"is not used");
	folders(view, &hygiene->modules, "node-modules-committed",
		"node_modules is committed: what npm installs belongs into package.json");
	folders(view, &hygiene->collected, "static-root-committed",
		"collectstatic's work is committed; the build makes it again, and both would be mixed");
	odd_names(view);
	if (twins(view, err) < 0)
		return -1;
	return git_ignore(view, needs, err);
}
