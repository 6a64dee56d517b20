#include "build/probe.h"

#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "base/utf8.h"
#include "build/digest.h"
#include "build/memo.h"
#include "build/probe_answer.h"
#include "build/step_app.h"
#include "check/quiet.h"
#include "source/tree.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/process.h"

#define SECONDS 60
#define INPUT_NAME "probe.json"
#define NOTES_SHOWN 5

static int visit(void *ctx, const char *path, const struct sb_entry *entry, struct sb_error *err)
{
	json_t *list = ctx;
	struct sb_span span = sb_span_of(path);

	(void)err;
	if (entry->kind != SB_DIR && sb_span_find(span, "/migrations/") && sb_span_ends(span, ".py"))
		sb_json_push_text(list, path);
	return 0;
}

/* The migrations before this push, or null: there was nothing before. */
static json_t *old_migrations(const struct sb_build *build)
{
	/* What serves was within the limits of its day, and a survey counts what is left out too. */
	const struct sb_walk_limits limits = { .depth = build->settings->max_depth };
	const struct sb_survey survey = { build->settings, SB_QUIET_FORMAT, sb_level_is_quiet, NULL };
	struct sb_error unseen = { 0 };
	json_t *list;

	if (!build->old_tree || !*build->old_tree)
		return json_null();
	list = sb_json_new_array();
	if (sb_tree_survey(build->repo, build->old_tree, &limits, &survey, visit, list, &unseen) == 0)
		return list;
	json_decref(list);
	return json_null();
}

/* What is asked, for the script and for who reads its answer. New reference. */
static json_t *make_question(const struct sb_build *build, const char *root)
{
	json_t *out = sb_json_new_object();
	json_t *processes = sb_json_new_object(), *said = sb_json_new_array();

	for (size_t i = 0; i < build->plan->processes; i++)
		sb_json_set_text(processes, build->plan->process[i].name, build->plan->process[i].command);
	for (size_t i = 0; i < build->findings->n; i++)
		sb_json_push_text(said, build->findings->item[i].rule);
	sb_json_set_text(out, "step", "build");
	sb_json_set_take(out, "processes", processes);
	sb_json_set_take(out, "said", said);
	sb_json_set_take(out, "old", old_migrations(build));
	sb_json_set_text(out, "manage", build->plan->manage_py);
	sb_json_set_text(out, "root", root);
	sb_json_set_text(out, "app", build->app);
	sb_probe_seal(out);
	return out;
}

static int prepare(struct sb_step *step, json_t **question, struct sb_build *build, const char *app,
		   struct sb_error *err)
{
	SB_AUTO(sb_buffer) input = SB_BUFFER_INIT(16 << 20);
	SB_AUTO_FREE char *file = sb_xasprintf("%s/" INPUT_NAME, build->work_path);

	sb_step_init(step, build);
	step->name = "checking the app";
	step->quiet = step->separate = true;
	sb_step_enter_app(step, app);
	sb_step_show_probes(step);
	sb_box_read(&step->box, file, "/slugbuild/" INPUT_NAME);

	SB_AUTO_FREE char *root = sb_box_path(&step->box, "/app");

	*question = make_question(build, root);
	sb_json_print_compact(&input, *question);
	if (sb_write_scratch(build->work, INPUT_NAME, 0644, sb_buffer_span(&input), err) < 0)
		return -1;
	sb_step_arg_path(step, "", "/app/.slugbuild/python/bin/python");
	sb_step_arg_path(step, "", "/slugbuild/probes/django_probe.py");
	sb_step_arg_path(step, "", "/slugbuild/" INPUT_NAME);
	return 0;
}

/* The default database, by its engine and (SQLite) its file: whether there is anything to ask of it when
 * the release is there. */
static json_t *engine_of(const json_t *answer)
{
	json_t *engine = answer ? json_object_get(json_object_get(answer, "state"), "engine") : NULL;
	json_t *out;

	if (!json_is_string(sb_json_at(engine, "vendor")))
		return NULL;
	out = sb_json_new_object();
	sb_json_set_text(out, "vendor", sb_json_text(engine, "vendor", NULL));
	sb_json_set_text(out, "file", sb_json_text(engine, "file", NULL));
	return out;
}

