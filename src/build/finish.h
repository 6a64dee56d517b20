#ifndef SB_FINISH_H
#define SB_FINISH_H

#include "build/partial.h"

/*
 * From what an installer left to what a slug carries: relocated, compiled, described, settled and
 * sealed. What a layer says of itself is a JSON file in it: "installer", "packages", "sdists".
 */
#define SB_DEPS_FACTS ".slugbuild/python/packages.json"

/* `partial`: the packages that stay are linked in, or NULL. install->contents gets what there is.
 * 1; 0: they cannot be, all must be installed. */
int sb_finish(struct sb_install *install, struct sb_partial *partial, int deps,
	      struct sb_error *err) SB_MUST_CHECK;

#endif
