#ifndef SB_RECONCILE_H
#define SB_RECONCILE_H

#include "app/activate.h"
#include "source/repo.h"

/*
 * Takes up what a crash, a lost client or a power cut left behind: a staged build whose ref
 * moved is published, one whose ref never did is dropped, a release cut off on its way is
 * finished or called failed. Runs at the start of every hook and command that changes an
 * app, and from a timer (`slugbuild reconcile`). Cheap where there is nothing to do, and
 * never waits: an app that somebody works on is left to him.
 */

/* One app; `repo` may be NULL, then the app's own is opened when it is needed. */
int sb_reconcile(const struct sb_activate *way, struct sb_repo *repo, struct sb_error *err) SB_MUST_CHECK;

#endif
