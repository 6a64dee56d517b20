#include "base/base.h"
#include "check/heroku.h"

#include "check/files.h"
#include "check/manager.h"
#include "check/rules.h"
#include "check/version.h"

#include <stdarg.h>
#include <string.h>

const char sb_heroku_release[] = "v351";

#define UV_LOCK_MAX (16 << 20)

static const char *const reasons[][2] = {
	{ "heroku-detect", "detect" },
	{ "heroku-checks-existing-python-dir", "checks::existing-python-dir" },
	{ "heroku-checks-existing-venv-dir", "checks::existing-venv-dir" },
	{ "heroku-package-manager-pipenv-missing-lockfile",
	  "package-manager::pipenv-missing-lockfile" },
	{ "heroku-package-manager-setup-py-only", "package-manager::setup-py-only" },
	{ "heroku-package-manager-none-found", "package-manager::none-found" },
	{ "heroku-package-manager-multiple-found", "package-manager::multiple-found" },
	{ "heroku-python-version-file-misspelled", "python-version-file::misspelled" },
	{ "heroku-python-version-file-invalid-version", "python-version-file::invalid-version" },
	{ "heroku-python-version-file-invalid-encoding", "python-version-file::invalid-encoding" },
	{ "heroku-python-version-file-no-version", "python-version-file::no-version" },
	{ "heroku-python-version-file-multiple-versions",
	  "python-version-file::multiple-versions" },
	{ "heroku-python-version-file-not-found", "python-version-file::not-found" },
	{ "heroku-runtime-txt-invalid-version", "runtime-txt::invalid-version" },
	{ "heroku-runtime-txt-not-supported", "runtime-txt::not-supported" },
	{ "heroku-pipfile-lock-invalid-json", "pipfile-lock::invalid-json" },
	{ "heroku-pipfile-lock-invalid-version", "pipfile-lock::invalid-version" },
	{ "heroku-python-version-eol", "python-version::eol" },
	{ "heroku-python-version-unknown-major", "python-version::unknown-major" },
	{ "heroku-python-version-unknown-patch", "python-version::unknown-patch" },
	{ "heroku-install-dependencies-pip", "install-dependencies::pip" },
	{ "heroku-install-dependencies-pipenv", "install-dependencies::pipenv" },
	{ "heroku-install-dependencies-poetry", "install-dependencies::poetry" },
	{ "heroku-install-dependencies-uv", "install-dependencies::uv" },
};

const char *sb_heroku_reason(const char *rule)
{
	for (size_t i = 0; i < SB_COUNT(reasons); i++)
		if (!strcmp(reasons[i][0], rule))
			return reasons[i][1];
	return NULL;
}

struct sb_finding *sb_heroku_report(const struct sb_view *view, const char *rule, const char *path,
				    unsigned line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	SB_AUTO_FREE char *text = sb_xvasprintf(fmt, ap);
	va_end(ap);

	struct sb_finding *f =
		sb_report(view->findings, view->check->settings, rule, "%s", text);

	sb_finding_at(f, path, line, 0);
	return f;
}

static int is_there(const struct sb_view *view, const char *path, bool folder_too,
		    struct sb_error *err)
{
	SB_AUTO(sb_place) place = { 0 };

	if (sb_view_find(&place, view, path, err) < 0)
		return -1;
	return !place.ignored &&
	       (place.kind == SB_PLACE_FILE ||
		(folder_too && (place.kind == SB_PLACE_FOLDER || place.kind == SB_PLACE_SUBMODULE)));
}

int sb_heroku_is_file(const struct sb_view *view, const char *path, struct sb_error *err)
{
	return is_there(view, path, false, err);
}

int sb_heroku_read(struct sb_buffer *out, const struct sb_view *view, const char *path,
		   struct sb_error *err)
{
	SB_AUTO(sb_place) place = { 0 };
	int64_t size = 0;

	if (sb_view_find(&place, view, path, err) < 0 ||
	    sb_blob_size(view->check->repo, place.oid, &size, err) < 0)
		return -1;
	if ((uint64_t)size > out->max)
		return 0;
	return sb_blob_read(out, view->check->repo, place.oid, err) < 0 ? -1 : 1;
}

/* ---- bin/detect ---- */

