#include "base/base.h"
#include "release/runner.h"
#include "sys/child.h"
#include "sys/files.h"
#include "sys/process.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MANIFEST_MAX (4 << 20)
#define OUTPUT_MAX (16 << 20) /* of a runner, in one call */
#define NOT_MINE 3
#define TRY_AGAIN 75

/* The shipped runners by name, for a sentence. Owned. */
static char *shipped(void)
{
	SB_AUTO_FREE char *path = sb_xasprintf("%s/runners", sb_datadir());
	SB_AUTO(sb_list) names = { 0 };
	struct sb_error ignored = { 0 };

	if (sb_list_dir(&names, AT_FDCWD, path, &ignored) < 0)
		return sb_xstrdup("none");
	if (!sb_list_has(&names, "none"))
		sb_list_add(&names, "none");
	return sb_list_join(&names, ", ");
}

static int check_program(const char *path, const char *name, struct sb_error *err)
{
	SB_AUTO_FREE char *all = NULL;
	struct stat st;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0)
		return 0;
	if (errno == ENOENT || errno == ENOTDIR)
		sb_fail(err, SB_ECONFIG, "there is no runner %s: %s does not exist", name, path);
	else
		sb_fail(err, SB_ECONFIG, "the runner %s is no executable file: %s", name, path);
	all = shipped();
	sb_error_fix(err,
		     "git config slugbuild.runner NAME, where NAME is one of %s,\n"
		     "or the absolute path of an executable of your own",
		     all);
	return -1;
}

int sb_runner_find(struct sb_runner *out, const struct sb_settings *settings, struct sb_error *err)
{
	SB_AUTO(sb_runner) made = { 0 };
	const char *name = settings->runner ? settings->runner : "";

	made.name = sb_xstrdup(name);
	if (!strcmp(name, "none")) {
		made.none = true;
	} else if (name[0] == '/') {
		made.path = sb_xstrdup(name);
	} else if (!*name || name[0] == '.' || strchr(name, '/')) {
		sb_fail(err, SB_ECONFIG,
			"slugbuild.runner is neither a name nor an absolute path: \"%s\"", name);
		sb_error_fix(err, "git config slugbuild.runner runit");
		return -1;
	} else {
		SB_AUTO_FREE char *mark = sb_xasprintf("%s/runners/%s/local", sb_datadir(), name);

		made.path = sb_xasprintf("%s/runners/%s/run", sb_datadir(), name);
		made.local = access(mark, F_OK) == 0;
	}
	if (made.path && check_program(made.path, name, err) < 0)
		return -1;
	*out = SB_STEAL(made);
	return 0;
}

/* The part of a path behind its last slash; of a shipped runner its name. */
static const char *state_name(const struct sb_runner *runner)
{
	const char *slash = strrchr(runner->name, '/');

	return slash ? slash + 1 : runner->name;
}

static void add_user(struct sb_list *env)
{
	SB_AUTO_FREE char *runtime = sb_xasprintf("/run/user/%u", (unsigned)geteuid());
	struct passwd entry, *found = NULL;
	char room[4096];

	if (!getpwuid_r(geteuid(), &entry, room, sizeof(room), &found) && found) {
		sb_list_setenv(env, "HOME", found->pw_dir);
		sb_list_setenv(env, "USER", found->pw_name);
	} else {
		sb_list_setenv(env, "HOME", "/");
	}
	/* What `systemctl --user` and rootless podman talk through. */
	if (access(runtime, W_OK) == 0)
		sb_list_setenv(env, "XDG_RUNTIME_DIR", runtime);
}

