#include "base/base.h"
#include "app/activate.h"
#include "app/release_probe.h"
#include "app/report.h"
#include "release/gc.h"
#include "release/health.h"
#include "release/manifest.h"
#include "release/runner.h"
#include "sys/files.h"
#include "sys/lock.h"
#include "sys/process.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void sb_mask_vars(struct sb_log *log, const struct sb_list *vars)
{
	for (size_t i = 0; i < vars->n; i++) {
		const char *equals = strchr(vars->item[i], '=');
		SB_AUTO_FREE char *name =
			sb_span_dup((struct sb_span) { vars->item[i], (size_t)(equals - vars->item[i]) });

		sb_log_mask(log, name, equals + 1);
	}
}

void sb_say_waiting(void *ctx, const char *holder, int64_t waited_ms)
{
	struct sb_log *log = ctx;

	if (waited_ms == 0)
		sb_log_step(log, "Waiting for %s", holder);
	sb_log_tick(log);
}

int sb_publish_lock(struct sb_lock *lock, const struct sb_activate *way, const char *what, struct sb_error *err)
{
	return sb_lock_take(lock, way->app->dir, "lock.publish", what, way->settings->lock_seconds, sb_say_waiting,
			    way->log, err);
}

/* What one activation works on. */
struct step {
	const struct sb_activate *way;
	struct sb_release *release;
	json_t *manifest;
	struct sb_runner runner;
	struct sb_probed probed;
	struct sb_report report;
	bool touched; /* the runner was told of this release */
	bool lost;    /* and could not be told of the former one again */
};

static void step_release(struct step *step)
{
	sb_probed_release(&step->probed);
	sb_report_release(&step->report);
	json_decref(step->manifest);
	sb_runner_release(&step->runner);
}

static int set_state(struct step *step, enum sb_release_state state, struct sb_error *err)
{
	return sb_ledger_set_state(step->way->app, step->release, state, NULL, err);
}

static bool has_slug(const struct sb_release *release)
{
	return sb_json_at(release->facts, "slug.sha256") != NULL;
}

/* Whether the runner has anything to run: a process type with a count. */
static bool has_processes(const struct step *step)
{
	const char *type;
	json_t *count;

	json_object_foreach(json_object_get(step->manifest, "formation"), type, count)
		if (json_integer_value(count) > 0)
			return true;
	return false;
}

static int make_manifest(struct step *step, struct sb_error *err)
{
	SB_AUTO(sb_list) vars = { 0 };
	const struct sb_app *app = step->way->app;
	SB_AUTO_FREE char *below = sb_release_path(app, step->release->number, "");
	SB_AUTO_CLOSE int dir = sb_open_dir(AT_FDCWD, below, err);

	if (dir < 0 || sb_config_load(&vars, dir, err) < 0)
		return -1;
	sb_mask_vars(step->way->log, &vars);
	step->manifest = sb_manifest_make(app, step->release, &vars, step->way->settings, err);
	if (!step->manifest)
		return -1;
	return sb_manifest_save(app, step->release->number, step->manifest, err);
}

static int release_phase(struct step *step, struct sb_error *err)
{
	const struct sb_activate *way = step->way;
	const char *command = sb_json_text(step->release->facts, "release_command", NULL);

	if (step->release->state == SB_RELEASING) {
		sb_fail(err, SB_EBUILD, "the release phase was cut off while it ran");
		return -1;
	}
	if (step->release->state != SB_PENDING)
		return 0;
	if (!command)
		return set_state(step, SB_RELEASED, err);
	struct sb_run run = { .app = way->app,
			      .release = step->release,
			      .settings = way->settings,
			      .type = "release",
			      .index = 1 };

	sb_log_step(way->log, "Running release command: %s", command);
	if (set_state(step, SB_RELEASING, err) < 0 ||
	    sb_run_release_phase(&run, command, way->log, err) < 0)
		return -1;
	return set_state(step, SB_RELEASED, err);
}

