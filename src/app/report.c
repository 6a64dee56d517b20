#include "base/base.h"
#include "app/report.h"
#include "app/release_probe.h"
#include "release/builds.h"
#include "sys/child.h"
#include "sys/files.h"
#include "sys/process.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define LOCK_NAME "report"
#define RUNNING "running"

static int open_folder(const struct sb_app *app, int number, struct sb_error *err)
{
	SB_AUTO_FREE char *path = sb_release_path(app, number, NULL);

	return sb_open_dir(AT_FDCWD, path, err);
}

void sb_report_announce(struct sb_report *report, const struct sb_activate *way, struct sb_release *release)
{
	struct sb_error err = { 0 };
	SB_AUTO_CLOSE int dir = open_folder(way->app, release->number, &err);

	report->way = way;
	report->release = release;
	if (dir < 0 || sb_lock_take(&report->lock, dir, LOCK_NAME, "the report", 0, NULL, NULL, &err) < 0)
		sb_log_warn(way->log, "there will be no report on v%d: %s", release->number, err.text);
	else
		sb_json_set_text(release->facts, "report", RUNNING);
}

/* The release that it is about is no longer the one that serves. */
static const char *why_end(void *ctx)
{
	const struct sb_report *report = ctx;
	struct sb_error unseen = { 0 };

	return sb_ledger_current(report->way->app, &unseen) == report->release->number
		       ? NULL
		       : "another release took its place";
}

/* What was found goes into the record as it is now: the release may have been superseded meanwhile. */
static int save(const struct sb_report *report, const char *state, struct sb_error *err)
{
	static const char *const results[] = { "findings", "database" };
	const struct sb_activate *way = report->way;
	SB_AUTO(sb_release) now = { 0 };
	SB_AUTO(sb_lock) lock = SB_LOCK_INIT;

	if (sb_publish_lock(&lock, way, "a report", err) < 0 ||
	    sb_ledger_load(&now, way->app, report->release->number, err) < 0)
		return -1;
	for (size_t i = 0; i < SB_COUNT(results); i++) {
		json_t *found = json_object_get(report->release->facts, results[i]);

		if (found)
			json_object_set(now.facts, results[i], found);
	}
	sb_json_set_text(now.facts, "report", state);
	return sb_ledger_save(way->app, &now, err);
}

static int make(struct sb_report *report, struct sb_error *err)
{
	__attribute__((cleanup(sb_probed_release))) struct sb_probed probed = SB_PROBED_INIT;
	struct sb_log *log = report->way->log;
	int number = report->release->number;

	sb_log_step(log, "Checking v%d behind the push", number);
	sb_probe_begin(&probed, report->way, report->release);
	sb_probe_wait(&probed);

	const char *ended = why_end(report);

	ended = ended ? ended : sb_cancel_asked();
	if (ended) {
		SB_AUTO_FREE char *state = sb_xasprintf("not made: %s", ended);

		sb_log_say(log, "No report on v%d: %s.", number, ended);
		return save(report, state, err);
	}
	sb_probe_end(&probed);
	if (save(report, "made", err) < 0)
		return -1;
	sb_log_say(log, "The report on v%d is made: %zu finding%s.", number, probed.findings.n,
		   probed.findings.n == 1 ? "" : "s");
	return 0;
}

/* The child: nobody listens but the build's log. */
static void run(struct sb_report *report)
{
	SB_AUTO(sb_build_record) record = SB_BUILD_RECORD_INIT;
	struct sb_activate way = *report->way;
	struct sb_log *log = way.log;
	struct sb_error err = { 0 };
	const char *build = sb_json_text(report->release->facts, "build", "");

	log->fd = log->file = -1;
	if (*build && sb_build_record_load(&record, way.app, build, &err) == 0)
		log->file = record.log = sb_build_log_append(&record, &err);
	way.timings = NULL;
	report->way = &way;
	sb_be_modest();
	sb_cancel_on_signals();
	sb_cancel_also(why_end, report);
	err = (struct sb_error) { 0 };
	if (make(report, &err) < 0)
		sb_log_say(log, "The report on v%d is not in its record: %s", report->release->number, err.text);
}

void sb_report_leave(struct sb_report *report)
{
	const struct sb_activate *way = report->way;
	struct sb_error err = { 0 };

	if (report->lock.fd < 0)
		return;
	const int keep[] = { report->lock.fd, way->app->dir, way->app->store->root, way->app->store->dir, -1 };
	pid_t pid = sb_detach(keep, &err);

	if (pid == 0) {
		run(report);
		_exit(0);
	}
	if (pid < 0) {
		sb_log_warn(way->log, "there will be no report on v%d: %s", report->release->number, err.text);
		return;
	}
	report->lock.handed_on = true;
	sb_log_step(way->log, "Checked behind the push: slugbuild releases:info v%d -a %s",
		    report->release->number, way->app->name);
}

void sb_report_release(struct sb_report *report)
{
	sb_lock_release(&report->lock);
}

void sb_report_settle(const struct sb_app *app, struct sb_release *release)
{
	struct sb_error unseen = { 0 };

	if (strcmp(sb_json_text(release->facts, "report", ""), RUNNING) != 0)
		return;
	SB_AUTO_CLOSE int dir = open_folder(app, release->number, &unseen);

	if (dir >= 0 && !sb_lock_is_taken(dir, LOCK_NAME))
		sb_json_set_text(release->facts, "report", "not made: its process ended");
}
