#include "base/base.h"
#include "release/process.h"
#include "sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The folder that an interpreter's files lie in, two above it, or NULL where /usr has it. Owned. */
static char *interpreter_prefix(const struct sb_release *release)
{
	const char *path = sb_json_text(release->facts, "runtime.interpreter", "");
	SB_AUTO_FREE char *prefix = NULL;

	if (path[0] != '/' || !strncmp(path, "/usr/", 5) ||
	    sb_json_flag(release->facts, "runtime.bundled", false))
		return NULL;
	prefix = sb_xstrdup(path);
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(prefix, '/');

		if (!slash || slash == prefix)
			return NULL; /* never the whole machine */
		*slash = '\0';
	}
	return SB_STEAL(prefix);
}

/* Read-only, where the store has it: a release links to it. */
static void bind_layer(struct sb_box *box, const struct sb_run *run, const char *key)
{
	SB_AUTO_FREE char *path = sb_store_layer_path(run->app->store, key);

	if (sb_is_digest(key) && faccessat(AT_FDCWD, path, F_OK, 0) == 0)
		sb_box_read(box, path, NULL);
}

static void bind_folders(struct sb_box *box, const struct sb_run *run, const char *directory)
{
	const char *key = sb_json_text(run->release->facts, "deps_key", "");
	SB_AUTO_FREE char *prefix = interpreter_prefix(run->release);
	const json_t *layer;
	size_t i;

	sb_box_write(box, directory, NULL);
	bind_layer(box, run, key);
	json_array_foreach((json_t *)sb_json_at(run->release->facts, "slug.layers"), i, layer)
		if (strcmp(sb_json_text(layer, "key", ""), key) != 0)
			bind_layer(box, run, sb_json_text(layer, "key", ""));
	if (prefix && faccessat(AT_FDCWD, prefix, F_OK, 0) == 0)
		sb_box_read(box, prefix, NULL);
}

static int fill_env(struct sb_box *box, const struct sb_run *run, const char *directory,
		    struct sb_error *err)
{
	SB_AUTO_FREE char *path = sb_release_path(run->app, run->release->number, NULL);
	SB_AUTO_CLOSE int dir = sb_open_dir(AT_FDCWD, path, err);
	SB_AUTO(sb_list) vars = { 0 };
	char text[32];

	if (dir < 0 || sb_config_load(&vars, dir, err) < 0)
		return -1;
	for (size_t i = 0; i < vars.n; i++) {
		char *sep = strchr(vars.item[i], '=');

		*sep = '\0';
		sb_list_setenv(&box->env, vars.item[i], sep + 1);
	}
	if (run->port > 0) {
		snprintf(text, sizeof(text), "%d", run->port);
		sb_list_setenv(&box->env, "PORT", text);
	}
	snprintf(text, sizeof(text), "v%d", run->release->number);
	sb_list_setenv(&box->env, "SLUGBUILD_RELEASE", text);
	sb_list_setenv(&box->env, "SLUGBUILD_APP", run->app->name);
	sb_list_setenv(&box->env, "SOURCE_VERSION",
		       sb_json_text(run->release->facts, "commit", ""));
	sb_list_setenv(&box->env, "HOME", directory);
	if (!run->settings->dyno)
		sb_list_setenv(&box->env, "SLUGBUILD_DYNO", "0");
	return 0;
}

static int check_type(const struct sb_run *run, struct sb_error *err)
{
	json_t *processes = json_object_get(run->release->facts, "processes");
	SB_AUTO(sb_list) names = { 0 };
	const char *name;
	json_t *command;

	if (!strcmp(run->type, "run"))
		return run->command && run->command[0]
			       ? 0
			       : sb_fail(err, SB_EUSAGE, "run what? name a command");
	if (json_object_get(processes, run->type))
		return 0;
	json_object_foreach(processes, name, command) sb_list_add(&names, name);

	SB_AUTO_FREE char *all = sb_list_join(&names, ", ");

	sb_fail(err, SB_ENOENT, "release v%d of %s has no process type %s", run->release->number,
		run->app->name, run->type);
	sb_error_fix(err, "its Procfile has: %s", names.n ? all : "none");
	return -1;
}

