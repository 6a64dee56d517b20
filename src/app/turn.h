#ifndef SB_TURN_H
#define SB_TURN_H

#include "app/stage.h"

/*
 * A build waits for its turn twice: for the app's build lock (stage->lock), then for one of
 * slugbuild.maxBuilds places below the root (stage->slot). Both come in the order of the
 * builds' ids, both are kernel locks that die with their holder, and both waits together take
 * slugbuild.lockWait at most. The pusher is told who is at it, for how long, and how many
 * stand before him.
 *
 *	apps/NAME/line/ID	who waits for the app
 *	line/ID~NAME		who waits for a place
 *	slots/1, slots/2, …	the places
 */
int sb_turn_take(struct sb_stage *stage, struct sb_error *err) SB_MUST_CHECK;

/* For `slugbuild builds`: where a waiting build stands (1: next), and for what: "blog" or "a place to
 * build". 0 when it stands in no line. */
size_t sb_turn_position(const struct sb_app *app, const char *build, const char **what);

#endif
