#include "build/probe.h"

#include <stdlib.h>

#include "build/deps.h"
#include "build/probe_answer.h"
#include "build/step_app.h"
#include "check/quiet.h"
#include "source/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/files.h"

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
	const struct sb_walk_limits limits = { build->settings->max_files, build->settings->max_depth };
	const struct sb_survey survey = { build->settings, SB_QUIET_FORMAT, sb_level_is_quiet };
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
	if (sb_write_file(build->work, INPUT_NAME, 0644, sb_buffer_span(&input), err) < 0)
		return -1;
	sb_step_arg_path(step, "", "/app/.slugbuild/python/bin/python");
	sb_step_arg_path(step, "", "/slugbuild/probes/django_probe.py");
	sb_step_arg_path(step, "", "/slugbuild/" INPUT_NAME);
	return 0;
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

static int run(struct sb_build *build, const char *app, struct sb_error *err)
{
	SB_AUTO(sb_step) step = { 0 };
	SB_AUTO_JSON json_t *question = NULL;
	struct sb_error why = { 0 };

	if (prepare(&step, &question, build, app, err) < 0)
		return -1;
	int done = sb_step_run(&step, &why);

	if (done < 0 && why.code == SB_ECANCEL) {
		*err = why;
		return -1;
	}
	if (done == 0 && step.status)
		sb_fail(&why, SB_EBUILD, "the interpreter ended with exit status %d", step.status);
	SB_AUTO_FREE char *root = sb_box_path(&step.box, "/app");
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
	SB_AUTO_JSON json_t *answer =
		sb_probe_answer(&about, sb_buffer_span(&step.output), *why.text ? why.text : NULL);

	tell_notes(build, answer);
	return 0;
}

int sb_probe_run(struct sb_build *build, struct sb_error *err)
{
	struct sb_settings limited = *build->settings; /* borrows everything */
	struct sb_build copy = *build;

	if (!sb_build_has_django(build) || !build->settings->config_in_build || !build->findings)
		return 0;
	SB_AUTO_FREE char *path = sb_checkout(build, err);
	SB_AUTO_CLOSE int app = path ? sb_open_dir(AT_FDCWD, path, err) : -1;

	if (app < 0)
		return -1;
	if (mkdirat(app, ".slugbuild", 0755) < 0 && errno != EEXIST)
		return sb_fail_sys(err, "make .slugbuild");
	sb_log_step(build->log, "Checking the app");
	if (limited.step_seconds <= 0 || limited.step_seconds > SECONDS)
		limited.step_seconds = SECONDS;
	copy.settings = &limited;
	int done = run(&copy, path, err);

	build->probed = copy.probed;
	/* What it left in the checkout is nobody's. */
	return done < 0 ? -1 : sb_remove_tree(build->work, "app", err);
}
