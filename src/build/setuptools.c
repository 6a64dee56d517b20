#include "build/setuptools.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "sys/files.h"

char *sb_setuptools_wheel(const struct sb_python *python)
{
	const char *slash = python->pip_wheel ? strrchr(python->pip_wheel, '/') : NULL;
	SB_AUTO(sb_list) names = { 0 };
	struct sb_error unseen = { 0 };

	if (!slash || python->major < 3 || python->minor > 11)
		return NULL;

	SB_AUTO_FREE char *folder = sb_span_dup(
		(struct sb_span) { python->pip_wheel, (size_t)(slash - python->pip_wheel) });

	if (sb_list_dir(&names, AT_FDCWD, folder, &unseen) < 0)
		return NULL;
	for (size_t i = 0; i < names.n; i++)
		if (!strncmp(names.item[i], "setuptools-", 11))
			return sb_xasprintf("%s/%s", folder, names.item[i]);
	return NULL;
}

/* pip starts in a second, uv in no time. */
static void add_words(struct sb_step *step, const struct sb_install *install)
{
	static const char *const uv[] = { "--no-index", "--no-deps", NULL };
	static const char *const pip[] = { "install",      "--no-index",
					   "--no-deps",    "--no-compile",
					   "--no-cache-dir", "--disable-pip-version-check",
					   NULL };

	if (install->use_uv) {
		sb_uv_begin(step, install);
		sb_list_add_all(&step->argv, uv);
		return;
	}
	sb_step_arg_path(step, "", "/app/.slugbuild/python/bin/python");
	sb_list_addf(&step->argv, "%s/pip", install->python->pip_wheel);
	sb_list_add_all(&step->argv, pip);
}

int sb_setuptools_add(struct sb_install *install, struct sb_error *err)
{
	SB_AUTO_FREE char *wheel = sb_setuptools_wheel(install->python);
	SB_AUTO_FREE char *cache = NULL;
	SB_AUTO(sb_step) step = { 0 };

	if (!wheel)
		return 0;
	cache = install->use_uv ? sb_install_cache(install, "shared", err) : NULL;
	if ((install->use_uv && !cache) || sb_install_step(&step, install, cache, err) < 0)
		return -1;
	step.quiet = true;
	step.box.network = false;
	add_words(&step, install);
	sb_list_add(&step.argv, wheel);
	return sb_step_run(&step, err);
}
