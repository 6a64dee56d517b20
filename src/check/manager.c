#include "base/base.h"
#include "check/manager.h"

#include "check/address.h"
#include "check/near.h"

#include "base/json.h"
#include "check/requirements.h"
#include "check/rules.h"
#include "check/stale.h"
#include "check/version.h"

#include <string.h>

#define LOCK_MAX (16 << 20)

/* In Heroku's order. */
static const struct row {
	enum sb_manager manager;
	const char *file;  /* that marks it */
	const char *other; /* that belongs to it, or NULL */
} rows[] = {
	{ SB_PIPENV, "Pipfile.lock", "Pipfile" },
	{ SB_PIP, "requirements.txt", NULL },
	{ SB_POETRY, "poetry.lock", "pyproject.toml" },
	{ SB_UV, "uv.lock", "pyproject.toml" },
	{ SB_PYLOCK, "pylock.toml", NULL },
};

static bool in_root(const struct sb_view *view, const char *name)
{
	return sb_tree_entry(&view->root, name);
}

static bool is_ignored(const struct sb_view *view, const char *name)
{
	return in_root(view, name) && sb_ignore_matches(&view->ignore, name, false);
}

/* "a, b and c" */
static char *enumerate(const struct sb_list *list)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(4096);

	for (size_t i = 0; i < list->n; i++)
		sb_buffer_addf(&out, "%s%s",
			       !i                 ? ""
			       : i + 1 == list->n ? " and "
						  : ", ",
			       list->item[i]);
	return sb_buffer_detach(&out);
}

static void complain_multiple(const struct sb_view *view, const struct sb_list *found)
{
	SB_AUTO_FREE char *names = enumerate(found);
	SB_AUTO(sb_buffer) fix = SB_BUFFER_INIT(4096);

	for (size_t i = 0; i < found->n; i++)
		sb_buffer_addf(&fix, "%sgit rm %s",
			       i ? "\n" : "keep one and remove the others, one of:\n",
			       found->item[i]);

	struct sb_finding *f =
		sb_report(view->findings, view->check->settings, "dependencies-multiple",
			  "%zu package managers' files: %s", found->n, names);

	sb_finding_fix(f, "%s", fix.p ? fix.p : "");
}

/* The file that was meant to be requirements.txt, or NULL. */
static const char *misspelt(const struct sb_view *view)
{
	static const char *const names[] = { "requeriments.txt",     "requirement.txt",
					     "requirements",         "requirements.text",
					     "requirements.txt.txt", "requirments.txt",
					     "requirements.in.txt" };

	for (size_t i = 0; i < view->root.n; i++) {
		const struct sb_entry *entry = &view->root.entry[i];

		if (entry->kind == SB_DIR || entry->kind == SB_SUBMODULE)
			continue;
		if (!strcasecmp(entry->name, "requirements.txt"))
			return entry->name;
		for (size_t k = 0; k < SB_COUNT(names); k++)
			if (!strcasecmp(entry->name, names[k]))
				return entry->name;
	}
	return NULL;
}

/* "manage.py, mysite/, static/" */
static char *listing(const struct sb_view *view)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(2048);
	size_t n = view->root.n;

	for (size_t i = 0; i < n && i < 30; i++)
		sb_buffer_addf(&out, "%s%s%s", i ? ", " : "", view->root.entry[i].name,
			       view->root.entry[i].kind == SB_DIR ? "/" : "");
	if (n > 30)
		sb_buffer_addf(&out, " and %zu more", n - 30);
	if (!n)
		sb_buffer_adds(&out, "nothing");
	return sb_buffer_detach(&out);
}

