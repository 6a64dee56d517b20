#include "base/base.h"
#include "app/second_run.h"
#include "app/activate.h"
#include "app/stage.h"
#include "release/builds.h"
#include "sys/child.h"
#include "sys/files.h"
#include "sys/process.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_SECONDS 5 /* for the one before, which our own push has told to end */

/* Whoever takes the build lock signs it: by that we know of a push without touching the lock. */
struct watch {
	const struct sb_app *app;
	struct stat signed_at;
};

static void look(const struct sb_app *app, struct stat *out)
{
	*out = (struct stat) { 0 };
	(void)!fstatat(app->dir, "lock.build", out, AT_SYMLINK_NOFOLLOW);
}

static const char *why_end(void *ctx)
{
	struct watch *watch = ctx;
	struct stat now;

	look(watch->app, &now);
	return now.st_ino == watch->signed_at.st_ino &&
			       now.st_ctim.tv_sec == watch->signed_at.st_ctim.tv_sec &&
			       now.st_ctim.tv_nsec == watch->signed_at.st_ctim.tv_nsec
		       ? NULL
		       : "another build of the app begins";
}

/* What the one before left when it was killed: we have its lock. */
static int fresh_work(struct sb_stage *stage, struct sb_error *err)
{
	stage->work = sb_xasprintf("%s/second", stage->app.path);

	SB_AUTO_CLOSE int work = sb_make_dirs(stage->work, 0755, err);

	if (work < 0)
		return -1;
	sb_sweep(work, 0);
	stage->make.work = stage->work;
	return 0;
}

static int run(struct sb_stage *stage, struct sb_error *err)
{
	SB_AUTO_FREE char *python = sb_stage_last_python(&stage->app);
	struct watch watch = { .app = &stage->app };

	if (sb_lock_take(&stage->lock, stage->app.dir, "lock.second", "a second run", LOCK_SECONDS, NULL,
			 NULL, err) < 0 ||
	    fresh_work(stage, err) < 0)
		return -1;
	stage->make.last_python = python;
	stage->make.second_run = true;
	stage->make.current = stage->oid; /* what the next push will be compared with */
	look(&stage->app, &watch.signed_at);
	sb_cancel_also(why_end, &watch);

	int done = sb_produce_check(&stage->make, err);

	if (done == 0)
		done = sb_produce_slug(&stage->make, err);
	sb_cancel_also(NULL, NULL);
	return done;
}

void sb_second_run(struct sb_hook *hook, const char *app, const char *commit, const char *build)
{
	struct sb_error err = { 0 };
	SB_AUTO(sb_build_record) record = SB_BUILD_RECORD_INIT;
	SB_AUTO(sb_stage) stage = { .log = &hook->log,
				    .repo = &hook->repo,
				    .store = &hook->store,
				    .oid = commit,
				    .app = SB_APP_INIT,
				    .record = SB_BUILD_RECORD_INIT,
				    .lock = SB_LOCK_INIT,
				    .slot = SB_LOCK_INIT,
				    .tmp = -1 };

	if (hook->no_cache || sb_stage_open(&stage, &hook->settings, app, &err) < 0 ||
	    !stage.settings.remember || sb_build_record_load(&record, &stage.app, build, &err) < 0)
		return;
	sb_be_modest();
	sb_mask_vars(&hook->log, &stage.config);
	record.log = sb_build_log_append(&record, &err);
	hook->log.file = record.log;
	if (run(&stage, &err) < 0 && err.code != SB_EAGAIN)
		sb_log_say(&hook->log, "The second run of collectstatic did not come to its end: %s", err.text);
	hook->log.file = -1;
}
