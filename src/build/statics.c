#include "build/statics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build/deps.h"
#include "build/diagnose.h"
#include "build/snapshot.h"
#include "build/step.h"
#include "build/venv.h"
#include "source/tree.h"
#include "sys/files.h"
#include "sys/settle.h"

#define GONE_SHOWN 5
#define SOURCE_MAX (1 << 20)

/* The names Heroku keeps from a build's environment, and what would undo the box's own. */
static bool may_pass(struct sb_span name)
{
	static const char *const kept[] = { "PATH",          "CPATH",        "CPPATH",
					    "LD_PRELOAD",    "LIBRARY_PATH", "LD_LIBRARY_PATH",
					    "PYTHONHOME",    "HOME",         "PYTHONHASHSEED",
					    "PYTHONUSERBASE" };

	for (size_t i = 0; i < SB_COUNT(kept); i++)
		if (sb_span_is(name, kept[i]))
			return false;
	return name.n > 0;
}

static void add_config(struct sb_step *step, const struct sb_list *config)
{
	for (size_t i = 0; config && i < config->n; i++) {
		struct sb_span value = sb_span_of(config->item[i]), name;

		if (!sb_span_cut(&value, '=', &name) || !may_pass(name))
			continue;

		SB_AUTO_FREE char *key = sb_span_dup(name);

		sb_list_setenv(&step->box.env, key, value.p);
	}
}

static bool has_django(const struct sb_build *build)
{
	SB_AUTO_FREE char *packages = sb_venv_packages(&build->python);
	SB_AUTO_FREE char *module = sb_xasprintf("%s/.slugbuild/python/%s/django/__init__.py",
						 build->deps_path, packages);
	SB_AUTO_FREE char *source =
		sb_xasprintf("%s/.slugbuild/src/django/django/__init__.py", build->deps_path);

	return access(module, F_OK) == 0 || access(source, F_OK) == 0;
}

/* Whether the step is to be left out; says so in Heroku's words. */
static bool is_left_out(const struct sb_build *build)
{
	const char *off =
		build->config ? sb_list_getenv(build->config, "DISABLE_COLLECTSTATIC") : NULL;

	if (build->plan->collectstatic_off) {
		sb_log_warn(build->log,
			    "collectstatic is disabled by the file .heroku/collectstatic_disabled; "
			    "the way to do so today is: slugbuild config:set "
			    "DISABLE_COLLECTSTATIC=1");
		return true;
	}
	if (off && *off && strcmp(off, "0")) {
		sb_log_step(build->log, "Skipping Django collectstatic since the env var "
					"DISABLE_COLLECTSTATIC is set.");
		return true;
	}
	if (!has_django(build))
		return true;
	if (!build->plan->manage_py) {
		sb_log_step(build->log,
			    "Skipping Django collectstatic since no manage.py file found.");
		return true;
	}
	return false;
}

/* Heroku leaves these lines out, and so do we. */
static bool is_shown(struct sb_span line)
{
	return sb_span_trim(line).n && !sb_span_starts(line, "Post-processed") &&
	       !sb_span_starts(line, "Copying ") &&
	       !sb_span_starts(line, "Unknown command: 'collectstatic'") &&
	       !sb_span_starts(line, "Type 'manage.py help'");
}

static char *app_file(void *ctx, const char *path)
{
	struct sb_build *build = ctx;
	struct sb_entry entry = { 0 };
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(SOURCE_MAX);
	struct sb_error unseen = { 0 };

	if (sb_tree_find(build->repo, build->tree, path, &entry, &unseen) != 1 ||
	    (entry.kind != SB_FILE && entry.kind != SB_PROGRAM) ||
	    sb_blob_read(&text, build->repo, entry.oid, &unseen) < 0)
		return NULL;
	return sb_buffer_detach(&text);
}

static void prepare(struct sb_step *step, struct sb_build *build, const char *app)
{
	SB_AUTO_FREE char *layer = sb_xasprintf("%s/.slugbuild", build->deps_path);
	SB_AUTO_FREE char *path = NULL;

	sb_step_init(step, build);
	step->name = "collectstatic";
	step->shown = is_shown;
	sb_step_show_python(step, &build->python);
	sb_box_write(&step->box, app, "/app");
	sb_box_read(&step->box, layer, "/app/.slugbuild");
	step->box.cwd = "/app";
	sb_step_env_path(step, "PYTHONPATH", "/app");
	sb_list_setenv(&step->box.env, "PYTHONUNBUFFERED", "1");
	if (build->settings->config_in_build)
		add_config(step, build->config);
	path = sb_box_path(&step->box, "/app/.slugbuild/python/bin");
	sb_step_env_path(step, "HOME", "/app");

	SB_AUTO_FREE char *search = sb_xasprintf("%s:/usr/local/bin:/usr/bin:/bin", path);

	sb_list_setenv(&step->box.env, "PATH", search);
	sb_step_arg_path(step, "", "/app/.slugbuild/python/bin/python");
	sb_list_add(&step->argv, build->plan->manage_py);
	sb_list_add(&step->argv, "collectstatic");
	sb_list_add(&step->argv, "--noinput");
	sb_list_add(&step->argv, "--traceback");
}

