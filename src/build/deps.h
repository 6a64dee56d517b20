#ifndef SB_DEPS_H
#define SB_DEPS_H

#include "build/build.h"
#include "build/python.h"

/*
 * The dependency layer: a folder with .slugbuild/python in it, made from the plan's
 * dependency files and kept by a key over all that it is made from: format, interpreter,
 * platform, installer, index settings, the files' content. Where the same key is kept,
 * nothing is run. A layer whose making ran somebody's code has the app's name in its key.
 *
 * Fills deps_path, deps_key, deps_reused, deps_foreign and the build's facts: "installer",
 * "locks", "packages", "sdists".
 */
/* With build->confirm only a kept layer counts: else deps_path stays NULL. */
int sb_deps_make(struct sb_build *build, const struct sb_pythons *all,
		 struct sb_error *err) SB_MUST_CHECK;

/* The plan's input files, read. */
struct sb_input {
	char *path;
	char oid[65];
	bool is_link;
	struct sb_buffer text; /* a symlink's: its target */
};

struct sb_inputs {
	struct sb_input *item;
	size_t n;
};

#define SB_INPUT_MAX (16 << 20) /* bytes of one dependency file */

int sb_inputs_read(struct sb_inputs *out, struct sb_build *build,
		   struct sb_error *err) SB_MUST_CHECK;

/* Writes them below `dir`, at the same paths. */
int sb_inputs_write(const struct sb_inputs *inputs, int dir, struct sb_error *err) SB_MUST_CHECK;

/* Whether a line asks for what only runs somebody's code: --no-binary, a VCS or source URL, -e. */
bool sb_inputs_run_code(const struct sb_inputs *inputs);

/* Whether a line names a folder of the app (--find-links): then installing needs its files. */
bool sb_inputs_need_files(const struct sb_inputs *inputs);

void sb_inputs_release(struct sb_inputs *inputs);

/* The app's files, checked out into <work>/app once. Borrowed from the build's work. Owned:
 * free(3). */
char *sb_checkout(struct sb_build *build, struct sb_error *err) SB_MUST_CHECK;

#endif
