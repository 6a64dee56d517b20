#ifndef SB_PLAN_H
#define SB_PLAN_H

#include "base/findings.h"
#include "base/list.h"
#include "base/settings.h"

/*
 * The plan: what the pushed files ask for, parsed once. Nothing after the check
 * opens a Procfile again.
 */

enum sb_manager { SB_NO_MANAGER, SB_PIP, SB_PIPENV, SB_POETRY, SB_UV, SB_PYLOCK };

struct sb_process_type {
	char *name;    /* "web" */
	char *command; /* as in the Procfile, for a shell */
	unsigned line;
};

struct sb_env_default { /* app.json "env" */
	char *name, *value; /* value NULL: none */
	bool secret;        /* "generator": "secret" */
	bool required;
};

struct sb_version_wish {
	int major, minor, patch; /* minor, patch -1: any; with a spec: 0, -1, -1 */
	char *spec;              /* a requires-python specifier such as ">=3.10,<4", or NULL */
	char *origin;            /* the file that says so, or NULL: nobody does */
	unsigned line;
};

struct sb_plan {
	struct sb_process_type *process; /* in the Procfile's order; without "release" */
	size_t processes;
	char *release;                  /* command of the release phase, or NULL */
	struct sb_version_wish python;
	enum sb_manager manager;
	struct sb_list inputs;          /* dependency files, the full closure, as paths in the tree, sorted */
	bool local_code;                /* an input names a local path, -e or VCS: installing runs foreign code and needs the tree */
	bool project_package;           /* Poetry, uv: the project is a package itself, installing it needs the tree */
	char *manage_py;                /* shallowest, at most 3 deep, or NULL */
	char *wsgi;                     /* "mysite.wsgi": for the fix line when there is no Procfile; or NULL */
	bool collectstatic_off;         /* .heroku/collectstatic_disabled */
	char *formation;                /* app.json's, "web=1 worker=2" or NULL */
	char *health_path;              /* app.json's, or NULL */
	struct sb_env_default *env;
	size_t envs;
	char *predeploy, *postdeploy;   /* app.json scripts, or NULL */
	struct sb_list gitlinks;        /* submodules that .gitmodules declares */
	struct sb_list pointers;        /* files that are pointers of git-lfs */
	char *ignore;                   /* the bytes of .slugignore, or NULL */
	char ignore_key[65];            /* SHA-256 of them */
};

const char *sb_manager_name(enum sb_manager manager); /* "pip", … */
const struct sb_process_type *sb_plan_process(const struct sb_plan *plan, const char *name); /* or NULL */
void sb_plan_release(struct sb_plan *plan);

#endif
