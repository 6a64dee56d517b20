#ifndef SB_STAGE_H
#define SB_STAGE_H

#include "app/produce.h"
#include "sys/lock.h"
#include "sys/process.h"

/*
 * One app's commit on its way to being staged: settings, app, config vars, build record,
 * build lock. What pre-receive does for each mapped ref, and `slugbuild deploy` for one.
 *
 *	sb_stage_open  →  sb_produce_check(&stage->make)  →  sb_stage_build  →  a marker lies in staged/
 *
 * sb_stage_build takes the app's build lock and keeps it: the caller hands it to the
 * watcher or releases it. A failure is shown with the build's id and recorded; the error's
 * text is then empty.
 */
struct sb_stage {
	/* in; borrowed */
	struct sb_log *log;
	struct sb_repo *repo;
	struct sb_store *store;
	const char *ref, *oid; /* what the ref is to hold */
	const char *old;       /* what it holds now; "" none; NULL: not looked at */
	const struct sb_ancestry *ancestry; /* tells whether git and the client are there; NULL: nobody asks */
	/* own; sb_stage_release */
	struct sb_settings settings;
	struct sb_app app;
	struct sb_list config;
	struct sb_build_record record;
	struct sb_produce make;
	struct sb_lock lock; /* the app's */
	struct sb_lock slot; /* one of slugbuild.maxBuilds, while it builds */
	int tmp; /* store/tmp, where the slug waits */
	char *name;
	char *work; /* apps/NAME/work */
};

/* Settings only: enough for the static check; neither the app nor a config var is looked at. */
int sb_stage_preview(struct sb_stage *stage, const struct sb_settings *all, const char *app,
		     struct sb_error *err) SB_MUST_CHECK;
#define SB_STAGE_INIT \
	{ .app = SB_APP_INIT, .record = SB_BUILD_RECORD_INIT, .lock = SB_LOCK_INIT, .slot = SB_LOCK_INIT, .tmp = -1 }

int sb_stage_open(struct sb_stage *stage, const struct sb_settings *all, const char *app, struct sb_error *err) SB_MUST_CHECK;
int sb_stage_build(struct sb_stage *stage, struct sb_error *err) SB_MUST_CHECK;
void sb_stage_undo(struct sb_stage *stage, const char *why); /* takes a finished one back */
char *sb_stage_last_python(const struct sb_app *app);        /* "3.11" of its newest release; NULL: none. Owned. */
bool sb_stage_forward(const struct sb_stage *stage);         /* the ref is created, or moves forward */

/* The release that has the app's folder as this commit has it: of several apps in one repository, only
 * those that changed are built. 0: it changed, or the app is the whole repository. */
int sb_unchanged_since(const struct sb_app *app, const struct sb_settings *settings, struct sb_repo *repo,
		       const char *oid);
void sb_stage_release(struct sb_stage *stage);

#endif
