#ifndef SB_BUNDLE_H
#define SB_BUNDLE_H

#include "build/build.h"

/*
 * slugbuild.bundlePython: the slug carries its interpreter, in .slugbuild/runtime. It is a
 * copy of the base one, without tests and headers, that finds its libraries and itself
 * relative to where it lies, and the app's packages by a .pth of its own.
 */

/* `deps` is the layer's open folder. */
int sb_bundle(struct sb_build *build, const struct sb_python *python, int deps,
	      struct sb_error *err) SB_MUST_CHECK;

#endif
