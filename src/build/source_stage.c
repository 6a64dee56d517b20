#include "build/source_stage.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build/python.h"
#include "build/source_input.h"
#include "check/rules.h"
#include "sys/notes.h"
#include "sys/process.h"
#include "sys/sandbox.h"

#define PROBES "/slugbuild/probes"
#define SECONDS 10
#define ANSWER_MAX (4 << 20)

/* ---- the interpreter ---- */

static bool can_parse(const struct sb_python *python)
{
	return python->major == 3 && python->minor >= 8;
}

/* The app's where it is here, else the newest. Looks nowhere twice: false, nothing that can. */
static bool choose(struct sb_python *out, const struct sb_source_stage *stage)
{
	SB_AUTO(sb_pythons) all = { 0 };
	const struct sb_version_wish *wish = &stage->plan->python;
	const struct sb_python *best = NULL;
	struct sb_error unseen = { 0 };

	if (sb_pythons_find(&all, stage->settings, &unseen) < 0)
		return false;
	for (size_t i = 0; i < all.n; i++) {
		if (!can_parse(&all.item[i]))
			continue;
		if (!best)
			best = &all.item[i];
		if (wish->origin && !wish->spec && all.item[i].major == wish->major &&
		    all.item[i].minor == wish->minor) {
			best = &all.item[i];
			break;
		}
	}
	if (best)
		sb_python_copy(out, best);
	return best != NULL;
}

/* Without a store to remember them in, asking each interpreter takes longer than all the rest. */
static bool find_quickly(struct sb_python *out, const struct sb_source_stage *stage)
{
	static const char *const usual[] = { "/usr/bin/python3", "/usr/local/bin/python3" };
	SB_AUTO_FREE char *cache = sb_xasprintf("%s/store/cache/pythons.json", stage->settings->root);

	if (access(cache, R_OK) == 0)
		return choose(out, stage);
	for (size_t i = 0; i < SB_COUNT(usual); i++) {
		char *path = realpath(usual[i], NULL);

		if (!path)
			continue;
		*out = (struct sb_python) { .path = path, .prefix = sb_xstrdup("/usr") };
		return true;
	}
	return choose(out, stage);
}

/* ---- the run ---- */

struct answer {
	struct sb_buffer text;
};

static void take_line(void *ctx, struct sb_span line)
{
	struct answer *answer = ctx;

	sb_buffer_add(&answer->text, line);
	sb_buffer_addc(&answer->text, '\n');
}

static void drop_line(void *ctx, struct sb_span line)
{
	(void)ctx;
	(void)line;
}

/* What the script says of the input; NULL where it says nothing, with err only when cancelled. */
static json_t *run(const struct sb_source_stage *stage, const struct sb_python *python, struct sb_span input,
		   struct sb_error *err)
{
	SB_AUTO(sb_box) box = { 0 };
	SB_AUTO(sb_list) argv = { 0 };
	SB_AUTO_FREE char *probes = sb_xasprintf("%s/probes", sb_datadir());
	struct answer answer = { .text = SB_BUFFER_INIT(ANSWER_MAX) };
	struct sb_child_result end = { 0 };
	struct sb_error unseen = { 0 };
	json_t *out = NULL;

	sb_box_init(&box, stage->settings);
	sb_box_read(&box, probes, PROBES);
	if (strcmp(python->prefix, "/usr") && strncmp(python->prefix, "/usr/", 5))
		sb_box_read(&box, python->prefix, NULL);
	sb_list_add(&argv, python->path);
	sb_list_add(&argv, "-I");
	sb_list_add(&argv, "-S");
	sb_list_add(&argv, "-B");
	sb_list_add_take(&argv, sb_box_path(&box, PROBES "/settings_source.py"));
	if (python->pip_wheel)
		sb_list_add(&argv, python->pip_wheel);
	struct sb_child child = { .argv = (const char *const *)argv.item,
				  .cwd = -1,
				  .input = input,
				  .seconds = SECONDS,
				  .bytes = ANSWER_MAX,
				  .memory = stage->settings->build_memory,
				  .line = take_line,
				  .separate = true,
				  .error_line = drop_line,
				  .ctx = &answer };

	if (sb_box_run(&box, &child, &end, &unseen) == 0 && end.end == SB_CHILD_EXITED && end.value == 0)
		out = sb_json_parse(sb_buffer_span(&answer.text), &unseen);
	else if (end.end == SB_CHILD_CANCELLED)
		sb_fail(err, SB_ECANCEL, "cancelled: %s", sb_cancel_asked() ? sb_cancel_asked() : "asked to");
	sb_buffer_release(&answer.text);
	return out;
}

