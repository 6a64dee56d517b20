#include "build/probe.h"

#include <stdlib.h>
#include <string.h>

#include "build/deps.h"
#include "build/diagnose.h"
#include "build/source_stage.h"
#include "build/step_app.h"
#include "check/rules.h"
#include "source/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/files.h"

#define SECONDS 60
#define INPUT_NAME "probe.json"

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
	struct sb_error unseen = { 0 };
	json_t *list;

	if (!build->old_tree || !*build->old_tree)
		return json_null();
	list = sb_json_new_array();
	if (sb_tree_walk(build->repo, build->old_tree, &limits, visit, list, &unseen) == 0)
		return list;
	json_decref(list);
	return json_null();
}

static void make_input(struct sb_buffer *out, const struct sb_build *build, const char *root)
{
	SB_AUTO_JSON json_t *input = sb_json_new_object();
	json_t *processes = sb_json_new_object(), *said = sb_json_new_array();

	for (size_t i = 0; i < build->plan->processes; i++)
		sb_json_set_text(processes, build->plan->process[i].name, build->plan->process[i].command);
	for (size_t i = 0; i < build->findings->n; i++)
		sb_json_push_text(said, build->findings->item[i].rule);
	sb_json_set_take(input, "processes", processes);
	sb_json_set_take(input, "said", said);
	sb_json_set_take(input, "old", old_migrations(build));
	sb_json_set_text(input, "manage", build->plan->manage_py);
	sb_json_set_text(input, "root", root);
	sb_json_set_text(input, "app", build->app);
	sb_json_print_compact(out, input);
}

/* The diagnosis without its last line, which is about collectstatic. */
static void take_diagnosis(struct sb_build *build, const char *rule, const struct sb_error *why)
{
	SB_AUTO(sb_list) fix = { 0 };
	struct sb_span rest = sb_span_of(why->fix), line, where = sb_span_of(why->where), path;
	enum sb_severity severity = build->config_known ? SB_ERROR : SB_WARNING;
	struct sb_finding *f = sb_report_as(&build->probed, build->settings, rule, severity, why->text);

	while (sb_span_line(&rest, &line))
		if (!sb_span_find(line, "DISABLE_COLLECTSTATIC")) {
			SB_AUTO_FREE char *text = sb_span_dup(line);

			sb_list_add(&fix, text);
		}
	if (where.n) {
		bool numbered = sb_span_cut(&where, ':', &path);
		SB_AUTO_FREE char *name = sb_span_dup(numbered ? path : where);

		sb_finding_at(f, name, numbered ? (unsigned)strtoul(where.p, NULL, 10) : 0, 0);
	}
	if (fix.n) {
		SB_AUTO_FREE char *text = sb_list_join(&fix, "\n");

		sb_finding_fix(f, "%s", text);
	}
}

/* What stopped the settings or the apps, in the words that collectstatic's failures get. */
static void take_failure(struct sb_build *build, const struct sb_step *step, const json_t *failed)
{
	const char *rule = sb_json_text(failed, "rule", "");
	const char *trace = sb_json_text(failed, "traceback", NULL);
	SB_AUTO_FREE char *root = sb_box_path(&step->box, "/app");
	struct sb_error why = { 0 };

	if (!trace || !sb_rule_find(rule))
		return;
	struct sb_diagnose about = { .output = sb_span_of(trace),
				     .tool = "the probe",
				     .app = build->app,
				     .root = root,
				     .python = build->python.version,
				     .manage = build->plan->manage_py,
				     .read = sb_build_app_file,
				     .ctx = build };

	if (sb_diagnose_static(&about, &why) < 0 && !strstr(why.text, "collectstatic failed"))
		take_diagnosis(build, rule, &why);
}

static int prepare(struct sb_step *step, struct sb_build *build, const char *app, struct sb_error *err)
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

	make_input(&input, build, root);
	if (sb_write_file(build->work, INPUT_NAME, 0644, sb_buffer_span(&input), err) < 0)
		return -1;
	sb_step_arg_path(step, "", "/app/.slugbuild/python/bin/python");
	sb_step_arg_path(step, "", "/slugbuild/probes/django_probe.py");
	sb_step_arg_path(step, "", "/slugbuild/" INPUT_NAME);
	return 0;
}

static int run(struct sb_build *build, const char *app, struct sb_error *err)
{
	SB_AUTO(sb_step) step = { 0 };
	SB_AUTO_JSON json_t *answer = NULL;
	struct sb_error why = { 0 };

	if (prepare(&step, build, app, err) < 0)
		return -1;
	if (sb_step_run(&step, &why) < 0) {
		if (why.code != SB_ECANCEL)
			return 0; /* too slow, too large: collectstatic will say so where it matters */
		*err = why;
		return -1;
	}
	answer = step.status ? NULL : sb_json_parse(sb_buffer_span(&step.output), &why);
	if (!answer)
		return 0;
	sb_findings_from_json(&build->probed, build->settings, sb_json_at(answer, "findings"));
	take_failure(build, &step, sb_json_at(answer, "failed"));
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
