#ifndef SB_SHARE_H
#define SB_SHARE_H

#include "app/layers.h"
#include "app/produce.h"
#include "build/build.h"

/*
 * Whether releases may share what collectstatic made: one read-only folder in the store, and in
 * each release a symlink at STATIC_ROOT. They may where the folder holds nothing else, the app's
 * tree has nothing of its own there, and nothing that the release runs is known to write there:
 * collectstatic in a process, a release command or a script that one of them names, or a package
 * that compresses at run time. Else each release gets files of its own.
 */

/* STATIC_ROOT where they may, else NULL. Borrowed from `build`. */
const char *sb_share_static(const struct sb_produce *make, const struct sb_build *build);

/* Keeps the folder in the store under the key of its layer (SB_LAYER_STATIC, made already). */
int sb_share_keep(struct sb_produce *make, struct sb_build *build, const char *key,
		  struct sb_error *err) SB_MUST_CHECK;

#endif
