#include "base/base.h"
#include "check/report.h"

#include "base/clean.h"
#include "base/utf8.h"
#include "check/heroku.h"
#include "check/rules.h"

#include <string.h>

static void set_clean(json_t *out, const char *key, const char *text, const struct sb_list *mask)
{
	SB_AUTO(sb_buffer) clean = SB_BUFFER_INIT(SIZE_MAX / 2);
	struct sb_span rest = sb_span_of(text ? text : ""), line;
	bool first = true;

	while (sb_span_line(&rest, &line)) {
		if (!first)
			sb_buffer_addc(&clean, '\n');
		first = false;
		sb_clean(&clean, line, mask, false);
	}
	sb_json_set_text(out, key, !text ? NULL : clean.p ? clean.p : "");
}

static json_t *finding_json(const struct sb_finding *finding, const struct sb_list *mask)
{
	json_t *out = sb_json_new_object();

	sb_json_set_text(out, "rule", finding->rule);
	sb_json_set_text(out, "severity", sb_severity_name(finding->severity));
	sb_json_set_text(out, "path", finding->path);
	sb_json_set_int(out, "line", finding->line);
	sb_json_set_int(out, "column", finding->column);
	set_clean(out, "text", finding->text, mask);
	set_clean(out, "fix", finding->fix, mask);
	set_clean(out, "source", finding->source, mask);
	sb_json_set_text(out, "reason", sb_heroku_reason(finding->rule));
	return out;
}

json_t *sb_report_json(const struct sb_findings *findings, const char *commit,
		       const struct sb_list *mask)
{
	json_t *out = sb_json_new_object(), *list = sb_json_new_array();

	for (size_t i = 0; i < findings->n; i++)
		sb_json_push_take(list, finding_json(&findings->item[i], mask));
	sb_json_set_int(out, "version", 1);
	sb_json_set_text(out, "commit", commit);
	sb_json_set_take(out, "findings", list);
	sb_json_set_int(out, "errors", (int64_t)findings->errors);
	sb_json_set_int(out, "warnings", (int64_t)findings->warnings);
	return out;
}

/* ---- SARIF ---- */

/* A relative reference that any byte of a path fits in: RFC 3986, and no ':' in its first part. */
static void set_uri(json_t *out, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~/";
	SB_AUTO(sb_buffer) uri = SB_BUFFER_INIT(SIZE_MAX / 2);

	for (const char *p = path; *p; p++)
		if (strchr(plain, *p))
			sb_buffer_addc(&uri, *p);
		else
			sb_buffer_addf(&uri, "%%%02X", (unsigned char)*p);
	sb_json_set_text(out, "uri", uri.p ? uri.p : "");
	sb_json_set_text(out, "uriBaseId", "%SRCROOT%");
}

static json_t *text_object(const char *text, const struct sb_list *mask)
{
	json_t *out = sb_json_new_object();

	set_clean(out, "text", text, mask);
	return out;
}

/* Ours count bytes of the line; SARIF's (columnKind) characters. Without the line nobody can tell. */
static json_t *region(const struct sb_finding *finding, const struct sb_list *mask)
{
	json_t *out = sb_json_new_object();

	sb_json_set_int(out, "startLine", finding->line);
	if (!finding->source)
		return out;

	struct sb_span before = sb_span_of(finding->source);

	if (finding->column) {
		before.n = finding->column - 1 < before.n ? finding->column - 1 : before.n;
		sb_json_set_int(out, "startColumn", (int64_t)sb_utf8_columns(before) + 1);
	}
	sb_json_set_take(out, "snippet", text_object(finding->source, mask));
	return out;
}

static json_t *locations(const struct sb_finding *finding, const struct sb_list *mask)
{
	json_t *list = sb_json_new_array(), *one, *physical, *artifact;

	if (!finding->path)
		return list;
	artifact = sb_json_new_object();
	set_uri(artifact, finding->path);
	physical = sb_json_new_object();
	sb_json_set_take(physical, "artifactLocation", artifact);
	if (finding->line)
		sb_json_set_take(physical, "region", region(finding, mask));
	one = sb_json_new_object();
	sb_json_set_take(one, "physicalLocation", physical);
	sb_json_push_take(list, one);
	return list;
}

