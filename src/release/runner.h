#ifndef SB_RUNNER_H
#define SB_RUNNER_H

#include "base/log.h"
#include "release/manifest.h"

/*
 * A runner: an executable that is called with one verb and the manifest on standard
 * input; see slugbuild-manifest(5). Exit 0 done, 3 not mine, 75 try again, else failed.
 */
struct sb_runner {
	char *path;  /* the executable */
	char *name;
	bool none;   /* slugbuild.runner = none: nothing is started */
	bool local;  /* its processes run here by `slugbuild exec` */
};

int sb_runner_find(struct sb_runner *out, const struct sb_settings *settings, struct sb_error *err) SB_MUST_CHECK;

/*
 * deploy, stop, restart, scale; `extra` (or NULL) are further arguments. Output to the log.
 * The verb "destroy" is `stop` with SLUGBUILD_DESTROY=1: everything of the app is removed.
 * SB_EAGAIN for 75, SB_EUSAGE for 3, SB_EBUILD else. With runner->none: 0, nothing is done.
 */
int sb_runner_call(const struct sb_runner *runner, const char *verb, const char *const *extra, const json_t *manifest,
		   const struct sb_app *app, const struct sb_settings *settings, struct sb_log *log,
		   struct sb_error *err) SB_MUST_CHECK;

/* status: its JSON, a new reference. */
json_t *sb_runner_status(const struct sb_runner *runner, const json_t *manifest, const struct sb_app *app,
			 const struct sb_settings *settings, struct sb_error *err) SB_MUST_CHECK;

/* logs: becomes the runner with our stdout. Returns only on failure. */
int sb_runner_exec(const struct sb_runner *runner, const char *verb, const char *const *extra, const json_t *manifest,
		   const struct sb_app *app, const struct sb_settings *settings, struct sb_error *err) SB_MUST_CHECK;

void sb_runner_release(struct sb_runner *runner);

#endif
