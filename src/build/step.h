#ifndef SB_STEP_H
#define SB_STEP_H

#include "base/buffer.h"
#include "build/build.h"

/*
 * One child of a build: a program in the box, its output shown as it comes and kept
 * for diagnosis, its end told in words.
 *
 *	SB_AUTO(sb_step) step = { 0 };
 *
 *	sb_step_init(&step, build);
 *	sb_box_write(&step.box, path, "/app");
 *	sb_list_add(&step.argv, "/app/.slugbuild/python/bin/python");
 *	if (sb_step_run(&step, err) < 0)
 *		return -1;             // not started, cancelled, killed by a limit
 *	if (step.status)
 *		return diagnose(sb_buffer_span(&step.output));
 *
 * argv[0] and every argument that is a path in the box must have gone through
 * sb_step_path. Folders below the build's `work` are made with sb_step_folder.
 */
#define SB_STEP_OUTPUT (1 << 20) /* bytes kept; of more, the first part is dropped */

struct sb_step {
	struct sb_build *build; /* borrowed */
	struct sb_box box;
	struct sb_list argv;
	struct sb_buffer output;
	const char *name; /* what ran, for errors: "pip", "collectstatic" */
	bool quiet;       /* show nothing */
	bool separate;    /* `output` holds standard output only, errors are kept in `errors` */
	struct sb_buffer errors;
	/* Whether a line is shown; NULL: all of them are. */
	bool (*shown)(struct sb_span line);
	int status; /* out: its exit status */
};

void sb_step_init(struct sb_step *step, struct sb_build *build);
int sb_step_run(struct sb_step *step, struct sb_error *err) SB_MUST_CHECK;
void sb_step_release(struct sb_step *step);

/* Adds an argument: `path` in the box, by the name the child sees. `prefix` ("--src=") or "". */
void sb_step_arg_path(struct sb_step *step, const char *prefix, const char *path);

/* An environment variable that holds a path in the box. */
void sb_step_env_path(struct sb_step *step, const char *name, const char *path);

/* The interpreter's own folder, read-only, unless the box shows it anyway. */
void sb_step_show_python(struct sb_step *step, const struct sb_python *python);

/* The probe scripts, at /slugbuild/probes. */
void sb_step_show_probes(struct sb_step *step);

/* "<work>/name", made where it is missing. Owned: free(3); NULL with err. */
char *sb_step_folder(struct sb_build *build, const char *name, struct sb_error *err) SB_MUST_CHECK;

/* The same, empty. */
char *sb_step_fresh_folder(struct sb_build *build, const char *name,
			   struct sb_error *err) SB_MUST_CHECK;

#endif
