#include "build/step_app.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/deps.h"
#include "build/venv.h"
#include "source/tree.h"
#include "sys/files.h"

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

bool sb_build_has_django(const struct sb_build *build)
{
	SB_AUTO_FREE char *packages = sb_venv_packages(&build->python);
	SB_AUTO_FREE char *module = sb_xasprintf("%s/.slugbuild/python/%s/django/__init__.py",
						 build->deps_path, packages);
	SB_AUTO_FREE char *source =
		sb_xasprintf("%s/.slugbuild/src/django/django/__init__.py", build->deps_path);

	return access(module, F_OK) == 0 || access(source, F_OK) == 0;
}

char *sb_build_app_file(void *ctx, const char *path)
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

int sb_step_fresh_app(struct sb_build *build, struct sb_error *err)
{
	if (sb_remove_tree(build->work, "app", err) < 0)
		return -1;

	SB_AUTO_FREE char *path = sb_checkout(build, err);
	SB_AUTO_CLOSE int app = path ? sb_open_dir(AT_FDCWD, path, err) : -1;

	if (app < 0)
		return -1;
	if (mkdirat(app, ".slugbuild", 0755) < 0 && errno != EEXIST)
		return sb_fail_sys(err, "make .slugbuild");
	return SB_STEAL_FD(app);
}

void sb_step_enter_app(struct sb_step *step, const char *app)
{
	struct sb_build *build = step->build;
	SB_AUTO_FREE char *layer = sb_xasprintf("%s/.slugbuild", build->deps_path);

	sb_step_show_python(step, &build->python);
	sb_box_write(&step->box, app, "/app");
	sb_box_read(&step->box, layer, "/app/.slugbuild");
	step->box.cwd = "/app";
	sb_step_env_path(step, "PYTHONPATH", "/app");
	sb_list_setenv(&step->box.env, "PYTHONUNBUFFERED", "1");
	if (build->settings->config_in_build)
		add_config(step, build->config);

	SB_AUTO_FREE char *path = sb_box_path(&step->box, "/app/.slugbuild/python/bin");

	sb_step_env_path(step, "HOME", "/app");

	SB_AUTO_FREE char *search = sb_xasprintf("%s:/usr/local/bin:/usr/bin:/bin", path);

	sb_list_setenv(&step->box.env, "PATH", search);
}