static int detect(const struct sb_view *view, struct sb_error *err)
{
	static const char *const names[] = {
		".python-version", "__init__.py",      "app.py",           "main.py",
		"manage.py",       "pdm.lock",         "Pipfile",          "Pipfile.lock",
		"poetry.lock",     "pyproject.toml",   "requirements.txt", "runtime.txt",
		"server.py",       "setup.cfg",        "setup.py",         "uv.lock",
		"requeriments.txt", "requirement.txt", "requirements",     "requirements.text",
		"Requirements.txt", "requirements.txt.txt", "requirments.txt",
		"__pycache__/",    ".venv/",           "venv/",
	};
	int there = 0;

	for (size_t i = 0; i < SB_COUNT(names) && !there; i++) {
		SB_AUTO_FREE char *name = sb_xstrdup(names[i]);
		size_t n = strlen(name);
		bool folder = name[n - 1] == '/';

		if (folder)
			name[n - 1] = '\0';
		there = is_there(view, name, true, err);
		if (there > 0 && folder)
			there = 1 - sb_heroku_is_file(view, name, err);
	}
	return there;
}

/* ---- lib/checks.sh ---- */

static int left_behind(const struct sb_view *view, struct sb_error *err)
{
	static const char *const venvs[] = { ".venv", "venv" };
	int there = is_there(view, ".heroku/python", true, err);

	if (there < 0)
		return -1;
	if (there)
		sb_finding_fix(sb_heroku_report(view, "heroku-checks-existing-python-dir",
						".heroku/python", 0,
						".heroku/python is where the buildpack puts its Python"),
			       "git rm -r --cached .heroku/python");
	for (size_t i = 0; i < SB_COUNT(venvs); i++) {
		SB_AUTO_FREE char *mark = sb_xasprintf("%s/pyvenv.cfg", venvs[i]);

		there = sb_heroku_is_file(view, mark, err);
		if (there < 0)
			return -1;
		if (there)
			sb_finding_fix(
				sb_heroku_report(view, "heroku-checks-existing-venv-dir", mark, 0,
						 "%s is a virtual environment of another machine",
						 venvs[i]),
				"git rm -r --cached %s && echo %s/ >> .gitignore", venvs[i], venvs[i]);
	}
	return 0;
}

/* ---- lib/package_manager.sh ---- */

static const struct {
	enum sb_manager manager;
	const char *file, *word;
} managers[] = {
	{ SB_PIPENV, "Pipfile.lock", "Pipfile.lock (Pipenv)" },
	{ SB_PIP, "requirements.txt", "requirements.txt (pip)" },
	{ SB_POETRY, "poetry.lock", "poetry.lock (Poetry)" },
	{ SB_UV, "uv.lock", "uv.lock (uv)" },
};

static int no_manager(const struct sb_view *view, struct sb_error *err)
{
	int setup = sb_heroku_is_file(view, "setup.py", err);

	if (setup > 0)
		sb_finding_fix(sb_heroku_report(view, "heroku-package-manager-setup-py-only",
						"setup.py", 0,
						"setup.py alone does not say how to install the app"),
			       "echo '--editable .' > requirements.txt && git add requirements.txt");
	else if (!setup)
		sb_finding_fix(sb_heroku_report(view, "heroku-package-manager-none-found", NULL, 0,
						"there is no requirements.txt, Pipfile.lock, poetry.lock "
						"or uv.lock in the root"),
			       "pip freeze > requirements.txt && git add requirements.txt");
	return setup < 0 ? -1 : 0;
}

/* The one manager whose file is there; SB_NO_MANAGER where a finding says why not. */
static int find_manager(enum sb_manager *out, const struct sb_view *view, struct sb_error *err)
{
	SB_AUTO(sb_list) found = { 0 };

	*out = SB_NO_MANAGER;
	for (size_t i = 0; i < SB_COUNT(managers); i++) {
		int there = sb_heroku_is_file(view, managers[i].file, err);

		if (there < 0)
			return -1;
		if (there) {
			sb_list_add(&found, managers[i].word);
			*out = managers[i].manager;
		}
	}
	int pipfile = sb_list_has(&found, managers[0].word) ? 0
							     : sb_heroku_is_file(view, "Pipfile", err);

	if (pipfile < 0)
		return -1;
	if (pipfile)
		sb_finding_fix(sb_heroku_report(view,
						"heroku-package-manager-pipenv-missing-lockfile",
						"Pipfile", 0, "there is a Pipfile but no Pipfile.lock"),
			       "pipenv lock && git add Pipfile.lock");
	if (found.n == 1 && !pipfile)
		return 0;
	*out = SB_NO_MANAGER;
	if (found.n > 1) {
		SB_AUTO_FREE char *names = sb_list_join(&found, ", ");

		sb_finding_fix(sb_heroku_report(view, "heroku-package-manager-multiple-found", NULL,
						0, "more than one package manager's files: %s", names),
			       "git rm all of them but one");
	}
	return found.n || pipfile ? 0 : no_manager(view, err);
}

