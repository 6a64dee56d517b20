#ifndef SB_STEP_APP_H
#define SB_STEP_APP_H

#include "build/step.h"

/* Steps that run the app's own code with its dependencies: collectstatic, the probe. */

/* The app's checkout at /app (writable), its dependencies, and the environment of a web process:
 * the config vars but for those that would undo the box's own. */
void sb_step_enter_app(struct sb_step *step, const char *app);

/* What those are given: work/app made anew, of the tree alone, with the place for the dependencies.
 * A descriptor of it, or -1. */
int sb_step_fresh_app(struct sb_build *build, struct sb_error *err) SB_MUST_CHECK;

/* Whether Django is among the dependencies. */
bool sb_build_has_django(const struct sb_build *build);

/* For sb_diagnose: the text of a file of the app, owned, or NULL. `ctx` is the build. */
char *sb_build_app_file(void *ctx, const char *path);

#endif