/* What could not be asked, where that says more than the findings. */
static void tell_notes(struct sb_build *build, const json_t *answer)
{
	const json_t *notes = answer ? sb_json_at(answer, "notes") : NULL, *note;
	size_t i;

	json_array_foreach(notes, i, note)
		if (i < NOTES_SHOWN && json_is_string(note))
			sb_log_say(build->log, "could not be asked: %s", json_string_value(note));
}

static void take_answer(struct sb_build *build, const struct sb_step *step, const json_t *question,
			struct sb_span output, const char *why)
{
	SB_AUTO_FREE char *root = sb_box_path(&step->box, "/app");
	struct sb_probe_about about = { .findings = &build->probed,
					.settings = build->settings,
					.app = build->app,
					.root = root,
					.python = build->python.version,
					.manage = build->plan->manage_py,
					.certain = build->config_known,
					.question = question,
					.read = sb_build_app_file,
					.ctx = build };
	SB_AUTO_JSON json_t *answer = sb_probe_answer(&about, output, why);

	tell_notes(build, answer);
	json_decref(build->engine);
	build->engine = engine_of(answer);
}

/* One run in a checkout of its own. */
struct attempt {
	struct sb_tracer tracer;
	struct sb_error why; /* it did not end well */
	int64_t began;
};

static void attempt_release(struct attempt *attempt)
{
	sb_tracer_release(&attempt->tracer);
}

/* -1: cancelled, or it could not be set up. */
static int run(struct attempt *attempt, struct sb_step *step, bool traced, struct sb_error *err)
{
	SB_AUTO_CLOSE int app = sb_step_fresh_app(step->build, err);

	if (app < 0)
		return -1;
	attempt->why = (struct sb_error) { 0 };
	attempt->began = sb_wall();
	step->box.tracer = traced ? &attempt->tracer : NULL;
	int done = sb_step_run(step, &attempt->why);

	if (done < 0 && attempt->why.code == SB_ECANCEL) {
		*err = attempt->why;
		return -1;
	}
	if (done == 0 && step->status)
		sb_fail(&attempt->why, SB_EBUILD, "the interpreter ended with exit status %d", step->status);
	return 0;
}

/* What of an answer a record cannot hold. */
static const char *unfit(const struct sb_step *step)
{
	struct sb_span output = sb_buffer_span(&step->output);

	if (memchr(output.p ? output.p : "", '\0', output.n) || !sb_is_utf8(output))
		return "what it printed is no text";
	return NULL;
}

static int keep(struct sb_memo *memo, const struct sb_step *step, const struct attempt *attempt,
		struct sb_error *err)
{
	SB_AUTO_FREE char *text = sb_span_dup(sb_buffer_span(&step->output));
	char *nothing = NULL, key[SB_DIGEST_HEX];

	return sb_memo_keep(memo, &attempt->tracer, attempt->began, &nothing, key, text, unfit(step), err);
}

/* The second run. 1: it gave the same answer; 0: another one. */
static int run_again(struct sb_memo *memo, struct sb_step *step, struct sb_error *err)
{
	__attribute__((cleanup(attempt_release))) struct attempt attempt = {
		.tracer.shift = SB_MEMO_SHIFT
	};

	if (run(&attempt, step, true, err) < 0)
		return -1;
	if (*attempt.why.text && memo->build->confirm) { /* slow, or killed: that says nothing */
		*err = attempt.why;
		return -1;
	}
	if (*attempt.why.text) {
		sb_memo_disprove(memo);
		return 0;
	}
	int done = keep(memo, step, &attempt, err);

	return done < 0 ? -1 : !done;
}

static int run_first(struct sb_memo *memo, struct sb_step *step, const json_t *question,
		     struct sb_error *err)
{
	__attribute__((cleanup(attempt_release))) struct attempt attempt = { 0 };
	/* What is traced takes longer: behind the push, where somebody comes to it there. */
	bool traced = memo->state == SB_MEMO_NEW && !step->build->followed;