static void make_env(struct sb_list *env, const struct sb_runner *runner, const char *verb,
		     const json_t *manifest, const struct sb_app *app)
{
	SB_AUTO_FREE char *state = sb_xasprintf("%s/%s", app->store->root_path, state_name(runner));

	sb_list_setenv(env, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	sb_list_setenv(env, "LANG", "C.UTF-8");
	add_user(env);
	sb_list_setenv(env, "SLUGBUILD", sb_slugbuild());
	sb_list_setenv(env, "SLUGBUILD_ROOT", app->store->root_path);
	sb_list_setenv(env, "SLUGBUILD_APP", app->name);
	sb_list_setenv(env, "SLUGBUILD_RELEASE", sb_json_text(manifest, "name", ""));
	sb_list_setenv(env, "SLUGBUILD_RUNNER_STATE", state);
	if (!strcmp(verb, "destroy"))
		sb_list_setenv(env, "SLUGBUILD_DESTROY", "1");
}

static void make_argv(struct sb_list *argv, const struct sb_runner *runner, const char *verb,
		      const char *const *extra)
{
	sb_list_add(argv, runner->path);
	sb_list_add(argv, strcmp(verb, "destroy") ? verb : "stop");
	sb_list_add_all(argv, extra);
}

struct call {
	struct sb_log *log;
	struct sb_buffer *out; /* NULL: everything goes to the log */
	struct sb_buffer errors;
};

static void take_line(void *ctx, struct sb_span line)
{
	struct call *call = ctx;

	if (!call->out) {
		sb_log_line(call->log, line);
		return;
	}
	sb_buffer_add(call->out, line);
	sb_buffer_addc(call->out, '\n');
}

static void take_error(void *ctx, struct sb_span line)
{
	struct call *call = ctx;

	/* The last line says why, most often. */
	sb_buffer_clear(&call->errors);
	sb_buffer_add(&call->errors, line);
}

static void take_tick(void *ctx)
{
	struct call *call = ctx;

	if (call->log)
		sb_log_tick(call->log);
}

static int judge(const struct sb_runner *runner, const char *verb, const struct sb_child *child,
		 const struct sb_child_result *end, const struct call *call, struct sb_error *err)
{
	const char *why = call->errors.n ? call->errors.p : "";
	const char *sep = *why ? ": " : "";

	if (end->end == SB_CHILD_EXITED && end->value == 0)
		return 0;
	if (end->end == SB_CHILD_EXITED && end->value == TRY_AGAIN)
		return sb_fail(err, SB_EAGAIN, "the runner %s asks to try again: %s%s%s",
			       runner->name, verb, sep, why);
	if (end->end == SB_CHILD_EXITED && end->value == NOT_MINE)
		return sb_fail(err, SB_EUSAGE, "the runner %s cannot do this: %s", runner->name,
			       verb);
	if (end->end == SB_CHILD_CANCELLED)
		return sb_fail(err, SB_ECANCEL, "the runner %s was cancelled: %s", runner->name,
			       verb);
	sb_fail(err, SB_EBUILD, "the runner %s (%s) %s%s%s", runner->name, verb,
		sb_child_end_text(child, end), sep, why);
	if (end->end == SB_CHILD_TIMEOUT)
		sb_error_fix(err, "git config slugbuild.runnerTimeout SECONDS gives it longer");
	return -1;
}

static int call_runner(const struct sb_runner *runner, const char *verb, const char *const *extra,
		       const json_t *manifest, const struct sb_app *app,
		       const struct sb_settings *settings, struct call *call, struct sb_error *err)
{
	SB_AUTO(sb_buffer) input = SB_BUFFER_INIT(MANIFEST_MAX);
	SB_AUTO(sb_list) argv = { 0 };
	SB_AUTO(sb_list) env = { 0 };
	struct sb_child_result end = { 0 };

	make_argv(&argv, runner, verb, extra);
	make_env(&env, runner, verb, manifest, app);
	sb_json_print(&input, manifest);

	struct sb_child child = {
		.argv = (const char *const *)argv.item,
		.env = (const char *const *)env.item,
		.cwd = -1,
		.input = sb_buffer_span(&input),
		.seconds = settings->runner_seconds,
		.bytes = OUTPUT_MAX,
		.daemons = true,
		.line = take_line,
		.separate = call->out != NULL,
		.error_line = take_error,
		.tick = take_tick,
		.ctx = call,
	};

	if (sb_child_run(&child, &end, err) < 0)
		return sb_wrap(err, "runner %s", runner->name);
	return judge(runner, verb, &child, &end, call, err);
}

int sb_runner_call(const struct sb_runner *runner, const char *verb, const char *const *extra,
		   const json_t *manifest, const struct sb_app *app,
		   const struct sb_settings *settings, struct sb_log *log, struct sb_error *err)
{
	struct call call = { .log = log, .errors = SB_BUFFER_INIT(512) };

	if (runner->none)
		return 0;
	/* Back to a release from before the first slug: then nothing is to run. */
	if (!strcmp(verb, "deploy") && !sb_json_at(manifest, "slug.sha256"))
		verb = "stop";

	int result = call_runner(runner, verb, extra, manifest, app, settings, &call, err);

	sb_buffer_release(&call.errors);
	return result;
}

json_t *sb_runner_status(const struct sb_runner *runner, const json_t *manifest,
			 const struct sb_app *app, const struct sb_settings *settings,
			 struct sb_error *err)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(1 << 20);
	struct call call = { .out = &out, .errors = SB_BUFFER_INIT(512) };

	if (runner->none) {
		json_t *nothing = sb_json_new_object();

		sb_json_set_take(nothing, "processes", sb_json_new_array());
		return nothing;
	}

	int result = call_runner(runner, "status", NULL, manifest, app, settings, &call, err);

	sb_buffer_release(&call.errors);
	if (result < 0)
		return NULL;

	json_t *status = sb_json_parse(sb_buffer_span(&out), err);

	if (!status)
		sb_wrap(err, "what the runner %s says to status", runner->name);
	return status;
}

/* The manifest as a file to read from, at its start. */
static int manifest_fd(const json_t *manifest, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(MANIFEST_MAX);
	SB_AUTO_CLOSE int fd = memfd_create("manifest", MFD_CLOEXEC);

	sb_json_print(&text, manifest);
	if (fd < 0)
		return sb_fail_sys(err, "make a file for the manifest");
	if (sb_write_all(fd, sb_buffer_span(&text), err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return sb_fail_sys(err, "rewind the manifest");
	return SB_STEAL_FD(fd);
}

int sb_runner_exec(const struct sb_runner *runner, const char *verb, const char *const *extra,
		   const json_t *manifest, const struct sb_app *app,
		   const struct sb_settings *settings, struct sb_error *err)
{
	SB_AUTO(sb_list) argv = { 0 };
	SB_AUTO(sb_list) env = { 0 };

	(void)settings;
	if (runner->none) {
		sb_fail(err, SB_EUSAGE, "slugbuild.runner is none: nothing runs %s", app->name);
		sb_error_fix(err, "git config slugbuild.runner runit");
		return -1;
	}

	SB_AUTO_CLOSE int fd = manifest_fd(manifest, err);

	if (fd < 0)
		return -1;
	make_argv(&argv, runner, verb, extra);
	make_env(&env, runner, verb, manifest, app);
	if (dup2(fd, STDIN_FILENO) < 0)
		return sb_fail_sys(err, "hand the manifest to the runner");
	execve(runner->path, argv.item, env.item);
	return sb_fail_sys(err, "run %s", runner->path);
}

void sb_runner_release(struct sb_runner *runner)
{
	free(runner->path);
	free(runner->name);
	*runner = (struct sb_runner) { 0 };
}
