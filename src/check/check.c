#include "base/base.h"
#include "check/check.h"

#include "base/json.h"
#include "check/appjson.h"
#include "check/command.h"
#include "check/files.h"
#include "check/heroku.h"
#include "check/imports.h"
#include "check/manager.h"
#include "check/near.h"
#include "check/procfile.h"
#include "check/rules.h"
#include "check/secrets.h"
#include "check/serve.h"
#include "check/version.h"

#include <string.h>

/* ---- the Python version ---- */

struct wishes {
	struct sb_version_wish wish[5]; /* the first that is there wins */
	size_t n;
};

static void take(struct wishes *all, struct sb_version_wish *wish)
{
	all->wish[all->n++] = SB_STEAL(*wish);
}

static int read_version(struct wishes *all, const struct sb_view *view, const char *path,
			bool (*parse)(struct sb_version_wish *, const struct sb_text *),
			struct sb_error *err)
{
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(65536);
	struct sb_version_wish wish = { 0 };
	struct sb_text text;
	int got = sb_view_text(&text, &bytes, view, path, true, err);

	if (got > 0 && parse(&wish, &text))
		take(all, &wish);
	return got < 0 ? -1 : 0;
}

/* pyproject.toml's wish is kept as text in sb_needs: its findings name the file and the line. */
static void read_requires(struct wishes *all, const struct sb_needs *needs,
			  const struct sb_view *view)
{
	const struct sb_pyproject *project = &needs->pyproject;
	struct sb_text text = {
		"pyproject.toml", { "", 0 }, view->findings, view->check->settings
	};
	struct sb_version_wish wish = { 0 };

	if (project->requires_python &&
	    sb_version_requires(&wish, &text, sb_span_of(project->requires_python), false,
				project->requires_line))
		take(all, &wish);
	else if (project->poetry_python &&
		 sb_version_requires(&wish, &text, sb_span_of(project->poetry_python), true,
				     project->poetry_line))
		take(all, &wish);
}

static char *words_of(const struct sb_version_wish *wish)
{
	if (wish->spec)
		return sb_xstrdup(wish->spec);
	if (wish->minor < 0)
		return sb_xasprintf("%d", wish->major);
	if (wish->patch < 0)
		return sb_xasprintf("%d.%d", wish->major, wish->minor);
	return sb_xasprintf("%d.%d.%d", wish->major, wish->minor, wish->patch);
}

static void conflicts(const struct wishes *all, const struct sb_view *view)
{
	for (size_t i = 1; i < all->n; i++) {
		const struct sb_version_wish *first = &all->wish[0], *other = &all->wish[i];
		SB_AUTO_FREE char *want = words_of(first);
		SB_AUTO_FREE char *not = words_of(other);

		if (sb_version_agree(first, other))
			continue;

		struct sb_finding *f =
			sb_report(view->findings, view->check->settings, "python-version-conflict",
				  "%s asks for Python %s, which is taken; %s asks for %s",
				  first->origin, want, other->origin, not );

		sb_finding_at(f, other->origin, other->line, 0);
		sb_finding_fix(f, "make both say the same, or remove one");
	}
}

static void misspelt_version(const struct sb_view *view)
{
	static const char *const names[] = {
		".python-version.txt", "python-version",  ".python_version",  ".pythonversion",
		"python_version",      ".Python-version", ".python-versions", "runtime.txt.txt",
		"Runtime.txt",         "runtime",         ".runtime.txt",     "python-version.txt"
	};

	for (size_t i = 0; i < SB_COUNT(names); i++) {
		const struct sb_entry *entry = sb_tree_entry(&view->root, names[i]);
		const char *right =
			strcasestr(names[i], "runtime") ? "runtime.txt" : ".python-version";

		if (!entry || entry->kind == SB_DIR || entry->kind == SB_SUBMODULE)
			continue;

		struct sb_finding *f =
			sb_report(view->findings, view->check->settings, "python-version-misspelt",
				  "%s is not read; its name should be %s", names[i], right);

		sb_finding_at(f, names[i], 0, 0);
		sb_finding_fix(f, "git mv %s %s", names[i], right);
		return;
	}
}

static int look_at_versions(struct sb_plan *plan, struct sb_needs *needs,
			    const struct sb_view *view, struct sb_error *err)
{
	struct wishes all = { 0 };
	int got = -1;

	plan->python.minor = plan->python.patch = -1;
	if (read_version(&all, view, "runtime.txt", sb_version_runtime_txt, err) == 0 &&
	    read_version(&all, view, ".python-version", sb_version_python_version, err) == 0) {
		if (!all.n)
			misspelt_version(view);
		if (needs->lock_python.origin)
			take(&all, &needs->lock_python);
		read_requires(&all, needs, view);
		conflicts(&all, view);
		if (all.n)
			plan->python = SB_STEAL(all.wish[0]);
		sb_versions_judge(&plan->python, &needs->django, view);
		got = 0;
	}
	for (size_t i = 0; i < all.n; i++)
		sb_version_wish_release(&all.wish[i]);
	return got;
}

/* ---- the Procfile ---- */

static void take_processes(struct sb_plan *plan, struct sb_procfile *procfile)
{
	for (size_t i = 0; i < procfile->n; i++) {
		struct sb_procfile_entry *entry = &procfile->entry[i];

		if (!strcmp(entry->name, "release")) {
			plan->release = sb_xstrdup(entry->command);
			continue;
		}
		sb_grow(&plan->process, plan->processes, sizeof(*plan->process));
		plan->process[plan->processes++] =
			(struct sb_process_type) { sb_xstrdup(entry->name),
						   sb_xstrdup(entry->command), entry->line };
	}
}