	if (run(&attempt, step, traced, err) < 0)
		return -1;
	if (traced && attempt.tracer.failed) {
		if (step->build->confirm)
			return 0;
		traced = false;
		if (run(&attempt, step, false, err) < 0)
			return -1;
	}
	if (!step->build->confirm)
		take_answer(step->build, step, question, sb_buffer_span(&step->output),
			    *attempt.why.text ? attempt.why.text : NULL);
	if (!traced || step->box.open || *attempt.why.text)
		return 0;
	return keep(memo, step, &attempt, err) < 0 ? -1 : 0;
}

/* The question and the scripts are no files of the app's. Owned. */
static char *key_of(const json_t *question, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(16 << 20);
	SB_AUTO_FREE char *path = sb_xasprintf("%s/probes", sb_datadir());
	char scripts[SB_DIGEST_HEX], asked[SB_DIGEST_HEX];

	if (sb_folder_digest(scripts, path, err) < 0)
		return NULL;
	sb_json_print_compact(&text, question);
	sb_sha256_of(sb_buffer_span(&text), asked);
	return sb_xasprintf("probe %s %s", scripts, asked);
}

/* Behind the push: what has not been traced yet is run for that, and then under another date. */
static int confirm(struct sb_memo *memo, struct sb_step *step, const json_t *question, const char *key,
		   struct sb_error *err)
{
	struct sb_build *build = step->build;

	if (memo->state == SB_MEMO_NEW) {
		sb_log_step(build->log, "The check of the app once more, to see what it reads");
		if (run_first(memo, step, question, err) < 0)
			return -1;
		sb_memo_release(memo);
		sb_memo_open(memo, build, step, key);
	}
	if (memo->state != SB_MEMO_ONCE)
		return 0;
	sb_log_step(build->log, "A second check of the app, under another date");
	return run_again(memo, step, err) < 0 ? -1 : 0;
}

static int ask(struct sb_build *build, struct sb_error *err)
{
	SB_AUTO(sb_step) step = { 0 };
	SB_AUTO(sb_memo) memo = SB_MEMO_INIT;
	SB_AUTO_JSON json_t *question = NULL;
	SB_AUTO_FREE char *app = sb_xasprintf("%s/app", build->work_path);

	if (prepare(&step, &question, build, app, err) < 0)
		return -1;

	SB_AUTO_FREE char *key = key_of(question, err);

	if (!key)
		return -1;
	sb_memo_open(&memo, build, &step, key);
	if (build->confirm)
		return confirm(&memo, &step, question, key, err);
	if (memo.state == SB_MEMO_HOLDS) {
		sb_log_step(build->log, "Checking the app: nothing it read has changed");
		build->probe_reused = true;
		take_answer(build, &step, question, sb_span_of(sb_memo_note(&memo)), NULL);
		return 0;
	}
	sb_log_step(build->log, "Checking the app");
	if (memo.state == SB_MEMO_ONCE && !build->followed) {
		int done = run_again(&memo, &step, err);

		if (done > 0)
			take_answer(build, &step, question, sb_buffer_span(&step.output), NULL);
		if (done)
			return done < 0 ? -1 : 0;
	}
	return run_first(&memo, &step, question, err);
}

bool sb_probe_wanted(const struct sb_build *build)
{
	return build->settings->probe == SB_PROBE_BEFORE && build->findings && build->settings->config_in_build &&
	       sb_build_has_django(build);
}

int sb_probe_run(struct sb_build *build, struct sb_error *err)
{
	struct sb_settings limited = *build->settings; /* borrows everything */
	struct sb_build copy = *build;

	if (!sb_probe_wanted(build))
		return 0;
	if (limited.step_seconds <= 0 || limited.step_seconds > SECONDS)
		limited.step_seconds = SECONDS;
	copy.settings = &limited;
	int done = ask(&copy, err);

	build->probed = copy.probed;
	build->probe_reused = copy.probe_reused;
	build->engine = copy.engine;
	/* What it left in the checkout is nobody's. */
	return done < 0 ? -1 : sb_remove_tree(build->work, "app", err);
}
