#include "build/statics.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build/compressed.h"
#include "build/diagnose.h"
#include "build/memo.h"
#include "build/snapshot.h"
#include "build/step.h"
#include "build/step_app.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/settle.h"

#define GONE_SHOWN 5
#define SIGNALLED 128 /* an exit status above: that much less is the signal */

/* Whether the step is to be left out; says so in Heroku's words. */
static bool is_left_out(const struct sb_build *build)
{
	const char *off =
		build->config ? sb_list_getenv(build->config, "DISABLE_COLLECTSTATIC") : NULL;

	if (build->plan->collectstatic_off) {
		sb_log_warn(build->log,
			    "collectstatic is disabled by the file .heroku/collectstatic_disabled; "
			    "the way to do so today is: slugbuild config:set "
			    "DISABLE_COLLECTSTATIC=1");
		return true;
	}
	if (off && *off && strcmp(off, "0")) {
		sb_log_step(build->log, "Skipping Django collectstatic since the env var "
					"DISABLE_COLLECTSTATIC is set.");
		return true;
	}
	if (!sb_build_has_django(build))
		return true;
	if (!build->plan->manage_py) {
		sb_log_step(build->log,
			    "Skipping Django collectstatic since no manage.py file found.");
		return true;
	}
	return false;
}

/* What was said when the push was built is not said again. */
static bool is_left_out_again(const struct sb_build *build)
{
	struct sb_log silent = SB_LOG_INIT;
	struct sb_build copy = *build;
	bool left_out;

	copy.log = &silent;
	left_out = is_left_out(&copy);
	sb_log_release(&silent);
	return left_out;
}

/* Heroku leaves these lines out, and so do we. */
static bool is_shown(struct sb_span line)
{
	return sb_span_trim(line).n && !sb_span_starts(line, "Post-processed") &&
	       !sb_span_starts(line, "Copying ") &&
	       !sb_span_starts(line, "Unknown command: 'collectstatic'") &&
	       !sb_span_starts(line, "Type 'manage.py help'");
}

static void prepare(struct sb_step *step, struct sb_build *build, const char *app)
{
	sb_step_init(step, build);
	step->name = "collectstatic";
	step->shown = is_shown;
	sb_step_enter_app(step, app);
	sb_compressed_show(step);
	sb_step_arg_path(step, "", "/app/.slugbuild/python/bin/python");
	sb_list_add(&step->argv, build->plan->manage_py);
	sb_list_add(&step->argv, "collectstatic");
	sb_list_add(&step->argv, "--noinput");
	sb_list_add(&step->argv, "--traceback");
}

static int explain(struct sb_build *build, const struct sb_step *step, struct sb_error *err)
{
	SB_AUTO_FREE char *root = sb_box_path(&step->box, "/app");
	struct sb_diagnose about = { .output = sb_buffer_span(&step->output),
				     .status = step->status,
				     .tool = "collectstatic",
				     .app = build->app,
				     .root = root,
				     .python = build->python.version,
				     .manage = build->plan->manage_py,
				     .read = sb_build_app_file,
				     .ctx = build };

	return sb_diagnose_static(&about, err);
}

/* "128 static files copied to '/app/staticfiles', 384 post-processed." → the path. */
static struct sb_span copied_to(struct sb_span output)
{
	static const char *const marks[] = { " copied to '", " symlinked to '" };
	struct sb_span line, tail, path, found = { 0 };

	while (sb_span_line(&output, &line))
		for (size_t i = 0; i < SB_COUNT(marks); i++) {
			const char *at = sb_span_find(line, marks[i]);

			if (!at)
				continue;
			at += strlen(marks[i]);
			tail = (struct sb_span) { at, (size_t)(line.p + line.n - at) };
			if (sb_span_cut(&tail, '\'', &path))
				found = path;
		}
	return found;
}

/* STATIC_ROOT as a path in the app; NULL, and a warning, where it lies elsewhere. */
static char *find_static_root(struct sb_build *build, const struct sb_step *step)
{
	SB_AUTO_FREE char *root = sb_box_path(&step->box, "/app");
	struct sb_span found = copied_to(sb_buffer_span(&step->output));
	size_t n = strlen(root);
	bool told = build->confirm; /* when the push was built */

	if (!found.n)
		return NULL;
	if (!sb_span_starts(found, root) || found.n <= n + 1 || found.p[n] != '/') {
		if (!told)
			sb_log_warn(build->log,
				    "STATIC_ROOT (%.*s) lies outside of the app's folder: what was "
				    "collected there is not in the slug",
				    SB_SPAN_ARG(found));
		return NULL;
	}
	found.p += n + 1;
	found.n -= n + 1;
	while (found.n && found.p[found.n - 1] == '/')
		found.n--;
	return sb_span_dup(found);
}