static void no_web(const struct sb_plan *plan, const struct sb_view *view,
		   const struct sb_procfile *procfile)
{
	SB_AUTO_FREE char *line = sb_files_web_line(plan, view);
	struct sb_finding *f = sb_report(
		view->findings, view->check->settings, "procfile-no-web",
		procfile->n ? "the Procfile has no web process: nothing will answer requests"
			    : "the Procfile declares no process at all");

	sb_finding_at(f, "Procfile", 0, 0);
	sb_finding_fix(f, "add a line such as\n%s", line);
}

static bool is_left_out(const struct sb_view *view, const char *name)
{
	return sb_tree_entry(&view->root, name) && sb_ignore_matches(&view->ignore, name, false);
}

static int look_at_procfile(struct sb_plan *plan, const struct sb_needs *needs,
			    const struct sb_view *view, struct sb_error *err)
{
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(SB_PROCFILE_MAX);
	SB_AUTO(sb_procfile) procfile = { 0 };
	struct sb_text text;

	if (!sb_tree_entry(&view->root, "Procfile")) {
		sb_files_no_procfile(plan, view, needs->open || sb_needs_have(needs, "gunicorn"));
		return 0;
	}
	sb_files_two_procfiles(view);
	if (is_left_out(view, "Procfile")) {
		struct sb_finding *f =
			sb_report(view->findings, view->check->settings, "file-ignored",
				  ".slugignore leaves out the Procfile");

		sb_finding_at(f, "Procfile", 0, 0);
		sb_finding_fix(f, "take it out of .slugignore");
		return 0;
	}

	int got = sb_view_text(&text, &bytes, view, "Procfile", true, err);

	if (got < 1)
		return got;

	size_t before = view->findings->n;

	sb_procfile_parse(&procfile, &text);
	take_processes(plan, &procfile);
	if (!sb_plan_process(plan, "web") && (procfile.n || view->findings->n == before))
		no_web(plan, view, &procfile);
	sb_serve_look(&procfile, &text, view);
	return sb_command_look(&procfile, &text, needs, view, err);
}

/* ---- app.json, the static files' switch ---- */

static int look_at_appjson(struct sb_plan *plan, const struct sb_view *view, struct sb_error *err)
{
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(SB_APPJSON_MAX);
	struct sb_text text;
	int got = sb_view_text(&text, &bytes, view, "app.json", false, err);

	if (got < 1)
		return got;
	sb_appjson_parse(plan, &text);

	struct sb_span rest = sb_span_of(plan->formation ? plan->formation : ""), name;

	while (plan->processes && sb_span_cut(&rest, '=', &name)) {
		SB_AUTO_FREE char *type = sb_span_dup(name);
		struct sb_span count;

		if (!sb_plan_process(plan, type))
			sb_finding_fix(
				sb_text_report(
					&text, "appjson-process", 0, 0,
					"\"formation\" names \"%s\", which the Procfile has not",
					type),
				"add it to the Procfile or take it out of app.json");
		if (!sb_span_cut(&rest, ' ', &count))
			break;
	}
	return 0;
}

static int look(struct sb_plan *plan, struct sb_needs *needs, struct sb_view *view,
		struct sb_error *err)
{
	int off;

	if (sb_tree_read(&view->root, view->check->repo, view->check->tree, "", err) < 0 ||
	    sb_files_prepare(plan, view, err) < 0 || sb_view_walk(view, err) < 0)
		return -1;
	sb_files_find_manage(plan, view);
	sb_files_find_wsgi(plan, view);
	if (sb_files_look(plan, view, err) < 0 || sb_manager_look(plan, needs, view, err) < 0 ||
	    sb_hygiene_look(view, needs, err) < 0 || sb_near_look(plan, needs, view, err) < 0 ||
	    sb_imports_look(plan, needs, view, err) < 0 ||
	    sb_secrets_look(view, err) < 0 || look_at_versions(plan, needs, view, err) < 0 ||
	    look_at_procfile(plan, needs, view, err) < 0 || look_at_appjson(plan, view, err) < 0)
		return -1;
	off = sb_view_has(view, ".heroku/collectstatic_disabled", err);
	plan->collectstatic_off = off > 0;
	return off < 0 ? -1 : 0;
}

/* Of .slugignore only what it leaves out counts: Heroku says nothing of its lines. */
static int look_as_heroku(struct sb_plan *plan, struct sb_view *view, struct sb_error *err)
{
	SB_AUTO(sb_findings) ours = { 0 };
	struct sb_findings *findings = view->findings;

	view->findings = &ours;
	if (sb_tree_read(&view->root, view->check->repo, view->check->tree, "", err) < 0 ||
	    sb_files_prepare(plan, view, err) < 0)
		return -1;
	view->findings = findings;
	return sb_heroku_look(plan, view, err);
}

int sb_check_run(struct sb_plan *plan, struct sb_findings *findings, const struct sb_check *check,
		 struct sb_error *err)
{
	SB_AUTO(sb_plan) made = { 0 };
	SB_AUTO(sb_needs) needs = { 0 };
	SB_AUTO(sb_view) view = { .check = check, .findings = findings };

	if (sb_rules_check_settings(check->settings, err) < 0)
		return -1;
	if ((check->heroku ? look_as_heroku(&made, &view, err)
			   : look(&made, &needs, &view, err)) < 0)
		return -1;
	sb_findings_sort(findings);
	*plan = SB_STEAL(made);
	return 0;
}