static void complain_missing(const struct sb_view *view)
{
	static const char *const near[] = { "setup.py", "pyproject.toml", "pdm.lock",
					    "environment.yml" };
	SB_AUTO_FREE char *names = listing(view);
	const char *wrong = misspelt(view);
	const char *found = NULL;
	struct sb_finding *f;

	if (wrong) {
		f = sb_report(view->findings, view->check->settings, "requirements-misspelt",
			      "%s should be named requirements.txt", wrong);
		sb_finding_at(f, wrong, 0, 0);
		sb_finding_fix(f, "git mv %s requirements.txt", wrong);
		return;
	}
	for (size_t i = 0; i < SB_COUNT(near) && !found; i++)
		if (in_root(view, near[i]))
			found = near[i];
	f = sb_report(view->findings, view->check->settings, "dependencies-missing",
		      "no file says what to install (requirements.txt, Pipfile.lock, poetry.lock, "
		      "uv.lock, pylock.toml); "
		      "the root holds: %s",
		      names);
	if (view->inputs.n == 1) {
		struct sb_span folder = sb_path_folder(view->inputs.item[0]);

		sb_finding_fix(f,
			       "%s is there: if the app lies in %.*s, the server's owner sets\ngit "
			       "config slugbuild.path %.*s",
			       view->inputs.item[0], SB_SPAN_ARG(folder), SB_SPAN_ARG(folder));
	} else if (found) {
		sb_finding_fix(
			f, "%s alone is not enough: commit a lock (uv lock), or a requirements.txt",
			found);
	} else {
		sb_finding_fix(f, "pip freeze > requirements.txt && git add requirements.txt");
	}
}

/* Files that are there but left out; where that leaves no manager, it is what is wrong. */
static bool complain_ignored(const struct sb_view *view)
{
	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		if (!is_ignored(view, rows[i].file))
			continue;

		struct sb_finding *f = sb_report(
			view->findings, view->check->settings, "file-ignored",
			".slugignore leaves out %s, which says what to install", rows[i].file);

		sb_finding_at(f, rows[i].file, 0, 0);
		sb_finding_fix(f, "take it out of .slugignore");
		return true;
	}
	return false;
}

static void look_at_pipfile(const struct sb_view *view, enum sb_manager chosen)
{
	struct sb_finding *f;

	if (chosen == SB_PIPENV || !in_root(view, "Pipfile") || is_ignored(view, "Pipfile"))
		return;
	if (chosen != SB_NO_MANAGER) {
		f = sb_report(view->findings, view->check->settings, "pipfile-unused",
			      "the Pipfile has no Pipfile.lock and is not used: another manager's "
			      "file is here");
		sb_finding_fix(f, "git rm Pipfile, or run: pipenv lock");
	} else {
		f = sb_report(view->findings, view->check->settings, "pipfile-lock-missing",
			      "there is a Pipfile but no Pipfile.lock");
		sb_finding_fix(f, "pipenv lock && git add Pipfile.lock (look into .gitignore if it "
				  "is in there)");
	}
	sb_finding_at(f, "Pipfile", 0, 0);
}

static const struct row *choose(const struct sb_view *view)
{
	SB_AUTO(sb_list) found = { 0 };
	const struct row *chosen = NULL;

	for (size_t i = 0; i < SB_COUNT(rows); i++)
		if (in_root(view, rows[i].file) && !is_ignored(view, rows[i].file)) {
			sb_list_add(&found, rows[i].file);
			chosen = chosen ? chosen : &rows[i];
		}
	look_at_pipfile(view, chosen ? chosen->manager : SB_NO_MANAGER);
	if (found.n > 1)
		complain_multiple(view, &found);
	else if (!chosen && !complain_ignored(view) &&
		 (!in_root(view, "Pipfile") || is_ignored(view, "Pipfile")))
		complain_missing(view);
	return chosen;
}

static int look_at_pipfile_lock(struct sb_plan *plan, struct sb_needs *needs, struct sb_text *text,
				struct sb_error *err)
{
	SB_AUTO_JSON json_t *lock = sb_json_parse(text->bytes, err);
	SB_AUTO(sb_lockfile) locked = { 0 };

	if (!lock || !json_is_object(sb_json_at(lock, "default"))) {
		unsigned line = lock ? 0 : (unsigned)strtoul(err->where, NULL, 10);

		sb_finding_fix(sb_text_report(text, "pipfile-lock-invalid", line, 0, "%s",
					      lock ? "it has no \"default\" packages" : err->text),
			       "write it again: pipenv lock");
		*err = (struct sb_error) { 0 };
		needs->open = true;
		return 0;
	}
	sb_lockfile_pipfile(&locked, lock);
	needs->names = SB_STEAL(locked.names);
	plan->local_code |= locked.foreign;
	if (locked.django)
		needs->django = (struct sb_pin) { SB_STEAL(locked.django), sb_xstrdup(text->path), 0 };
	sb_version_pipfile_lock(&needs->lock_python, lock, text);
	return 0;
}

