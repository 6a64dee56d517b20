#include "base/base.h"
#include "base/buffer.h"
#include "sys/box.h"
#include "sys/notes.h"
#include "sys/files.h"
#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PASS_MAX 32
#define PROBE_SECONDS 20
#define END_MS 10000 /* for the kernel to take a box down */

void sb_box_init(struct sb_box *box, const struct sb_settings *settings)
{
	*box = (struct sb_box) { .settings = settings };
	sb_list_setenv(&box->env, "PATH", "/usr/local/bin:/usr/bin:/bin");
	sb_list_setenv(&box->env, "LANG", "C.UTF-8");
	sb_list_setenv(&box->env, "HOME", "/tmp");
	sb_list_setenv(&box->env, "TMPDIR", "/tmp");
}

void sb_box_read(struct sb_box *box, const char *path, const char *at)
{
	sb_list_addf(&box->binds, "r|%s|%s", path, at ? at : path);
}

void sb_box_write(struct sb_box *box, const char *path, const char *at)
{
	sb_list_addf(&box->binds, "w|%s|%s", path, at ? at : path);
}

static bool probe(const struct sb_settings *settings, char *why, size_t size)
{
	static const char *const argv[] = { "/usr/bin/true", NULL };
	SB_AUTO(sb_box) box = { 0 };
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(4096);
	__attribute__((cleanup(sb_box_command_release))) struct sb_box_command command = { 0 };
	struct sb_error err = { 0 };
	int pass[SB_BOX_FDS + 1];

	if (!sb_box_program(settings)) {
		snprintf(why, size, "bubblewrap is not installed");
		return false;
	}
	sb_box_init(&box, settings);
	if (sb_box_command(&command, &box, argv, SB_BOX_OWN_SESSION, 0, &err) < 0) {
		snprintf(why, size, "%.400s", err.text);
		return false;
	}
	memcpy(pass, command.fd, command.fds * sizeof(*pass));
	pass[command.fds] = -1;

	const struct sb_child child = { .argv = (const char *const *)command.argv.item,
					.cwd = -1,
					.seconds = PROBE_SECONDS,
					.bytes = 65536,
					.pass = pass };

	if (sb_child_capture(&child, &out, &err) == 0)
		return true;
	snprintf(why, size, "%.400s", err.text);
	return false;
}

/* What bubblewrap's success depends on; a failure is tried again each time. */
static void trial_key(char key[SB_DIGEST_HEX], const char *program)
{
	static const char *const switches[] = {
		"/proc/sys/kernel/random/boot_id",
		"/proc/sys/kernel/unprivileged_userns_clone",
		"/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
		"/proc/sys/user/max_user_namespaces",
		"/proc/self/uid_map",
		"/proc/self/attr/current",
	};
	SB_AUTO(sb_sha256) hash = { 0 };
	char ids[64];

	sb_note_key(&hash, "sandbox");
	sb_note_add_file(&hash, program);
	for (size_t i = 0; i < SB_COUNT(switches); i++)
		sb_note_add_text(&hash, switches[i]);
	snprintf(ids, sizeof(ids), "%u %u", (unsigned)geteuid(), (unsigned)getegid());
	sb_sha256_field(&hash, ids);
	sb_sha256_finish(&hash, key);
}

static bool try_once(const struct sb_settings *settings, const char *program, char *why, size_t size)
{
	SB_AUTO(sb_buffer) known = SB_BUFFER_INIT(256);
	char key[SB_DIGEST_HEX];

	trial_key(key, program);
	if (sb_note_find(&known, settings, "sandbox", key))
		return true;
	if (!probe(settings, why, size))
		return false;
	sb_note_keep(settings, "sandbox", key, sb_span_of("works"));
	return true;
}

void sb_box_forget(const struct sb_settings *settings)
{
	const char *program = sb_box_program(settings);
	char key[SB_DIGEST_HEX];

	if (!program)
		return;
	trial_key(key, program);
	sb_note_forget(settings, "sandbox", key);
}

bool sb_box_works(const struct sb_settings *settings, const char **why)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static bool works;
	static char reason[512], tried[PATH_MAX]; /* with which bubblewrap */
	const char *program = sb_box_program(settings);

	if (why)
		*why = NULL;
	if (settings->sandbox == SB_SANDBOX_OFF) {
		if (why)
			*why = "slugbuild.sandbox is off";
		return false;
	}
	program = program ? program : "none";
	pthread_mutex_lock(&lock);
	if (strcmp(tried, program) != 0) {
		works = try_once(settings, program, reason, sizeof(reason));
		snprintf(tried, sizeof(tried), "%s", program);
	}
	if (why && !works)
		*why = reason;

	bool found = works;

	pthread_mutex_unlock(&lock);
	return found;
}

