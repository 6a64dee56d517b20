#ifndef SB_SANDBOX_H
#define SB_SANDBOX_H

#include "base/list.h"
#include "base/settings.h"
#include "sys/child.h"
#include "sys/trace.h"

/*
 * The box that an app's code and installers run in: bubblewrap with namespaces
 * of its own (user, pid, mount, ipc, uts and, unless asked for, no network), a
 * seccomp filter, an environment built from nothing and limits. It sees /usr and
 * what the loader needs, the folders given here, a private /tmp, /proc and /dev,
 * and nothing else: no other app, no repository, no state root.
 *
 *	SB_AUTO(sb_box) box = { 0 };
 *
 *	sb_box_init(&box, settings);
 *	sb_box_write(&box, work, "/app");
 *	sb_box_read(&box, "/opt/python/3.11", NULL);
 *	sb_list_setenv(&box.env, "HOME", "/app");
 *	box.cwd = "/app";
 *	box.network = true;
 *	child.argv = argv;
 *	if (sb_box_run(&box, &child, &end, err) < 0) …
 *
 * Where bubblewrap cannot work the setting decides: `require` fails with a sentence,
 * `auto` goes on without (and sets box.open, which the caller says each time), `off`
 * does not try. Without a box /app does not exist: sb_box_path maps a path in the box
 * to the one the child sees.
 */
struct sb_box {
	const struct sb_settings *settings; /* borrowed */
	struct sb_list binds; /* "r|src|dst", "w|src|dst", "l|target|dst" (symlink), "d||dst" (empty dir) */
	struct sb_list env;   /* the child's whole environment */
	const char *cwd;      /* in the box; borrowed */
	bool network;         /* the host's network */
	bool running_app;     /* a release's process: no output, memory, time or process limits of the build */
	struct sb_tracer *tracer; /* records what is looked at (sys/trace.h); borrowed; NULL: nobody asks */
	bool open;            /* out: no sandbox was used, and nothing was traced */
};

/* What a box shows of /sys. */
#define SB_BOX_CPUS_ONLINE "/sys/devices/system/cpu/online"
#define SB_BOX_CPUS_POSSIBLE "/sys/devices/system/cpu/possible"

void sb_box_init(struct sb_box *box, const struct sb_settings *settings); /* PATH, LANG=C.UTF-8, HOME=/tmp, TMPDIR */
void sb_box_read(struct sb_box *box, const char *path, const char *at);  /* at NULL: at the same path */
void sb_box_write(struct sb_box *box, const char *path, const char *at);

/* What a path in the box is called by the child: the same, or the real one where there is no box. Owned. */
char *sb_box_path(const struct sb_box *box, const char *path) SB_MUST_CHECK;

/* `child` gives argv, input, limits and callbacks; env and cwd come from the box; argv[0] is a path in the box. */
int sb_box_run(struct sb_box *box, const struct sb_child *child, struct sb_child_result *out,
	       struct sb_error *err) SB_MUST_CHECK;
int sb_box_start(struct sb_box *box, const struct sb_child *child, pid_t *pid, struct sb_error *err) SB_MUST_CHECK;

/* Becomes the program, in the box: only returns on failure. */
int sb_box_exec(struct sb_box *box, const char *const *argv, struct sb_error *err) SB_MUST_CHECK;

/*
 * Whether bubblewrap works here, tried once a process; `why` (or NULL) gets the reason when not.
 * That it did is noted in the store until the machine starts anew, or bubblewrap, the user or one
 * of the kernel's switches for it becomes another one: where it has stopped to work all the same,
 * the step that wants it fails.
 */
bool sb_box_works(const struct sb_settings *settings, const char **why);
void sb_box_forget(const struct sb_settings *settings); /* the note: it is tried again */

void sb_box_release(struct sb_box *box);

#endif
