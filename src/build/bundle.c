#include "build/bundle.h"

int sb_bundle(struct sb_build *build, const struct sb_python *python, int deps,
	      struct sb_error *err)
{
	(void)build;
	(void)python;
	(void)deps;
	return sb_fail(err, SB_ECONFIG, "bundling the interpreter is not there yet");
}
