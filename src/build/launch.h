#ifndef SB_LAUNCH_H
#define SB_LAUNCH_H

#include "build/build.h"

/*
 * The launch layer: .slugbuild/launch (templates/launch, a POSIX shell script) and
 * .slugbuild/process/TYPE, each holding one command of the Procfile. Nothing in it
 * differs from commit to commit while the Procfile stays. Fills launch_path.
 */
int sb_launch_make(struct sb_build *build, struct sb_error *err) SB_MUST_CHECK;

#endif