static json_t *result(const struct sb_finding *finding, size_t rule, const struct sb_list *mask)
{
	SB_AUTO_FREE char *text = finding->fix
					  ? sb_xasprintf("%s\nfix: %s", finding->text, finding->fix)
					  : sb_xstrdup(finding->text);
	json_t *out = sb_json_new_object();

	sb_json_set_text(out, "ruleId", finding->rule);
	sb_json_set_int(out, "ruleIndex", (int64_t)rule);
	sb_json_set_text(out, "level", sb_severity_name(finding->severity));
	sb_json_set_take(out, "message", text_object(text, mask));
	sb_json_set_take(out, "locations", locations(finding, mask));
	return out;
}

/* `title` as a sentence. */
static json_t *sentence(const char *title)
{
	SB_AUTO_FREE char *text = sb_xasprintf("%s.", title);

	return text_object(text, NULL);
}

static json_t *descriptor(const struct sb_rule *rule)
{
	SB_AUTO_FREE char *help = sb_xasprintf("%s\n\nFor example:\n\n%s", rule->why, rule->example);
	json_t *out = sb_json_new_object(), *configuration = sb_json_new_object();
	json_t *properties = sb_json_new_object();

	sb_json_set_text(configuration, "level",
			 rule->severity == SB_OFF ? "none" : sb_severity_name(rule->severity));
	sb_json_set_text(properties, "stage", sb_rule_stage_name(sb_rule_group_of(rule)->stage));
	if (sb_heroku_reason(rule->id))
		sb_json_set_text(properties, "reason", sb_heroku_reason(rule->id));
	sb_json_set_text(out, "id", rule->id);
	sb_json_set_take(out, "shortDescription", sentence(rule->title));
	sb_json_set_take(out, "fullDescription", text_object(rule->why, NULL));
	sb_json_set_take(out, "help", text_object(help, NULL));
	sb_json_set_take(out, "defaultConfiguration", configuration);
	sb_json_set_take(out, "properties", properties);
	return out;
}

/* Where the rule of a finding stands in `rules`, which gets it when it is new. */
static size_t index_of(json_t *rules, const char *id)
{
	const json_t *one;
	size_t i;

	json_array_foreach(rules, i, one)
		if (!strcmp(sb_json_text(one, "id", ""), id))
			return i;
	sb_json_push_take(rules, descriptor(sb_rule_find(id)));
	return json_array_size(rules) - 1;
}

static json_t *tool(json_t *rules)
{
	json_t *out = sb_json_new_object(), *driver = sb_json_new_object();

	sb_json_set_text(driver, "name", "slugbuild");
	sb_json_set_text(driver, "semanticVersion", SB_VERSION);
	sb_json_set_take(driver, "rules", rules);
	sb_json_set_take(out, "driver", driver);
	return out;
}

json_t *sb_report_sarif(const struct sb_findings *findings, const struct sb_list *mask)
{
	json_t *out = sb_json_new_object(), *runs = sb_json_new_array(), *run = sb_json_new_object();
	json_t *results = sb_json_new_array(), *rules = sb_json_new_array();

	for (size_t i = 0; i < findings->n; i++)
		sb_json_push_take(results,
				  result(&findings->item[i],
					 index_of(rules, findings->item[i].rule), mask));
	sb_json_set_take(run, "tool", tool(rules));
	sb_json_set_text(run, "columnKind", "unicodeCodePoints");
	sb_json_set_take(run, "results", results);
	sb_json_push_take(runs, run);
	sb_json_set_text(out, "version", "2.1.0");
	sb_json_set_text(out, "$schema", "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json");
	sb_json_set_take(out, "runs", runs);
	return out;
}