static int explain(struct sb_build *build, const struct sb_step *step, struct sb_error *err)
{
	SB_AUTO_FREE char *root = sb_box_path(&step->box, "/app");
	struct sb_diagnose about = { .output = sb_buffer_span(&step->output),
				     .tool = "collectstatic",
				     .app = build->app,
				     .root = root,
				     .python = build->python.version,
				     .manage = build->plan->manage_py,
				     .read = app_file,
				     .ctx = build };

	return sb_diagnose_static(&about, err);
}

/* "128 static files copied to '/app/staticfiles', 384 post-processed." → the path. */
static struct sb_span copied_to(struct sb_span output)
{
	static const char *const marks[] = { " copied to '", " symlinked to '" };
	struct sb_span line, tail, path, found = { 0 };

	while (sb_span_line(&output, &line))
		for (size_t i = 0; i < SB_COUNT(marks); i++) {
			const char *at = sb_span_find(line, marks[i]);

			if (!at)
				continue;
			at += strlen(marks[i]);
			tail = (struct sb_span) { at, (size_t)(line.p + line.n - at) };
			if (sb_span_cut(&tail, '\'', &path))
				found = path;
		}
	return found;
}

/* STATIC_ROOT as a path in the app; NULL, and a warning, where it lies elsewhere. */
static char *find_static_root(struct sb_build *build, const struct sb_step *step)
{
	SB_AUTO_FREE char *root = sb_box_path(&step->box, "/app");
	struct sb_span found = copied_to(sb_buffer_span(&step->output));
	size_t n = strlen(root);

	if (!found.n)
		return NULL;
	if (!sb_span_starts(found, root) || found.n <= n + 1 || found.p[n] != '/') {
		sb_log_warn(
			build->log,
			"STATIC_ROOT (%.*s) lies outside of the app's folder: what was collected "
			"there is not in the slug",
			SB_SPAN_ARG(found));
		return NULL;
	}
	found.p += n + 1;
	found.n -= n + 1;
	while (found.n && found.p[found.n - 1] == '/')
		found.n--;
	return sb_span_dup(found);
}

static void tell_gone(struct sb_build *build, const struct sb_list *gone)
{
	if (!gone->n)
		return;
	sb_log_warn(build->log,
		    "collectstatic removed %zu of the app's own files; the slug has "
		    "them as pushed:",
		    gone->n);
	for (size_t i = 0; i < gone->n && i < GONE_SHOWN; i++)
		sb_log_warn(build->log, "  %s", gone->item[i]);
}

static int collect(struct sb_build *build, const struct sb_snapshot *before, int app,
		   struct sb_error *err)
{
	SB_AUTO(sb_list) moved = { 0 };
	SB_AUTO(sb_list) gone = { 0 };
	SB_AUTO_FREE char *path = sb_step_fresh_folder(build, "static", err);
	SB_AUTO_CLOSE int dir = path ? sb_open_dir(AT_FDCWD, path, err) : -1;

	if (dir < 0 || sb_snapshot_move_new(before, app, dir, &moved, &gone, err) < 0)
		return -1;
	tell_gone(build, &gone);
	if (!moved.n)
		return 0;
	if (sb_folder_settle(dir, err) < 0)
		return -1;
	build->static_path = SB_STEAL(path);
	return 0;
}

static bool lacks_command(const struct sb_step *step)
{
	return sb_span_find(sb_buffer_span(&step->output), "Unknown command: 'collectstatic'");
}

int sb_statics_make(struct sb_build *build, struct sb_error *err)
{
	SB_AUTO(sb_snapshot) before = { 0 };
	SB_AUTO(sb_step) step = { 0 };
	SB_AUTO_FREE char *path = NULL;
	SB_AUTO_CLOSE int app = -1;

	if (is_left_out(build))
		return 0;
	path = sb_checkout(build, err);
	app = path ? sb_open_dir(AT_FDCWD, path, err) : -1;
	if (app < 0)
		return -1;
	if (mkdirat(app, ".slugbuild", 0755) < 0 && errno != EEXIST)
		return sb_fail_sys(err, "make .slugbuild");
	if (sb_snapshot_take(&before, app, err) < 0)
		return -1;
	sb_log_step(build->log, "$ python %s collectstatic --noinput", build->plan->manage_py);
	prepare(&step, build, path);
	if (sb_step_run(&step, err) < 0)
		return -1;
	if (step.status && lacks_command(&step)) {
		sb_log_step(build->log, "Skipping Django collectstatic since "
					"'django.contrib.staticfiles' is not in INSTALLED_APPS.");
		return 0;
	}
	if (step.status)
		return explain(build, &step, err);
	build->static_root = find_static_root(build, &step);
	return collect(build, &before, app, err);
}