/* ---- what the installers will not take ---- */

/* The lines of requirements.txt and what it includes that pip ends at. */
static int look_at_pip(const struct sb_view *view, struct sb_error *err)
{
	static const char *const fatal[] = { "requirements-line", "requirements-include-missing" };
	SB_AUTO(sb_settings) plain = { 0 };
	SB_AUTO(sb_findings) ours = { 0 };
	SB_AUTO(sb_needs) needs = { 0 };
	SB_AUTO(sb_plan) plan = { 0 };
	struct sb_check check = *view->check;
	struct sb_view same = *view;

	sb_settings_init(&plain);
	check.settings = &plain;
	same.check = &check;
	same.findings = &ours;
	if (sb_closure_look(&plan, &needs, &same, "requirements.txt", err) < 0)
		return -1;
	for (size_t i = 0; i < ours.n; i++) {
		const struct sb_finding *f = &ours.item[i];

		if (strcmp(f->rule, fatal[0]) && strcmp(f->rule, fatal[1]))
			continue;

		struct sb_finding *g = sb_heroku_report(view, "heroku-install-dependencies-pip",
							f->path, f->line, "%s", f->text);

		sb_finding_at(g, f->path, f->line, f->column);
		if (f->source)
			sb_finding_source(g, sb_span_of(f->source));
		if (f->fix)
			sb_finding_fix(g, "%s", f->fix);
	}
	return 0;
}

/* pipenv install --deploy: the lock was made for another Python. */
static int look_at_pipenv(const struct sb_view *view, const struct sb_heroku_python *python,
			  struct sb_error *err)
{
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(UV_LOCK_MAX);
	struct sb_version_wish wish = { 0 };
	struct sb_error unread = { 0 };

	if (sb_heroku_read(&bytes, view, "Pipfile.lock", err) < 0)
		return -1;
	SB_AUTO_JSON json_t *lock = sb_json_parse(sb_buffer_span(&bytes), &unread);
	const char *full = sb_json_text(lock, "_meta.requires.python_full_version", NULL);
	const char *says = full ? full : sb_json_text(lock, "_meta.requires.python_version", NULL);

	if (!says || !sb_version_parse(&wish, sb_span_of(says)) ||
	    (wish.major == python->major && (wish.minor < 0 || wish.minor == python->minor)))
		return 0;
	sb_finding_fix(sb_heroku_report(view, "heroku-install-dependencies-pipenv", "Pipfile.lock", 0,
					"Pipfile.lock was made for Python %s, %s asks for %d.%d", says,
					python->path, python->major, python->minor),
		       "echo %s > .python-version, or change the Pipfile and run pipenv lock", says);
	return 0;
}

/* uv sync: the lock does not allow that Python. */
static int look_at_uv(const struct sb_view *view, const struct sb_heroku_python *python,
		      struct sb_error *err)
{
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(UV_LOCK_MAX);
	SB_AUTO(sb_settings) plain = { 0 };
	SB_AUTO(sb_findings) unread = { 0 };
	SB_AUTO(sb_version_wish) wish = { 0 };
	struct sb_version_wish asked = { .major = python->major,
					 .minor = python->minor,
					 .patch = python->patch };
	struct sb_text text = { "uv.lock", { "", 0 }, &unread, &plain };
	struct sb_span rest, line;
	unsigned number = 0;