int sb_box_decide(struct sb_box *box, struct sb_error *err)
{
	const char *why;

	box->open = !sb_box_works(box->settings, &why);
	if (!box->open || box->settings->sandbox != SB_SANDBOX_REQUIRE)
		return 0;
	sb_fail(err, SB_ECONFIG, "slugbuild.sandbox = require, but the sandbox does not work: %s",
		why);
	sb_error_fix(err, "install bubblewrap and allow user namespaces "
			  "(sysctl kernel.unprivileged_userns_clone=1), "
			  "or set slugbuild.sandbox = auto");
	return -1;
}

/* Bytes of `at` where `path` is it or lies below it, else 0. */
static size_t covers(const char *at, const char *path)
{
	size_t n = strlen(at);

	while (n > 1 && at[n - 1] == '/')
		n--;
	return !strncmp(at, path, n) && (path[n] == '/' || !path[n]) ? n : 0;
}

static char *map_path(const struct sb_box *box, struct sb_span text)
{
	SB_AUTO_FREE char *path = sb_span_dup(text);
	size_t longest = 0;
	struct sb_span source = { 0 };

	for (size_t i = 0; i < box->binds.n; i++) {
		const char *item = box->binds.item[i], *at = strrchr(item, '|') + 1;
		size_t n = covers(at, path);

		if ((item[0] != 'r' && item[0] != 'w') || n < longest || !n)
			continue;
		longest = n;
		source = (struct sb_span) { item + 2, (size_t)(at - 1 - (item + 2)) };
	}
	if (!longest)
		return SB_STEAL(path);
	return sb_xasprintf("%.*s%s", SB_SPAN_ARG(source), path + longest);
}

char *sb_box_path(const struct sb_box *box, const char *path)
{
	return sb_box_works(box->settings, NULL) ? sb_xstrdup(path)
						 : map_path(box, sb_span_of(path));
}

void sb_box_map_argv(const struct sb_box *box, struct sb_list *out, const char *const *argv)
{
	for (; *argv; argv++)
		sb_list_add_take(out, map_path(box, sb_span_of(*argv)));
}

/* Each path of a list such as PATH. */
void sb_box_map_env(const struct sb_box *box, struct sb_list *out)
{
	for (size_t i = 0; i < box->env.n; i++) {
		SB_AUTO(sb_buffer) pair = SB_BUFFER_INIT(SIZE_MAX / 2);
		struct sb_span rest = sb_span_of(box->env.item[i]), part;
		bool more = sb_span_cut(&rest, '=', &part);

		sb_buffer_add(&pair, part);
		for (char sep = '='; more; sep = ':') {
			more = sb_span_cut(&rest, ':', &part);

			SB_AUTO_FREE char *path = map_path(box, more ? part : rest);

			sb_buffer_addc(&pair, sep);
			sb_buffer_adds(&pair, path);
		}
		sb_list_add_take(out, sb_buffer_detach(&pair));
	}
}

/* One of the two ways to start a child: in the box, or with its paths mapped. */
struct prepared {
	struct sb_child child;
	struct sb_box_command command;
	struct sb_list env, argv;
	int cwd, pass[PASS_MAX];
	int info[2]; /* a pipe that bubblewrap tells the box's first process over */
	int block[2]; /* a pipe that bubblewrap waits at for the tracer */
	bool awaited; /* somebody will read it; else there is none: its writer would die of SIGPIPE */
};
#define PREPARED_INIT \
	{ \
		.cwd = -1, .info = { -1, -1 }, .block = { -1, -1 } \
	}

static void prepared_release(struct prepared *made)
{
	sb_box_command_release(&made->command);
	sb_list_release(&made->env);
	sb_list_release(&made->argv);
	sb_autoclose(&made->cwd);
	sb_autoclose(&made->info[0]);
	sb_autoclose(&made->info[1]);
	sb_autoclose(&made->block[0]);
	sb_autoclose(&made->block[1]);
}