static struct sb_health health_of(const struct step *step, int port)
{
	return (struct sb_health) { .port = port,
				    .path = sb_json_text(step->manifest, "health.path", "/"),
				    .host = sb_json_text(step->manifest, "health.host", "localhost"),
				    .seconds = step->way->settings->health_seconds };
}

static bool serves_web(const struct step *step)
{
	return step->runner.local && sb_json_int(step->manifest, "formation.web", 0) > 0;
}

/* On a port of its own, which sb_trial picks. */
static int trial(struct step *step, struct sb_error *err)
{
	const struct sb_activate *way = step->way;
	struct sb_health health = health_of(step, 0);
	struct sb_run run = { .app = way->app,
			      .release = step->release,
			      .settings = way->settings,
			      .type = "web",
			      .index = 1 };

	return sb_trial(&run, &health, way->log, err);
}

static int start(struct step *step, struct sb_error *err)
{
	const struct sb_activate *way = step->way;

	size_t time = sb_timing_begin(way->timings, "trial");

	if (serves_web(step) && trial(step, err) < 0)
		return -1;
	sb_timing_end(way->timings, time, false, "%s", "");
	if (set_state(step, SB_STARTING, err) < 0)
		return -1;
	step->touched = true;
	time = sb_timing_begin(way->timings, "runner");
	if (sb_runner_call(&step->runner, "deploy", NULL, step->manifest, way->app, way->settings, way->log, err) < 0)
		return -1;
	sb_timing_end(way->timings, time, false, "%s", step->runner.name);
	if (!serves_web(step))
		return 0;
	struct sb_health health = health_of(step, (int)sb_json_int(step->manifest, "port", 0));

	time = sb_timing_begin(way->timings, "health check");
	if (sb_health_wait(&health, way->log, err) < 0)
		return -1;
	sb_timing_end(way->timings, time, false, "%s", "");
	return 0;
}

/* The former release goes on: the runner is told so when it had heard of the new one. */
static void go_back(struct step *step)
{
	const struct sb_activate *way = step->way;
	struct sb_error err = { 0 };
	int current = sb_ledger_current(way->app, &err);

	if (!step->touched)
		return;
	SB_AUTO_JSON json_t *former = current > 0 ? sb_manifest_load(way->app, current, &err) : NULL;
	const char *verb = former ? "deploy" : "stop";

	if (sb_runner_call(&step->runner, verb, NULL, former ? former : step->manifest, way->app, way->settings,
			   way->log, &err) == 0)
		return;
	step->lost = true;
	sb_log_warn(way->log, "v%d could not be started again: %s", current, err.text);
}

static void say_failed(struct step *step, const struct sb_error *why)
{
	const struct sb_activate *way = step->way;
	struct sb_error err = { 0 };
	int current = sb_ledger_current(way->app, &err);

	if (sb_ledger_set_state(way->app, step->release, SB_FAILED, why->text, &err) < 0)
		sb_log_warn(way->log, "v%d: %s", step->release->number, err.text);
	if (current > 0)
		sb_log_warn(way->log, "v%d failed; v%d stays current%s.", step->release->number, current,
			    step->lost ? ", but look at slugbuild ps" : " and running");
	else
		sb_log_warn(way->log, "v%d failed; nothing was running before it.", step->release->number);
}

/* Old releases leave the ledger now; their files go when nobody waits for it any more. */
static int retire(const struct sb_app *app, int64_t keep, struct sb_error *err)
{
	const int fds[] = { app->dir, -1 };
	int n = sb_retire_releases(app, keep, err);

	if (n < 1)
		return n;
	pid_t pid = sb_detach(fds, err);

	if (pid == 0) {
		sb_be_modest();
		_exit(sb_remove_retired(app, err) < 0);
	}
	return pid < 0 ? -1 : 0;
}

