#ifndef SB_BUILD_H
#define SB_BUILD_H

#include "base/json.h"
#include "base/log.h"
#include "base/timings.h"
#include "build/python.h"
#include "check/check.h"
#include "sys/contents.h"
#include "sys/sandbox.h"

/*
 * A build: a plan and a tree become layers. The steps, each in a module of its own:
 *
 *	python.c    choose the interpreter
 *	deps.c      the dependency layer: a folder with .slugbuild/python, kept in the store
 *	checkout    the app's files, only where something that runs needs them
 *	probe.c     what only a running Django can tell
 *	statics.c   collectstatic, and the files it made; beside the probe (beside.c)
 *
 * The build works in `work` (a folder of its own, removed by the caller) and asks its
 * caller for kept layers (`keep`): it does not know the store. What it makes are folders;
 * slug/ turns them into pieces.
 */
struct sb_build {
	/* in */
	const struct sb_settings *settings;
	struct sb_log *log;
	struct sb_repo *repo;
	const char *tree; /* the app's tree */
	const struct sb_plan *plan;
	const struct sb_list *config; /* config vars, "K=V" */
	const char *app;              /* scope of what may not be shared */
	const char *last_python;      /* "3.11", or NULL */
	bool config_known;            /* `config` is all there will be: what the settings lack is an error */
	const char *old_tree;         /* of the app before this push, or NULL */
	struct sb_findings *findings; /* what was found so far; what the probe finds is added. NULL: it does not run */
	int work;                     /* an empty folder; borrowed */
	const char *work_path;        /* the same, as a path */
	const char *cache_path;       /* <store>/cache: pip's and uv's */
	bool no_cache;                /* -o no-cache: make the layers again */
	bool followed; /* a run with `confirm` is made behind this one: nothing is traced here, which takes longer */
	const atomic_bool *stop; /* ends the steps once it is true; or NULL */
	bool confirm; /* only the runs that a remembered result needs: a traced one, and a second (memo.h) */
	/* A kept layer's folder by key (owned, or NULL), and taking a new one in (renames `path`,
	 * returns the kept path). `contents`: of a folder that is settled and sealed, or NULL. */
	char *(*find_layer)(void *ctx, const char *key);
	char *(*keep_layer)(void *ctx, const char *key, const char *path,
			    const struct sb_contents *contents, struct sb_error *err);
	/* Told of a layer that is done (the dependencies): may be NULL. */
	void (*layer_ready)(void *ctx, const char *path, const char *key);
	void *ctx;
	struct sb_timings *timings; /* or NULL */
	/* out; owned, sb_build_release */
	struct sb_python python; /* a copy of the chosen one */
	char *deps_path;         /* folder holding .slugbuild/python … (the kept tree) */
	char deps_key[65];
	bool deps_reused, deps_foreign;
	size_t deps_kept; /* packages that were taken over from the layer before */
	char *static_path; /* folder holding what collectstatic made, or NULL */
	char static_key[65]; /* of a kept static_path, else "" */
	bool static_reused;
	char *static_note;   /* why it was not reused, or how it was; or NULL */
	char *static_root; /* STATIC_ROOT as a path in the app, or NULL */
	char *launch_path; /* folder holding .slugbuild/launch and metadata */
	bool probe_reused; /* its answer was */
	struct sb_findings probed; /* what the probe found, until it is shown */
	json_t *engine;    /* what the release step would have to ask: {"vendor", "file"}; or NULL */
	json_t *facts;     /* provenance: installer and version, lock digests, resolved packages */
};

int sb_build_run(struct sb_build *build, struct sb_error *err) SB_MUST_CHECK;
void sb_build_release(struct sb_build *build);

#endif