int sb_run_prepare(struct sb_box *box, struct sb_list *argv, const struct sb_run *run,
		   struct sb_error *err)
{
	SB_AUTO_FREE char *directory = sb_release_path(run->app, run->release->number, "app");

	if (check_type(run, err) < 0)
		return -1;
	if (faccessat(AT_FDCWD, directory, F_OK, 0) < 0) {
		sb_fail(err, SB_ENOENT, "release v%d of %s is not unpacked", run->release->number,
			run->app->name);
		sb_error_fix(err, "slugbuild releases:retry v%d -a %s", run->release->number,
			     run->app->name);
		return -1;
	}
	sb_box_init(box, run->settings);
	box->network = true;
	box->running_app = true;
	bind_folders(box, run, directory);
	if (fill_env(box, run, directory, err) < 0)
		return -1;
	/* HOME is the release's folder: box->cwd borrows the text from the environment. */
	box->cwd = sb_list_getenv(&box->env, "HOME");
	sb_list_addf(argv, "%s/.slugbuild/launch", directory);
	if (!strcmp(run->type, "run")) {
		sb_list_add(argv, "run");
		sb_list_add_all(argv, run->command);
	} else {
		sb_list_addf(argv, "%s.%d", run->type, run->index > 0 ? run->index : 1);
	}
	return 0;
}

int sb_run_exec(const struct sb_run *run, struct sb_error *err)
{
	SB_AUTO(sb_box) box = { 0 };
	SB_AUTO(sb_list) argv = { 0 };
	const char *term = getenv("TERM");

	if (sb_run_prepare(&box, &argv, run, err) < 0)
		return -1;
	if (term && isatty(STDIN_FILENO))
		sb_list_setenv(&box.env, "TERM", term);
	return sb_box_exec(&box, (const char *const *)argv.item, err);
}

struct output {
	struct sb_log *log;
	int fd; /* releases/vN/output */
};

/* The log first; a full disk under `output` must not stop a migration half way. */
static void show_line(void *ctx, struct sb_span line)
{
	struct output *out = ctx;
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(1 << 20);
	struct sb_error ignored = { 0 };

	sb_log_line(out->log, line);
	sb_log_clean(out->log, &text, line);
	sb_buffer_addc(&text, '\n');
	(void)!sb_write_all(out->fd, sb_buffer_span(&text), &ignored);
}

static void show_tick(void *ctx)
{
	sb_log_tick(((struct output *)ctx)->log);
}

int sb_run_output(const struct sb_app *app, int number, struct sb_error *err)
{
	SB_AUTO_FREE char *path = sb_release_path(app, number, "output");
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

	return fd < 0 ? sb_fail_sys(err, "open %s", path) : fd;
}

int sb_run_release_phase(const struct sb_run *run, const char *command, struct sb_log *log,
			 struct sb_error *err)
{
	const char *words[] = { "sh", "-c", command, NULL };
	struct sb_run phase = *run;
	SB_AUTO(sb_box) box = { 0 };
	SB_AUTO(sb_list) argv = { 0 };
	SB_AUTO_CLOSE int fd = sb_run_output(run->app, run->release->number, err);
	struct output out = { log, fd };
	struct sb_child_result end = { 0 };

	phase.type = "run";
	phase.command = words;
	if (fd < 0 || sb_run_prepare(&box, &argv, &phase, err) < 0)
		return -1;

	struct sb_child child = {
		.argv = (const char *const *)argv.item,
		.cwd = -1,
		.seconds = run->settings->release_seconds,
		.bytes = run->settings->build_output,
		.line = show_line,
		.tick = show_tick,
		.ctx = &out,
	};

	if (sb_box_run(&box, &child, &end, err) < 0)
		return sb_wrap(err, "release command");
	if (end.end == SB_CHILD_EXITED && end.value == 0)
		return 0;
	sb_fail(err, end.end == SB_CHILD_CANCELLED ? SB_ECANCEL : SB_EBUILD,
		"the release command %s: %s", sb_child_end_text(&child, &end), command);
	sb_error_where(err, "Procfile");
	if (end.end == SB_CHILD_TIMEOUT)
		sb_error_fix(err, "git config slugbuild.releaseTimeout SECONDS gives it longer");
	return -1;
}