/* Whether the project itself is installed as a package. */
static bool is_package(enum sb_manager manager, const struct sb_pyproject *project, const struct sb_lockfile *lock)
{
	bool built = project->build_system && !project->not_a_package;

	return manager == SB_UV ? lock->root || project->package || built : manager == SB_POETRY && built;
}

static int look_at_lock(struct sb_plan *plan, struct sb_needs *needs, const struct sb_view *view,
			const struct row *row, struct sb_error *err)
{
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(LOCK_MAX);
	SB_AUTO(sb_lockfile) lock = { 0 };
	struct sb_text text;

	if (row->other && in_root(view, row->other))
		sb_list_add(&plan->inputs, row->other);
	sb_list_add(&plan->inputs, row->file);
	sb_list_sort(&plan->inputs);

	int got = sb_view_text(&text, &bytes, view, row->file, false, err);

	needs->open |= got < 1 || !sb_text_is_utf8(&text, false);
	if (needs->open)
		return got < 0 ? -1 : 0;
	if (!sb_span_trim(text.bytes).n) {
		sb_near_empty(view, row->file, SB_ERROR);
		needs->open = true;
		return 0;
	}
	if (row->manager == SB_PIPENV)
		return look_at_pipfile_lock(plan, needs, &text, err);
	sb_lockfile_parse(&lock, text.bytes);
	needs->names = SB_STEAL(lock.names);
	if (lock.django)
		needs->django = (struct sb_pin) { SB_STEAL(lock.django), sb_xstrdup(row->file),
						  lock.django_line };
	plan->project_package = is_package(row->manager, &needs->pyproject, &lock);
	plan->local_code = lock.foreign || plan->project_package;
	return 0;
}

static int look_at_pyproject(struct sb_needs *needs, const struct sb_view *view,
			     struct sb_error *err)
{
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(1 << 20);
	struct sb_text text;
	int got = in_root(view, "pyproject.toml")
			  ? sb_view_text(&text, &bytes, view, "pyproject.toml", false, err)
			  : 0;

	if (got > 0 && sb_text_is_utf8(&text, false))
		sb_pyproject_parse(&needs->pyproject, &text);
	return got < 0 ? -1 : 0;
}

int sb_manager_look(struct sb_plan *plan, struct sb_needs *needs, const struct sb_view *view,
		    struct sb_error *err)
{
	const struct row *row = choose(view);

	if (look_at_pyproject(needs, view, err) < 0)
		return -1;
	if (!row) {
		needs->open =
			true; /* one finding is enough: what else may be missing follows from it */
		return 0;
	}
	plan->manager = row->manager;
	if ((row->manager == SB_PIP ? sb_closure_look(plan, needs, view, row->file, err)
				    : look_at_lock(plan, needs, view, row, err)) < 0)
		return -1;
	sb_psycopg_judge(&needs->names, row->file, view);
	if (sb_address_look_at_files(view, row->manager, err) < 0)
		return -1;
	return sb_stale_look(needs, view, row->manager, row->file, err);
}

/* "celery" is a word of "django-celery-beat", which brings it. */
static bool has_word(const char *name, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = strstr(name, word); at; at = strstr(at + 1, word))
		if ((at == name || !strchr("abcdefghijklmnopqrstuvwxyz0123456789", at[-1])) &&
		    (!at[n] || !strchr("abcdefghijklmnopqrstuvwxyz0123456789", at[n])))
			return true;
	return false;
}

bool sb_needs_have(const struct sb_needs *needs, const char *package)
{
	for (size_t i = 0; i < needs->names.n; i++)
		if (has_word(needs->names.item[i], package))
			return true;
	return false;
}

void sb_needs_release(struct sb_needs *needs)
{
	sb_list_release(&needs->names);
	sb_pyproject_release(&needs->pyproject);
	sb_version_wish_release(&needs->lock_python);
	sb_pin_release(&needs->django);
}
