#ifndef SB_INSTALL_H
#define SB_INSTALL_H

#include "build/step.h"

/*
 * One installation: requirement files go in, a filled .slugbuild/python comes out. Two
 * tools can do it (pip.c, uv.c); this is what both are given, and the order of tries:
 *
 *	1. wheels only, with the cache that all apps share: nobody's code is run
 *	2. where that cannot do (a source distribution, a VCS or local path, -e): the
 *	   general run, with the app's own cache; the layer is then foreign
 */
struct sb_request {
	char *file;  /* a path in the box */
	bool exact;  /* a lock: no dependencies beyond those listed */
	bool hashed; /* every line has its hashes */
};

struct sb_install {
	struct sb_build *build;         /* borrowed */
	const struct sb_python *python; /* borrowed */
	char *app;              /* the folder shown as /app: the inputs, or all of the app */
	char *folder;           /* the environment's parent, shown as /app/.slugbuild */
	char *generated;        /* files of ours, shown as /slugbuild/requirements, or NULL */
	struct sb_list indexes; /* package indexes that a lock names */
	struct sb_request request[2];
	size_t requests;
	bool runs_code; /* known beforehand: wheels only cannot do */
	bool known;     /* what is asked for is all in the requirement files: nothing of the app is needed */
	bool use_uv;
	char *uv;   /* its path, or NULL */
	char *tool; /* "pip 23.0.1" */
	/* out */
	bool foreign;         /* somebody's code was run */
	struct sb_list built; /* what was built from source */
	struct sb_buffer output;
	struct sb_contents contents; /* of the layer, once it is done */
};

/* Which tool, and its version. Fails where there is none. */
int sb_install_tool(struct sb_install *install, struct sb_error *err) SB_MUST_CHECK;

/* Whether uv's and pip's views of the indexes agree: pip.conf names none, or uv has its own. */
bool sb_install_uv_fits(void);

/* Runs it. 1: the tool said no, `output` has what it said; 0 done; -1 not run. */
int sb_install_run(struct sb_install *install, struct sb_error *err) SB_MUST_CHECK;

/* The first of the two tries alone, with a word more for the tool or NULL, and nothing shown. */
int sb_install_wheels(struct sb_install *install, const char *more,
		      struct sb_error *err) SB_MUST_CHECK;
/* Shows what uv said it did. */
void sb_install_summary(const struct sb_install *install);

/* The machine's own settings for installers, into a key. */
void sb_install_add_settings(struct sb_sha256 *hash);

/* The tools: add argv and environment to a prepared step. */
void sb_pip_arguments(struct sb_step *step, const struct sb_install *install,
		      const struct sb_request *request, bool wheels_only);
void sb_uv_arguments(struct sb_step *step, const struct sb_install *install,
		     const struct sb_request *request, bool wheels_only);

/* "uv pip install" into the environment, up to what is to be installed. */
void sb_uv_begin(struct sb_step *step, const struct sb_install *install);

/* What both tools call alike; an index is "FIRST=URL", each further one "MORE=URL". */
void sb_request_arguments(struct sb_step *step, const struct sb_install *install,
			  const struct sb_request *request, bool wheels_only, const char *first,
			  const char *more);

/* "pip", or "pip 23.0.1" by the name of the wheel. Owned. */
char *sb_pip_version(const struct sb_python *python) SB_MUST_CHECK;

/* Asks uv. Owned: NULL where it does not run. */
char *sb_uv_version(struct sb_build *build, const char *uv) SB_MUST_CHECK;

/* slugbuild.netrc, shown to an installer and to nothing else; its passwords are masked from here on. */
int sb_install_credentials(struct sb_step *step, struct sb_error *err) SB_MUST_CHECK;

/* A box for an installer: the environment writable, the app, a cache and a temporary folder. */
int sb_install_step(struct sb_step *step, const struct sb_install *install, const char *cache,
		    struct sb_error *err) SB_MUST_CHECK;

/* The folder of the tool's cache of that scope: "shared", or an app's name. Owned. */
char *sb_install_cache(const struct sb_install *install, const char *scope,
		       struct sb_error *err) SB_MUST_CHECK;

void sb_install_release(struct sb_install *install);

#endif
