#include "build/build.h"

#include <stdlib.h>

#include "build/deps.h"
#include "build/launch.h"
#include "build/statics.h"

static int choose(struct sb_build *build, const struct sb_pythons *all, struct sb_error *err)
{
	const struct sb_python *chosen = sb_python_choose(all, &build->plan->python,
							  build->last_python, build->settings,
							  build->log, err);

	if (!chosen)
		return -1;
	sb_python_copy(&build->python, chosen);
	return 0;
}

int sb_build_run(struct sb_build *build, struct sb_error *err)
{
	SB_AUTO(sb_pythons) all = { 0 };

	if (sb_pythons_find(&all, build->settings, err) < 0 || choose(build, &all, err) < 0)
		return -1;
	if (sb_deps_make(build, &all, err) < 0 || sb_statics_make(build, err) < 0)
		return -1;
	return sb_launch_make(build, err);
}

void sb_build_release(struct sb_build *build)
{
	sb_python_release(&build->python);
	free(build->deps_path);
	free(build->static_path);
	free(build->static_root);
	free(build->launch_path);
	json_decref(build->facts);
	build->deps_path = build->static_path = build->static_root = build->launch_path = NULL;
	build->facts = NULL;
}