static void tell_gone(struct sb_build *build, const struct sb_list *gone)
{
	if (!gone->n || build->confirm)
		return;
	sb_log_warn(build->log,
		    "collectstatic removed %zu of the app's own files; the slug has "
		    "them as pushed:",
		    gone->n);
	for (size_t i = 0; i < gone->n && i < GONE_SHOWN; i++)
		sb_log_warn(build->log, "  %s", gone->item[i]);
}

/* One run of the command in a checkout of its own. */
struct attempt {
	struct sb_snapshot before;
	struct sb_tracer tracer;
	struct sb_compressed compressed;
	int app;
	int64_t began;
	bool gone; /* files of the app's own are */
};
#define ATTEMPT_INIT { .app = -1 }

static void attempt_release(struct attempt *attempt)
{
	sb_snapshot_release(&attempt->before);
	sb_tracer_release(&attempt->tracer);
	sb_compressed_release(&attempt->compressed);
	sb_autoclose(&attempt->app);
}

static int collect(struct sb_build *build, struct attempt *attempt, struct sb_error *err)
{
	SB_AUTO(sb_list) moved = { 0 };
	SB_AUTO(sb_list) gone = { 0 };
	SB_AUTO_FREE char *path = sb_step_fresh_folder(build, "static", err);
	SB_AUTO_CLOSE int dir = path ? sb_open_dir(AT_FDCWD, path, err) : -1;

	if (dir < 0 ||
	    sb_snapshot_move_new(&attempt->before, attempt->app, dir, &moved, &gone, err) < 0)
		return -1;
	tell_gone(build, &gone);
	attempt->gone = gone.n > 0;
	if (!moved.n)
		return 0;
	if (sb_folder_settle(dir, err) < 0)
		return -1;
	build->static_path = SB_STEAL(path);
	return 0;
}

static bool lacks_command(const struct sb_step *step)
{
	return sb_span_find(sb_buffer_span(&step->output), "Unknown command: 'collectstatic'");
}

/* Nothing that another run has left may be there. */
static int run_afresh(struct sb_build *build, struct sb_step *step, struct attempt *attempt,
		      bool traced, struct sb_error *err)
{
	attempt->app = sb_step_fresh_app(build, err);
	if (attempt->app < 0)
		return -1;
	if (sb_snapshot_take(&attempt->before, attempt->app, err) < 0)
		return -1;
	attempt->began = sb_wall();
	sb_compressed_offer(&attempt->compressed, step, attempt->tracer.shift != 0);
	step->box.tracer = traced ? &attempt->tracer : NULL;
	return sb_step_run(step, err);
}

/* What a run made: collected, and remembered where it can be. 1: not what was made before. */
static int take_result(struct sb_build *build, struct sb_memo *memo, const struct sb_step *step,
		       struct attempt *attempt, struct sb_error *err)
{
	size_t time = sb_timing_begin(build->timings, "static files taken in");

	sb_compressed_take(&attempt->compressed);
	build->static_root = find_static_root(build, step);
	if (collect(build, attempt, err) < 0)
		return -1;
	sb_timing_end(build->timings, time, false, "%s", "");
	if (!step->box.tracer || step->box.open)
		return 0;
	return sb_memo_keep(memo, &attempt->tracer, attempt->began, &build->static_path,
			    build->static_key, build->static_root ? build->static_root : "",
			    attempt->gone ? "it removed files of the app's own" : NULL, err);
}

static void drop_result(struct sb_build *build)
{
	free(SB_STEAL(build->static_path));
	free(SB_STEAL(build->static_root));
	build->static_key[0] = '\0';
}

/* The run that shows whether the first one's result depends on the date or on chance. 1: it does not,
 * and its result is there; 0: it does. */
static int run_again(struct sb_build *build, struct sb_memo *memo, struct sb_step *step,
		     struct sb_error *err)
{
	__attribute__((cleanup(attempt_release))) struct attempt attempt = ATTEMPT_INIT;
	struct sb_span rest, line;
	int done;

	attempt.tracer.shift = SB_MEMO_SHIFT;
	step->quiet = true;
	done = run_afresh(build, step, &attempt, true, err);
	step->quiet = false;
	/* Off the push's path it may be slow, and be killed: that says nothing then. */
	if (done == 0 && build->confirm && step->status > SIGNALLED)
		done = sb_fail(err, SB_EBUILD, "it was killed by signal %d", step->status - SIGNALLED);
	if (done < 0 && (build->confirm || err->code == SB_ECANCEL || err->code == SB_ESYS))
		return -1;
	if (done < 0 || step->status) {
		*err = (struct sb_error){ 0 };
		sb_memo_disprove(memo);
		sb_compressed_forget(build);
		return 0;
	}
	done = take_result(build, memo, step, &attempt, err);
	if (done) {
		sb_compressed_forget(build);
		drop_result(build);
		return done < 0 ? -1 : 0;
	}
	if (build->confirm) {
		sb_log_say(build->log, "It made the same files: they are reused while nothing that it read "
				       "changes.");
		return 1;
	}
	rest = sb_buffer_span(&step->output);
	while (sb_span_line(&rest, &line))
		if (is_shown(line))
			sb_log_line(build->log, line);
	return 1;
}

