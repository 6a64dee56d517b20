#ifndef SB_PYPROJECT_H
#define SB_PYPROJECT_H

#include "base/json.h"
#include "base/list.h"
#include "check/text.h"

/*
 * What the static stage needs of TOML files, read line by line: simple keys of
 * tables, no more. The exact reading is done by CPython in a probe at build time;
 * what this reader does not understand it leaves out, it never guesses.
 */
struct sb_pyproject {
	char *requires_python; /* [project] requires-python, or NULL */
	char *poetry_python;   /* [tool.poetry.dependencies] python, or NULL */
	unsigned requires_line, poetry_line;
	bool build_system;  /* there is a [build-system] */
	bool not_a_package; /* package-mode = false, tool.uv.package = false */
	bool package;       /* tool.uv.package = true */
};

void sb_pyproject_parse(struct sb_pyproject *out, const struct sb_text *text);
void sb_pyproject_release(struct sb_pyproject *pyproject);

/* poetry.lock, uv.lock, pylock.toml: the names of all packages, and whether one comes from a
 * folder, a repository or a URL. `root` is set where uv.lock installs the project itself. */
struct sb_lockfile {
	struct sb_list names;
	char *django; /* its version, or NULL */
	unsigned django_line;
	bool foreign, root;
};
void sb_lockfile_parse(struct sb_lockfile *out, struct sb_span text);
void sb_lockfile_pipfile(struct sb_lockfile *out, const json_t *lock); /* Pipfile.lock's "default"; no line */
void sb_lockfile_release(struct sb_lockfile *lock);

#endif