	sb_settings_init(&plain);
	if (sb_heroku_read(&bytes, view, "uv.lock", err) < 0)
		return -1;
	rest = sb_buffer_span(&bytes);
	while (sb_span_line(&rest, &line) && !sb_span_starts(line, "[")) {
		struct sb_span key, value = line;

		number++;
		if (!sb_span_cut(&value, '=', &key) || !sb_span_is(sb_span_trim(key), "requires-python"))
			continue;
		value = sb_span_trim(value);
		if (value.n < 2 || !sb_version_requires(&wish, &text,
							(struct sb_span) { value.p + 1, value.n - 2 },
							false, number) ||
		    sb_version_agree(&wish, &asked))
			return 0;

		struct sb_finding *f = sb_heroku_report(
			view, "heroku-install-dependencies-uv", "uv.lock", number,
			"uv.lock wants Python %s, %s asks for %d.%d", wish.spec, python->path,
			python->major, python->minor);

		sb_finding_source(f, line);
		sb_finding_fix(f, "change .python-version, or requires-python and run uv lock");
		return 0;
	}
	return 0;
}

static void look_at_origin(const struct sb_view *view, const struct sb_heroku_python *python,
			   enum sb_manager manager)
{
	if (python->invalid)
		return;
	if (python->origin == SB_HEROKU_NONE)
		sb_finding_fix(sb_heroku_report(view,
						manager == SB_UV
							? "heroku-python-version-file-not-found"
							: "heroku-python-version-unspecified",
						NULL, 0, "no file says which Python version the app wants"),
			       "echo 3.14 > .python-version && git add .python-version");
	else if (python->origin == SB_HEROKU_RUNTIME)
		sb_finding_fix(sb_heroku_report(view,
						manager == SB_UV ? "heroku-runtime-txt-not-supported"
								 : "heroku-runtime-txt-deprecated",
						"runtime.txt", 0,
						manager == SB_UV
							? "with uv the version must stand in "
							  ".python-version, not in runtime.txt"
							: "runtime.txt will soon not be read"),
			       "git rm runtime.txt && echo %d.%d > .python-version", python->major,
			       python->minor);
}

void sb_heroku_older(struct sb_findings *findings, const struct sb_settings *settings,
		     enum sb_manager manager, const struct sb_list *older)
{
	static const struct {
		enum sb_manager manager;
		const char *lock, *input, *rule, *again;
	} locks[] = {
		{ SB_PIPENV, "Pipfile.lock", "Pipfile", "heroku-install-dependencies-pipenv", "pipenv lock" },
		{ SB_POETRY, "poetry.lock", "pyproject.toml", "heroku-install-dependencies-poetry", "poetry lock" },
		{ SB_UV, "uv.lock", "pyproject.toml", "heroku-install-dependencies-uv", "uv lock" },
	};

	for (size_t i = 0; i < SB_COUNT(locks); i++) {
		if (locks[i].manager != manager || !sb_list_has(older, locks[i].lock))
			continue;

		struct sb_finding *f = sb_report(findings, settings, locks[i].rule,
						 "it is out of date: %s was changed after it was made",
						 locks[i].input);

		sb_finding_at(f, locks[i].lock, 0, 0);
		sb_finding_fix(f, "%s && git add %s %s", locks[i].again, locks[i].input, locks[i].lock);
	}
}

int sb_heroku_look(struct sb_plan *plan, const struct sb_view *view, struct sb_error *err)
{
	struct sb_heroku_python python = { 0 };
	enum sb_manager manager;
	int there = detect(view, err);

	if (there < 0)
		return -1;
	if (!there) {
		sb_finding_fix(sb_heroku_report(view, "heroku-detect", NULL, 0,
						"nothing in the root tells a Python app"),
			       "pip freeze > requirements.txt && git add requirements.txt");
		return 0;
	}
	if (left_behind(view, err) < 0 || find_manager(&manager, view, err) < 0 ||
	    sb_heroku_version(&python, view, manager == SB_PIPENV, err) < 0)
		return -1;
	plan->manager = manager;
	look_at_origin(view, &python, manager);
	if (manager == SB_PIP)
		return look_at_pip(view, err);
	if (!python.supported)
		return 0;
	if (manager == SB_PIPENV && python.origin != SB_HEROKU_LOCK)
		return look_at_pipenv(view, &python, err);
	/* With uv a runtime.txt is refused already. */
	return manager == SB_UV && python.origin == SB_HEROKU_FILE ? look_at_uv(view, &python, err) : 0;
}
