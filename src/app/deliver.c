#include "base/base.h"
#include "app/hook.h"
#include "app/note.h"
#include "app/publish.h"
#include "app/stage.h"
#include "app/targets.h"
#include "release/builds.h"
#include "release/staged.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/* The build's log goes on where pre-receive left it. */
static int open_build_log(struct sb_hook *hook, const struct sb_app *app, const char *commit,
			  struct sb_build_record *record)
{
	SB_AUTO(sb_staged) staged = { 0 };
	struct sb_error err = { 0 };

	if (sb_staged_load(&staged, app, commit, &err) < 0 ||
	    sb_build_record_load(record, app, sb_json_text(staged.facts, "build", ""), &err) < 0)
		return -1;
	record->log = sb_build_log_append(record, &err);
	hook->log.file = record->log;
	return 0;
}

/* The watcher may have come first. */
static bool is_released(const struct sb_app *app, const char *commit, int *number)
{
	SB_AUTO(sb_release) release = { 0 };
	struct sb_error none = { 0 };

	*number = sb_ledger_current(app, &none);
	return *number > 0 && sb_ledger_load(&release, app, *number, &none) == 0 &&
	       !strcmp(sb_json_text(release.facts, "commit", ""), commit);
}

static int deliver_one(struct sb_hook *hook, const struct sb_target *target, struct sb_error *err)
{
	SB_AUTO(sb_app) app = SB_APP_INIT;
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_build_record) record = SB_BUILD_RECORD_INIT;
	struct sb_commit commit;
	enum sb_published how = SB_PUBLISHED;
	int number;

	if (sb_settings_for_app(&settings, &hook->settings, target->app, err) < 0 ||
	    sb_app_open(&app, &hook->store, target->app, err) < 0 ||
	    sb_repo_commit(&hook->repo, target->update->new_oid, &commit, err) < 0 ||
	    sb_app_follow(&app, hook->repo.path, err) < 0)
		return -1;
	if (open_build_log(hook, &app, commit.oid, &record) < 0)
		hook->log.file = -1;
	SB_AUTO(sb_timings) timings = SB_TIMINGS_INIT;
	struct sb_activate way = { .app = &app, .settings = &settings, .log = &hook->log, .timings = &timings };
	size_t time = sb_timing_begin(&timings, "publishing");
	int done = sb_publish(&how, &way, &hook->repo, target->update->ref, commit.oid, err);

	if (done < 0)
		sb_log_fail(&hook->log, err, *record.id ? record.id : NULL);
	else if (how == SB_REF_DIFFERS)
		sb_log_warn(&hook->log, "%.8s is superseded by a later push; it is not released.", commit.oid);
	else if (how == SB_NOT_STAGED && is_released(&app, commit.oid, &number))
		sb_say_released(&way, number);
	else if (how == SB_NOT_STAGED && !sb_unchanged_since(&app, &settings, &hook->repo, commit.oid))
		sb_log_warn(&hook->log, "Nothing is staged for %.8s; slugbuild releases -a %s shows what runs, "
					"slugbuild deploy -a %s builds it.", commit.oid, app.name, app.name);
	sb_timing_end(&timings, time, false, "%s", "");
	if (record.log >= 0)
		sb_build_note_publish(&record, &app, &timings);
	hook->log.file = -1;
	return done;
}

int sb_deliver(void)
{
	SB_AUTO(sb_targets) targets = { 0 };
	struct sb_hook hook;
	struct sb_error err = { 0 };

	if (sb_hook_aside())
		return 0;
	/* The ref has moved: nothing may stop us half way. */
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	int done = sb_hook_begin(&hook, SB_PART_DELIVER, NULL, &err);

	if (done == 0) {
		done = sb_hook_targets(&targets, &hook, false, &err);
		if (done == 0 && targets.n)
			done = sb_store_open(&hook.store, &hook.settings, &err);
		hook.store.log = &hook.log;
		if (targets.n && done == 0)
			sb_note_drop(&hook);
	}
	if (done < 0)
		sb_log_fail(&hook.log, &err, NULL);
	for (size_t i = 0; done == 0 && i < targets.n; i++) {
		struct sb_error one = { 0 };

		if (deliver_one(&hook, &targets.item[i], &one) < 0)
			err = one;
	}
	sb_hook_release(&hook);
	return sb_exit_status(err.code);
}
