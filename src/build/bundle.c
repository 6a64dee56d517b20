#include "build/bundle.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/child.h"
#include "sys/files.h"
#include "sys/process.h"

#define DEPTH_MAX 32

/* Of the standard library, what no app runs on. */
static bool is_left_out(const char *name)
{
	static const char *const names[] = {
		"test",        "tests",         "idlelib",       "turtledemo", "ensurepip",
		"__pycache__", "site-packages", "dist-packages", "idle_test",  "EXTERNALLY-MANAGED"
	};
	struct sb_span span = sb_span_of(name);

	for (size_t i = 0; i < SB_COUNT(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return sb_span_starts(span, "config-") || sb_span_ends(span, ".a") ||
	       sb_span_ends(span, ".pyc") || sb_span_ends(span, ".pyo");
}

/* Copies a regular file; what a symlink leads to, too. */
static int copy_file(int from, const char *name, int to, const char *as, mode_t mode,
		     struct sb_error *err)
{
	SB_AUTO_CLOSE int in = openat(from, name, O_RDONLY | O_CLOEXEC);
	SB_AUTO_CLOSE int out = -1;

	if (in < 0)
		return sb_fail_sys(err, "open %s", name);
	out = openat(to, as, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (out < 0)
		return sb_fail_sys(err, "make %s", as);
	return sb_copy_bytes(out, in, -1, err);
}

static int copy_tree(int from, int to, int depth, struct sb_error *err)
{
	SB_AUTO(sb_list) names = { 0 };

	if (depth > DEPTH_MAX)
		return sb_fail(err, SB_ELIMIT, "folders more than %d deep", DEPTH_MAX);
	if (sb_list_dir(&names, from, ".", err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.item[i];
		struct stat link, st;

		if (is_left_out(name) || fstatat(from, name, &link, AT_SYMLINK_NOFOLLOW) < 0 ||
		    fstatat(from, name, &st, 0) < 0)
			continue; /* a dangling symlink, too */
		if (S_ISREG(st.st_mode)) {
			mode_t mode = st.st_mode & 0100 ? 0755 : 0644;

			if (copy_file(from, name, to, name, mode, err) < 0)
				return -1;
		} else if (S_ISDIR(link.st_mode)) {
			SB_AUTO_CLOSE int in = sb_open_dir(from, name, err);
			SB_AUTO_CLOSE int out = in < 0 ? -1 : sb_make_dirs_at(to, name, 0755, err);

			if (out < 0 || copy_tree(in, out, depth + 1, err) < 0)
				return -1;
		}
	}
	return 0;
}

/* Makes the copied interpreter look for its libpython beside itself. */
static int make_movable(const char *path, struct sb_error *err)
{
	static const char *const places[] = { "/usr/bin/patchelf", "/usr/local/bin/patchelf",
					      NULL };
	const char *tool = sb_first_program(places);
	const char *argv[] = { tool, "--set-rpath", "$ORIGIN/../lib", path, NULL };
	const char *env[] = { "PATH=/usr/bin:/bin", "LANG=C.UTF-8", NULL };
	struct sb_child child = {
		.argv = argv, .env = env, .cwd = -1, .seconds = 60, .bytes = 65536
	};
	SB_AUTO(sb_buffer) output = SB_BUFFER_INIT(65536);

	if (!tool) {
		sb_fail(err, SB_ECONFIG, "slugbuild.bundlePython needs patchelf for this Python");
		sb_error_fix(err, "on the server: apt install patchelf");
		return -1;
	}
	return sb_child_capture(&child, &output, err);
}

static int copy_interpreter(const struct sb_python *python, int runtime, const char *path,
			    const char *name, struct sb_error *err)
{
	SB_AUTO_CLOSE int bin = sb_make_dirs_at(runtime, "bin", 0755, err);
	SB_AUTO_CLOSE int lib = bin < 0 ? -1 : sb_make_dirs_at(runtime, "lib", 0755, err);
	SB_AUTO_FREE char *copy = sb_xasprintf("%s/bin/%s", path, name);
	const char *slash = python->library ? strrchr(python->library, '/') : NULL;

	if (lib < 0 || copy_file(AT_FDCWD, python->path, bin, name, 0755, err) < 0)
		return -1;
	if (symlinkat(name, bin, "python") < 0)
		return sb_fail_sys(err, "make the symlink python");
	if (!strcmp(python->prefix, "/usr") || !slash || access(python->library, R_OK) < 0)
		return 0; /* libpython is in the binary */
	if (copy_file(AT_FDCWD, python->library, lib, slash + 1, 0755, err) < 0)
		return -1;
	return make_movable(copy, err);
}

/* The bundled interpreter finds the app's packages by this line, relative to itself. */
static int write_path(const struct sb_python *python, int runtime, struct sb_error *err)
{
	SB_AUTO_FREE char *own =
		sb_xasprintf("lib/python%d.%d/site-packages", python->major, python->minor);
	SB_AUTO_FREE char *line = sb_xasprintf(
		"import os, site, sys; site.addsitedir(os.path.normpath(os.path.join(sys.prefix, "
		"'..', 'python', 'lib', 'python%d.%d', 'site-packages')))\n",
		python->major, python->minor);
	const char *const places[] = { own, "lib/python3/dist-packages" };
	/* Debian's own interpreter looks for dist-packages instead. */
	const char *place = strcmp(python->prefix, "/usr") ? places[0] : places[1];
	SB_AUTO_CLOSE int dir = sb_make_dirs_at(runtime, place, 0755, err);

	if (dir < 0)
		return -1;
	return sb_write_scratch(dir, "slugbuild.pth", 0644, sb_span_of(line), err);
}

/* .slugbuild/python/bin/python becomes the bundled one: no virtual environment any more. */
static int point_to(int deps, const char *name, struct sb_error *err)
{
	SB_AUTO_CLOSE int python = sb_open_dir(deps, ".slugbuild/python", err);
	SB_AUTO_FREE char *target = sb_xasprintf("../../runtime/bin/%s", name);

	if (python < 0 || sb_remove_tree(python, "pyvenv.cfg", err) < 0 ||
	    sb_remove_tree(python, "bin/python", err) < 0)
		return -1;
	if (symlinkat(target, python, "bin/python") < 0)
		return sb_fail_sys(err, "make the symlink python");
	return 0;
}

int sb_bundle(struct sb_build *build, const struct sb_python *python, int deps,
	      struct sb_error *err)
{
	SB_AUTO_FREE char *name = sb_xasprintf("python%d.%d", python->major, python->minor);
	SB_AUTO_FREE char *lib = sb_xasprintf("lib/%s", name);
	SB_AUTO_FREE char *path = sb_xasprintf("%s/deps/.slugbuild/runtime", build->work_path);
	SB_AUTO_CLOSE int runtime = sb_make_dirs_at(deps, ".slugbuild/runtime", 0755, err);
	SB_AUTO_CLOSE int from = -1, to = -1;

	if (runtime < 0)
		return -1;
	sb_log_say(build->log, "Bundling Python %s", python->version);
	from = sb_open_dir(AT_FDCWD, python->stdlib, err);
	to = from < 0 ? -1 : sb_make_dirs_at(runtime, lib, 0755, err);
	if (to < 0 || copy_tree(from, to, 0, err) < 0 ||
	    copy_interpreter(python, runtime, path, name, err) < 0 ||
	    write_path(python, runtime, err) < 0)
		return sb_wrap(err, "bundle Python %s", python->version);
	return point_to(deps, name, err);
}
