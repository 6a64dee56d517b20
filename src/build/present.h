#ifndef SB_PRESENT_H
#define SB_PRESENT_H

#include "build/build.h"

/*
 * With the dependencies in place: is the program of each process type there? The static
 * check can only know the names it was taught; here `web: uvicornn app` is found out before
 * anything moves. Looked for where launch's PATH looks: the environment's bin and the system's.
 * Not judged: what has a "/" in it, is made by the shell ($…, builtins, compounds), and apps
 * that change PATH in .profile.d.
 */
int sb_programs_present(const struct sb_build *build, struct sb_error *err) SB_MUST_CHECK;

#endif
