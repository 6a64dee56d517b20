#ifndef SB_SECOND_RUN_H
#define SB_SECOND_RUN_H

#include "app/hook.h"

/*
 * The run that makes what was remembered reusable (build/memo.h): collectstatic once more, under
 * another date, off the push's path. The watcher makes it, when the push is over and published.
 *
 * It has the lowest priority, a lock and a work folder of its own, and takes none of what a push
 * waits for: neither the app's build lock nor one of slugbuild.maxBuilds places. A push of the app
 * that begins to build ends it; so do slugbuild.stepTimeout and a kill. Then the result stays as
 * it was, not yet to be reused: the next push runs collectstatic plainly, and this run is made behind it.
 *
 * What came of it is added to the log of the build: slugbuild builds:output ID.
 */
void sb_second_run(struct sb_hook *hook, const char *app, const char *commit, const char *build);

#endif