static int run_first(struct sb_build *build, struct sb_memo *memo, struct sb_step *step,
		     struct sb_error *err)
{
	__attribute__((cleanup(attempt_release))) struct attempt attempt = ATTEMPT_INIT;
	/* What is traced takes longer: behind the push, where somebody comes to it there. */
	int done = run_afresh(build, step, &attempt, memo->state == SB_MEMO_NEW && !build->followed, err);

	if (done < 0 && !attempt.tracer.failed)
		return -1;
	if (attempt.tracer.failed) {
		sb_log_say(build->log, "its result is not remembered: %s", attempt.tracer.reason);
		memo->state = SB_MEMO_OFF;
		if (build->confirm)
			return 0;
		attempt_release(&attempt);
		attempt = (struct attempt)ATTEMPT_INIT;
		if (run_afresh(build, step, &attempt, false, err) < 0)
			return -1;
	}
	if (step->status && lacks_command(step)) {
		sb_log_step(build->log, "Skipping Django collectstatic since "
					"'django.contrib.staticfiles' is not in INSTALLED_APPS.");
		return 0;
	}
	if (step->status)
		return explain(build, step, err);
	return take_result(build, memo, step, &attempt, err) < 0 ? -1 : 0;
}

static int reuse(struct sb_build *build, struct sb_memo *memo)
{
	const char *root = sb_memo_note(memo);

	sb_log_step(build->log, "collectstatic: nothing it read has changed (%zu files looked at)",
		    memo->looked);
	build->static_path = SB_STEAL(memo->path);
	build->static_root = *root ? sb_xstrdup(root) : NULL;
	build->static_reused = true;
	build->static_note = sb_xasprintf("nothing it read has changed, %zu files looked at", memo->looked);
	if (build->static_path)
		snprintf(build->static_key, sizeof(build->static_key), "%s",
			 sb_json_text(memo->record, "layer", ""));
	return 0;
}

/* Why nothing of before can be used; static_note has it for the build's record. */
static void tell_why(struct sb_build *build, const struct sb_memo *memo)
{
	switch (memo->state) {
	case SB_MEMO_NEW:
		if (memo->changed) {
			sb_log_say(build->log, "it runs again: %s has changed", memo->changed);
			build->static_note = sb_xasprintf("%s has changed", memo->changed);
		} else {
			build->static_note = sb_xasprintf("%s", sb_memo_why(memo));
		}
		break;
	case SB_MEMO_ONCE:
		build->static_note = sb_xstrdup(build->followed ? "its second run comes behind the push"
								: "its second run had not been made");
		break;
	case SB_MEMO_UNSTABLE:
		build->static_note = sb_xstrdup("two runs of it made different files");
		break;
	default:
		build->static_note = sb_xstrdup(build->no_cache ? "asked to make all again"
						: build->settings->remember
							? "there is no sandbox"
							: "slugbuild.remember is off");
	}
}

/* Behind the push: what has not been traced yet is run for that, and then under another date. */
static int confirm(struct sb_build *build, struct sb_memo *memo, struct sb_step *step, struct sb_error *err)
{
	if (memo->state == SB_MEMO_NEW) {
		sb_log_step(build->log, "collectstatic once more, to see what it reads");
		step->quiet = true;
		int done = run_first(build, memo, step, err);

		step->quiet = false;
		drop_result(build);
		if (done < 0)
			return -1;
		sb_memo_release(memo);
		sb_memo_open(memo, build, step, "");
	}
	if (memo->state != SB_MEMO_ONCE)
		return 0;
	sb_log_step(build->log, "A second run of collectstatic, under another date");
	return run_again(build, memo, step, err) < 0 ? -1 : 0;
}

int sb_statics_make(struct sb_build *build, struct sb_error *err)
{
	SB_AUTO(sb_memo) memo = SB_MEMO_INIT;
	SB_AUTO(sb_step) step = { 0 };
	SB_AUTO_FREE char *path = sb_xasprintf("%s/app", build->work_path);

	if (build->confirm ? is_left_out_again(build) : is_left_out(build))
		return 0;
	prepare(&step, build, path);
	sb_memo_open(&memo, build, &step, "");
	if (build->confirm)
		return confirm(build, &memo, &step, err);
	if (memo.state == SB_MEMO_HOLDS)
		return reuse(build, &memo);
	sb_log_step(build->log, "$ python %s collectstatic --noinput", build->plan->manage_py);
	tell_why(build, &memo);
	if (memo.state == SB_MEMO_ONCE && !build->followed) {
		int done = run_again(build, &memo, &step, err);

		if (done)
			return done < 0 ? -1 : 0;
	}
	return run_first(build, &memo, &step, err);
}
