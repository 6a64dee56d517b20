#ifndef SB_PYTHON_H
#define SB_PYTHON_H

#include "base/findings.h"
#include "base/log.h"
#include "base/settings.h"
#include "check/plan.h"

/*
 * The interpreters of this machine, and which of them an app gets. They are found
 * in slugbuild.pythonPath, pyenv's, uv's and the system's places, each asked once
 * for its exact version and identity (the answer is kept in the store's cache by
 * path, size, mtime and inode).
 */
struct sb_python {
	char *path;    /* absolute, symlinks resolved: /usr/bin/python3.11 */
	char *prefix;  /* sys.base_prefix: "/usr" */
	char *stdlib;  /* /usr/lib/python3.11 */
	char *lib;     /* "lib" or "lib64": where its packages lie below a prefix */
	char *library; /* its libpython, or NULL when that is in the binary */
	int major, minor, patch;
	char *version;   /* "3.11.2" */
	char *platform;  /* sysconfig platform + SOABI, for keys */
	char digest[65]; /* of the binary and its libpython: the interpreter's build */
	char *pip_wheel; /* ensurepip's bundled wheel, or NULL: use -m pip */
	bool has_pip;
};

struct sb_pythons {
	struct sb_python *item; /* newest first */
	size_t n;
};

int sb_pythons_find(struct sb_pythons *out, const struct sb_settings *settings,
		    struct sb_error *err) SB_MUST_CHECK;
void sb_pythons_release(struct sb_pythons *pythons);
void sb_python_copy(struct sb_python *to, const struct sb_python *from);
void sb_python_release(struct sb_python *python);

/*
 * The interpreter for a wish: the exact patch; else the newest of the same minor (a warning is
 * logged; refused where python_strict); nothing said: what the app had last (`last`, "3.11" or
 * NULL), else the newest. Borrowed from `all`; NULL with err (SB_EBUILD) that lists what is
 * installed.
 */
const struct sb_python *sb_python_choose(const struct sb_pythons *all,
					 const struct sb_version_wish *wish, const char *last,
					 const struct sb_settings *settings, struct sb_log *log,
					 struct sb_error *err) SB_MUST_CHECK;

/* The same question before anything is built: python-version-missing where the wish would be refused,
 * in the same words. Where no interpreter is found at all nothing is said: the build does. */
void sb_python_look(struct sb_findings *findings, const struct sb_version_wish *wish,
		    const struct sb_settings *settings);

/* Whether a version is in ">=3.10,<4", "^3.9", "~=3.11", "==3.12.*", …; false too for what is no
 * specifier. */
bool sb_version_in(const int version[3], const char *spec);

/* "3.9.18, 3.11.2, 3.13.0". Owned: free(3). */
char *sb_pythons_list(const struct sb_pythons *all) SB_MUST_CHECK;

#endif