static int finish(struct step *step, struct sb_error *err)
{
	const struct sb_activate *way = step->way;
	SB_AUTO(sb_release) former = { 0 };
	int current = sb_ledger_current(way->app, err);

	if (current < 0 || sb_ledger_activate(way->app, step->release->number, err) < 0 ||
	    set_state(step, SB_CURRENT, err) < 0)
		return -1;
	if (current > 0 && current != step->release->number &&
	    (sb_ledger_load(&former, way->app, current, err) < 0 ||
	     sb_ledger_set_state(way->app, &former, SB_SUPERSEDED, NULL, err) < 0))
		return -1;
	struct sb_error prune = { 0 };
	size_t time = sb_timing_begin(way->timings, "old releases removed");

	if (retire(way->app, way->settings->keep_releases, &prune) < 0)
		sb_log_warn(way->log, "old releases were not removed: %s", prune.text);
	sb_timing_end(way->timings, time, false, "%s", "");
	return 0;
}

/* Config changes, scaling and rollbacks run what has been looked at before. */
static bool is_new_code(const struct sb_release *release)
{
	const char *kind = sb_json_text(release->facts, "kind", "");

	return has_slug(release) && (!strcmp(kind, "deploy") || !strcmp(kind, "retry"));
}

/* The database is asked while the release starts; with `after` the report is made behind the push. */
static bool probes_now(const struct step *step)
{
	return step->way->settings->probe == SB_PROBE_BEFORE && is_new_code(step->release) &&
	       sb_probe_applies(step->way, step->release);
}

static int run_steps(struct step *step, struct sb_error *err)
{
	const struct sb_activate *way = step->way;

	if (!has_slug(step->release))
		return make_manifest(step, err);
	size_t time = sb_timing_begin(way->timings, "release directory");

	if (sb_runner_find(&step->runner, way->settings, err) < 0 ||
	    sb_release_unpack(way->app, step->release, way->settings, err) < 0)
		return -1;
	sb_timing_end(way->timings, time, false, "%s", "");
	if (make_manifest(step, err) < 0 || release_phase(step, err) < 0)
		return -1;
	if (probes_now(step))
		sb_probe_begin(&step->probed, way, step->release); /* beside the start */
	if (step->runner.none || !has_processes(step))
		return 0;
	return start(step, err);
}

static int fail(struct step *step, struct sb_error *err)
{
	const struct sb_activate *way = step->way;
	struct sb_release *release = step->release;

	go_back(step);
	/* The probe may say why. */
	if (!step->probed.begun && is_new_code(release) && step->manifest && sb_probe_applies(way, release))
		sb_probe_begin(&step->probed, way, release);
	sb_probe_end(&step->probed);
	say_failed(step, err);
	if (!*err->fix)
		sb_error_fix(err, "slugbuild releases:retry v%d -a %s, or push the mended code", release->number,
			     way->app->name);
	return -1;
}

int sb_activate(const struct sb_activate *way, struct sb_release *release, struct sb_error *err)
{
	__attribute__((cleanup(step_release))) struct step step = {
		.way = way, .release = release, .probed = SB_PROBED_INIT, .report = SB_REPORT_INIT
	};

	if (run_steps(&step, err) < 0)
		return fail(&step, err);
	if (way->settings->probe == SB_PROBE_AFTER && is_new_code(release) && sb_probe_applies(way, release))
		sb_report_announce(&step.report, way, release);
	if (finish(&step, err) < 0)
		return -1;
	sb_report_leave(&step.report);
	if (!step.probed.begun)
		return 0;
	sb_probe_end(&step.probed);
	return set_state(&step, SB_CURRENT, err);
}

int sb_activate_new(const struct sb_activate *way, struct sb_release *release, const struct sb_list *vars,
		    struct sb_error *err)
{
	if (sb_ledger_commit(way->app, release, vars, err) < 0)
		return -1;
	return sb_activate(way, release, err);
}
