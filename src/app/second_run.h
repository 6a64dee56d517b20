#ifndef SB_SECOND_RUN_H
#define SB_SECOND_RUN_H

#include "app/hook.h"

/*
 * The runs that make a result reusable (build/memo.h), off the push's path: collectstatic and the check
 * of the app, once traced, where the push had to run them, and once more under another date. In the
 * push they run plainly, which is faster. The watcher makes them, when the push is over and published.
 *
 * They have the lowest priority, a lock and a work folder of their own, and take none of what a push
 * waits for: neither the app's build lock nor one of slugbuild.maxBuilds places. A push of the app
 * that begins to build ends them; so do slugbuild.stepTimeout and a kill. Then nothing is reused, and
 * they are made behind the next push.
 *
 * What came of it is added to the log of the build: slugbuild builds:output ID.
 */
void sb_second_run(struct sb_hook *hook, const char *app, const char *commit, const char *build);

#endif
