#include "build/install.h"

#include <string.h>

/*
 * pip is run from the wheel that the interpreter brings along for ensurepip, so that
 * it is never in the slug. Every option here is known to pip 18.1 (Python 3.6).
 */

char *sb_pip_version(const struct sb_python *python)
{
	const char *slash = python->pip_wheel ? strrchr(python->pip_wheel, '/') : NULL;
	const char *name = slash ? slash + 1 : NULL;
	const char *dash = name && !strncmp(name, "pip-", 4) ? strchr(name + 4, '-') : NULL;

	if (!dash)
		return sb_xasprintf("pip of Python %s", python->version);
	return sb_xasprintf("pip %.*s", (int)(dash - name - 4), name + 4);
}

static void add_program(struct sb_step *step, const struct sb_python *python)
{
	if (python->major < 3) {
		sb_list_add(&step->argv, python->path);
		sb_step_env_path(step, "PYTHONUSERBASE", "/app/.slugbuild/python");
	} else if (python->pip_wheel) {
		sb_step_arg_path(step, "", "/app/.slugbuild/python/bin/python");
	} else { /* a virtual environment does not see the interpreter's own pip */
		sb_list_add(&step->argv, python->path);
	}
	if (python->pip_wheel) {
		sb_list_addf(&step->argv, "%s/pip", python->pip_wheel);
		return;
	}
	sb_list_add(&step->argv, "-m");
	sb_list_add(&step->argv, "pip");
	if (python->major > 2)
		sb_step_arg_path(step, "--python=", "/app/.slugbuild/python/bin/python");
}

void sb_pip_arguments(struct sb_step *step, const struct sb_install *install,
		      const struct sb_request *request, bool wheels_only)
{
	static const char *const options[] = { "install",
					       "--disable-pip-version-check",
					       "--no-input",
					       "--no-color",
					       "--no-compile",
					       "--no-warn-script-location",
					       "--progress-bar",
					       "off",
					       "--exists-action",
					       "w",
					       NULL };

	sb_list_setenv(&step->box.env, "PIP_ROOT_USER_ACTION", "ignore");
	add_program(step, install->python);
	sb_list_add_all(&step->argv, options);
	sb_step_arg_path(step, "--cache-dir=", "/slugbuild/cache");
	sb_step_arg_path(step, "--src=", "/app/.slugbuild/src");
	if (install->python->major < 3) {
		sb_step_arg_path(step, "--prefix=", "/app/.slugbuild/python");
		sb_list_add(&step->argv, "--ignore-installed");
	}
	sb_request_arguments(step, install, request, wheels_only, "--index-url", "--extra-index-url");
}
