#include "base/base.h"
#include "build/probe_answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/sha256.h"
#include "build/diagnose.h"
#include "build/source_stage.h"
#include "check/rules.h"

void sb_probe_seal(json_t *question)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(16 << 20);
	char hex[SB_DIGEST_HEX];

	sb_json_print_compact(&text, question);
	sb_sha256_of(sb_buffer_span(&text), hex);
	sb_json_set_text(question, "token", hex);
}

/* The last line that is an answer to this question. */
static json_t *find(const struct sb_probe_about *about, struct sb_span output)
{
	const char *token = sb_json_text(about->question, "token", "-");
	struct sb_span line;
	json_t *found = NULL;

	while (sb_span_line(&output, &line)) {
		struct sb_error unseen = { 0 };
		json_t *one;

		if (!sb_span_starts(line, "{") || !sb_span_find(line, token))
			continue;
		one = sb_json_parse(line, &unseen);
		if (!one || strcmp(sb_json_text(one, "token", ""), token) != 0 ||
		    !json_is_array(sb_json_at(one, "findings"))) {
			json_decref(one);
			continue;
		}
		json_decref(found);
		found = one;
	}
	return found;
}

static void say_silent(const struct sb_probe_about *about, const char *why)
{
	struct sb_finding *f = sb_report(about->findings, about->settings, "probe-silent",
					 "nothing is known of the app as it runs: %s",
					 why ? why : "the interpreter ended before it could answer");

	sb_finding_fix(f, "the settings and apps are imported here, without a network: let nothing in them\n"
			  "end the process, wait for something or fill the memory");
}

/* The diagnosis without its last line, which is about collectstatic. */
static void take_diagnosis(const struct sb_probe_about *about, const char *rule, enum sb_severity severity,
			   const struct sb_error *why, const struct sb_diagnosis *whole)
{
	SB_AUTO(sb_list) fix = { 0 };
	struct sb_span rest = sb_span_of(whole->fix ? whole->fix : why->fix), line;
	struct sb_span where = sb_span_of(why->where), path;
	struct sb_finding *f = sb_report_as(about->findings, about->settings, rule, severity,
					    whole->text ? whole->text : why->text);

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

/* What stopped the settings or the apps, in the words that collectstatic's failures get. What has no
 * such words may come of the box, and warns. */
static void take_failure(const struct sb_probe_about *about, const json_t *failed)
{
	const char *rule = sb_json_text(failed, "rule", "");
	const char *trace = sb_json_text(failed, "traceback", NULL);
	struct sb_error why = { 0 };
	SB_AUTO(sb_diagnosis) whole = { 0 };
	struct sb_diagnose diagnose = { .output = sb_span_of(trace ? trace : ""),
					.tool = "the probe",
					.app = about->app,
					.root = about->root,
					.python = about->python,
					.manage = about->manage,
					.read = about->read,
					.ctx = about->ctx,
					.whole = &whole };

	if (!trace || !sb_rule_find(rule) || sb_diagnose_static(&diagnose, &why) == 0)
		return;

	bool known = !strstr(why.text, "collectstatic failed");

	if (!known) {
		sb_diagnosis_release(&whole);
		whole.text = sb_xasprintf("the settings cannot be imported where there is no network: %s",
					  sb_json_text(failed, "error", "?"));
	}
	take_diagnosis(about, rule, known && about->certain ? SB_ERROR : SB_WARNING, &why, &whole);
}

json_t *sb_probe_answer(const struct sb_probe_about *about, struct sb_span output, const char *why)
{
	json_t *answer = find(about, output);

	if (!answer) {
		say_silent(about, why);
		return NULL;
	}
	sb_findings_from_json(about->findings, about->settings, sb_json_at(answer, "findings"));
	take_failure(about, sb_json_at(answer, "failed"));
	return answer;
}