/* The same, looked up where the same was asked before: it depends on nothing else. */
static json_t *ask(const struct sb_source_stage *stage, const struct sb_python *python, struct sb_span input,
		   struct sb_error *err)
{
	SB_AUTO_FREE char *probes = sb_xasprintf("%s/probes", sb_datadir());
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(ANSWER_MAX);
	SB_AUTO(sb_sha256) hash = { 0 };
	struct sb_error unseen = { 0 };
	char key[SB_DIGEST_HEX];
	json_t *answer = NULL;

	sb_note_key(&hash, "settings");
	sb_note_add_file(&hash, python->path);
	sb_note_add_file(&hash, probes);
	sb_sha256_add(&hash, input);
	sb_sha256_finish(&hash, key);
	if (sb_note_find(&text, stage->settings, "settings", key))
		answer = sb_json_parse(sb_buffer_span(&text), &unseen);
	if (stage->reused)
		*stage->reused = answer != NULL;
	if (answer)
		return answer;
	answer = run(stage, python, input, err);
	sb_buffer_clear(&text);
	if (answer)
		sb_json_print_compact(&text, answer);
	if (answer && !text.full)
		sb_note_keep(stage->settings, "settings", key, sb_buffer_span(&text));
	return answer;
}

static enum sb_severity severity_in(const json_t *one, enum sb_severity fallback)
{
	const char *word = sb_json_text(one, "severity", "");

	return !strcmp(word, "error") ? SB_ERROR : !strcmp(word, "warning") ? SB_WARNING : fallback;
}

static unsigned number_in(const json_t *one, const char *key)
{
	int64_t number = sb_json_int(one, key, 0);

	return number > 0 && number < 1 << 30 ? (unsigned)number : 0;
}

void sb_findings_from_json(struct sb_findings *findings, const struct sb_settings *settings,
			   const json_t *list)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const struct sb_rule *rule = sb_rule_find(sb_json_text(one, "rule", ""));
		const char *path = sb_json_text(one, "path", NULL), *fix = sb_json_text(one, "fix", NULL);
		const char *source = sb_json_text(one, "source", NULL);

		if (!rule)
			continue;

		struct sb_finding *f = sb_report_as(findings, settings, rule->id,
						    severity_in(one, rule->severity),
						    sb_json_text(one, "text", rule->title));

		if (path && *path)
			sb_finding_at(f, path, number_in(one, "line"), number_in(one, "column"));
		if (source && number_in(one, "line"))
			sb_finding_source(f, sb_span_of(source));
		if (fix && *fix)
			sb_finding_fix(f, "%s", fix);
	}
}

/* What the script says of the input; NULL: nothing. -1: cancelled. */
static int answer_of(json_t **out, const struct sb_source_stage *stage, const struct sb_buffer *input,
		     struct sb_error *err)
{
	SB_AUTO(sb_python) python = { 0 };
	struct sb_error cancelled = { 0 };

	*out = NULL;
	if (input->full || !find_quickly(&python, stage))
		return 0;
	*out = ask(stage, &python, sb_buffer_span(input), &cancelled);
	if (!*cancelled.text)
		return 0;
	*err = cancelled;
	return -1;
}

int sb_source_stage(struct sb_findings *findings, const struct sb_source_stage *stage, struct sb_error *err)
{
	SB_AUTO(sb_buffer) input = SB_BUFFER_INIT(64 << 20);
	SB_AUTO_JSON json_t *answer = NULL;

	if (!stage->plan->manage_py && !stage->plan->wsgi && !stage->checklist)
		return 0; /* no Django app */
	if (sb_source_input(&input, stage, err) < 0 || answer_of(&answer, stage, &input, err) < 0)
		return -1;
	if (!answer)
		return 0;
	sb_findings_from_json(findings, stage->settings, sb_json_at(answer, "findings"));
	if (stage->checklist)
		*stage->checklist = json_incref(json_object_get(answer, "checklist"));
	sb_findings_sort(findings);
	return 0;
}

int sb_source_locks(struct sb_list *older, const struct sb_source_stage *stage, struct sb_error *err)
{
	static const char *const names[] = { "Pipfile", "Pipfile.lock", "pyproject.toml", "poetry.lock", "uv.lock" };
	SB_AUTO(sb_buffer) input = SB_BUFFER_INIT(64 << 20);
	SB_AUTO_JSON json_t *answer = NULL;
	const json_t *one;
	size_t i;

	sb_source_input_locks(&input, stage, names, SB_COUNT(names));
	if (answer_of(&answer, stage, &input, err) < 0)
		return -1;
	json_array_foreach(sb_json_at(answer, "older"), i, one) if (json_is_string(one))
		sb_list_add(older, json_string_value(one));
	return 0;
}
