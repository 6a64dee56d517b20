#ifndef SB_REBUILD_H
#define SB_REBUILD_H

#include "app/activate.h"
#include "source/repo.h"

/*
 * `slugbuild deploy [REV]`: a build without a push, of what the deploy ref holds or held.
 * Takes the build lock, stages, and publishes; the release says who asked for it.
 */
int sb_rebuild(const struct sb_activate *way, struct sb_repo *repo, const char *rev, bool no_cache,
	       struct sb_error *err) SB_MUST_CHECK;

#endif