static int prepare_boxed(struct prepared *out, const struct sb_box *box, struct sb_error *err)
{
	size_t n = 0;

	if (out->awaited && pipe2(out->info, O_CLOEXEC | O_NONBLOCK) < 0)
		return sb_fail_sys(err, "make a pipe");
	if (out->awaited && box->tracer && pipe2(out->block, O_CLOEXEC) < 0)
		return sb_fail_sys(err, "make a pipe");
	out->command.block = out->block[0];
	if (sb_box_command(&out->command, box, out->child.argv,
			   out->child.tty ? SB_BOX_TERMINAL : SB_BOX_OWN_SESSION, out->info[1],
			   err) < 0)
		return -1;
	for (const int *fd = out->child.pass; fd && *fd >= 0; fd++) {
		if (n + SB_BOX_FDS + 3 >= PASS_MAX)
			return sb_fail(err, SB_ESYS, "too many descriptors for one child");
		out->pass[n++] = *fd;
	}
	for (size_t i = 0; i < out->command.fds; i++)
		out->pass[n++] = out->command.fd[i];
	if (out->info[1] >= 0)
		out->pass[n++] = out->info[1];
	if (out->block[0] >= 0)
		out->pass[n++] = out->block[0];
	out->pass[n] = -1;
	out->child.pass = out->pass;
	out->child.argv = (const char *const *)out->command.argv.item;
	out->child.env = NULL; /* bubblewrap's own; the program's is in its arguments */
	out->child.cwd = -1;
	return 0;
}

static int prepare_open(struct prepared *out, const struct sb_box *box, struct sb_error *err)
{
	SB_AUTO_FREE char *cwd = map_path(box, sb_span_of(box->cwd ? box->cwd : "/"));

	if (!out->child.tty)
		sb_box_add_limits(box, &out->argv);
	sb_box_map_argv(box, &out->argv, out->child.argv);
	sb_box_map_env(box, &out->env);
	out->child.argv = (const char *const *)out->argv.item;
	out->child.env = (const char *const *)out->env.item;
	out->cwd = sb_open_dir(AT_FDCWD, cwd, err);
	out->child.cwd = out->cwd;
	return out->cwd < 0 ? -1 : 0;
}

static int prepare(struct prepared *out, struct sb_box *box, const struct sb_child *child,
		   struct sb_error *err)
{
	out->child = *child;
	if (sb_box_decide(box, err) < 0)
		return -1;
	/* RLIMIT_NPROC does not hold for root, and cannot be used without a box: so they are
	 * counted. */
	if (!box->running_app && !child->tty && !child->processes && (!geteuid() || box->open))
		out->child.processes = box->settings->build_processes + 8;
	return box->open ? prepare_open(out, box, err) : prepare_boxed(out, box, err);
}

/*
 * bubblewrap ends when the program does, a moment before the box: until that is gone too, what
 * is left in it could still write to what the caller is about to read.
 */
static void await_end(struct prepared *made)
{
	pid_t first = made->info[0] < 0 ? -1 : sb_box_first_process(made->info[0]);
	SB_AUTO_CLOSE int pidfd = first > 1 ? sb_pidfd_open(first) : -1;
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };

	if (pidfd >= 0)
		poll(&ended, 1, END_MS);
}

/* The tracer's own wait is for all that was in the box. */
static int run_traced(struct prepared *made, struct sb_tracer *tracer, struct sb_child_result *out,
		      struct sb_error *err)
{
	int done = sb_tracer_start(tracer, made->info[0], made->block[1], err);

	if (done == 0)
		done = sb_child_run(&made->child, out, err);
	sb_autoclose(&made->info[1]);
	made->info[1] = -1;
	sb_tracer_join(tracer);
	return done;
}

int sb_box_run(struct sb_box *box, const struct sb_child *child, struct sb_child_result *out,
	       struct sb_error *err)
{
	__attribute__((cleanup(prepared_release))) struct prepared made = PREPARED_INIT;

	made.awaited = true;
	if (prepare(&made, box, child, err) < 0)
		return -1;
	if (box->tracer && !box->open)
		return run_traced(&made, box->tracer, out, err);
	if (sb_child_run(&made.child, out, err) < 0)
		return -1;
	await_end(&made);
	return 0;
}

int sb_box_start(struct sb_box *box, const struct sb_child *child, pid_t *pid, struct sb_error *err)
{
	__attribute__((cleanup(prepared_release))) struct prepared made = PREPARED_INIT;

	if (prepare(&made, box, child, err) < 0)
		return -1;
	return sb_child_start(&made.child, pid, err);
}

void sb_box_release(struct sb_box *box)
{
	sb_list_release(&box->binds);
	sb_list_release(&box->env);
}
