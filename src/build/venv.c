#include "build/venv.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/files.h"

static int link_to(int dir, const char *name, const char *target, struct sb_error *err)
{
	if (symlinkat(target, dir, name) < 0)
		return sb_fail_sys(err, "make the symlink %s", name);
	return 0;
}

static int write_wrapper(int bin, const struct sb_python *python, struct sb_error *err)
{
	SB_AUTO_FREE char *text =
		sb_xasprintf("#!/bin/sh\n"
			     "PYTHONUSERBASE=$(CDPATH= cd -- \"${0%%/*}/..\" && pwd)\n"
			     "export PYTHONUSERBASE\n"
			     "exec '%s' \"$@\"\n",
			     python->path);

	return sb_write_scratch(bin, "python", 0755, sb_span_of(text), err);
}

static int write_config(int dir, const struct sb_python *python, struct sb_error *err)
{
	const char *slash = strrchr(python->path, '/');
	SB_AUTO_FREE char *text =
		sb_xasprintf("home = %.*s\n"
			     "include-system-site-packages = false\n"
			     "version = %s\n",
			     (int)(slash - python->path), python->path, python->version);

	return sb_write_scratch(dir, "pyvenv.cfg", 0644, sb_span_of(text), err);
}

char *sb_venv_packages(const struct sb_python *python)
{
	return sb_xasprintf("lib/python%d.%d/site-packages", python->major, python->minor);
}

int sb_venv_make(int dir, const struct sb_python *python, struct sb_error *err)
{
	SB_AUTO_FREE char *packages = sb_venv_packages(python);
	SB_AUTO_FREE char *major = sb_xasprintf("python%d", python->major);
	SB_AUTO_FREE char *minor = sb_xasprintf("python%d.%d", python->major, python->minor);
	SB_AUTO_CLOSE int bin = sb_make_dirs_at(dir, "bin", 0755, err);
	SB_AUTO_CLOSE int made = bin < 0 ? -1 : sb_make_dirs_at(dir, packages, 0755, err);

	if (made < 0)
		return -1;
	if (python->major < 3) {
		if (write_wrapper(bin, python, err) < 0)
			return -1;
	} else if (write_config(dir, python, err) < 0 ||
		   link_to(bin, "python", python->path, err) < 0) {
		return -1;
	}
	if (python->lib && !strcmp(python->lib, "lib64") && link_to(dir, "lib64", "lib", err) < 0)
		return -1;
	if (link_to(bin, major, "python", err) < 0)
		return -1;
	return link_to(bin, minor, "python", err);
}
