#include "base/base.h"
#include "check/rules_table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUP(title, stage, name) { title, stage, sb_rules_##name, &sb_rules_##name##_count }

const struct sb_rule_group sb_rule_groups[] = {
	GROUP("Files", SB_STAGE_STATIC, files),
	GROUP("What does not belong in a repository", SB_STAGE_STATIC, hygiene),
	GROUP("Procfile", SB_STAGE_STATIC, procfile),
	GROUP("Dependencies", SB_STAGE_STATIC, dependencies),
	GROUP("Python's version", SB_STAGE_STATIC, python),
	GROUP("What the server has", SB_STAGE_SOURCE, server),
	GROUP("app.json", SB_STAGE_STATIC, appjson),
	GROUP("Settings, read but not run", SB_STAGE_SOURCE, settings),
	GROUP("The app, with its dependencies", SB_STAGE_PROBE, probe),
	GROUP("Heroku's buildpack, with --strict heroku", SB_STAGE_STATIC, heroku),
};
const size_t sb_rule_group_count = SB_COUNT(sb_rule_groups);

const struct sb_rule *sb_rule_at(size_t i)
{
	for (size_t g = 0; g < sb_rule_group_count; g++) {
		if (i < *sb_rule_groups[g].n)
			return &sb_rule_groups[g].rule[i];
		i -= *sb_rule_groups[g].n;
	}
	return NULL;
}

const struct sb_rule *sb_rule_find(const char *id)
{
	const struct sb_rule *rule;

	for (size_t i = 0; (rule = sb_rule_at(i)) != NULL; i++)
		if (!strcmp(rule->id, id))
			return rule;
	return NULL;
}

const struct sb_rule_group *sb_rule_group_of(const struct sb_rule *rule)
{
	for (size_t g = 0; g < sb_rule_group_count; g++)
		for (size_t i = 0; i < *sb_rule_groups[g].n; i++)
			if (&sb_rule_groups[g].rule[i] == rule)
				return &sb_rule_groups[g];
	return NULL;
}

const char *sb_rule_nearest(const char *id)
{
	const struct sb_rule *rule;
	const char **ids = NULL;
	const char *near;
	size_t n = 0;

	for (; (rule = sb_rule_at(n)) != NULL; n++) {
		sb_grow(&ids, n, sizeof(*ids));
		ids[n] = rule->id;
	}
	sb_grow(&ids, n, sizeof(*ids));
	ids[n] = NULL;
	near = sb_nearest(id, ids);
	free(ids);
	return near;
}

static const char *const severities[] = { "off", "warning", "error" };

const char *sb_severity_name(enum sb_severity severity)
{
	return severities[severity];
}

const char *sb_rule_stage_name(enum sb_rule_stage stage)
{
	static const char *const names[] = { "static", "source", "probe" };

	return names[stage];
}

static bool severity_of(const char *word, enum sb_severity *out)
{
	for (size_t i = 0; i < SB_COUNT(severities); i++)
		if (!strcmp(severities[i], word)) {
			*out = (enum sb_severity)i;
			return true;
		}
	return false;
}

/* The owner's word on a rule: the last one set wins. */
static enum sb_severity severity(const struct sb_settings *settings, const struct sb_rule *rule,
				 enum sb_severity fallback)
{
	enum sb_severity said = fallback;
	size_t n = strlen(rule->id);

	for (size_t i = 0; settings && i < settings->rules.n; i++) {
		const char *row = settings->rules.item[i];

		if (!strncmp(row, rule->id, n) && row[n] == '=' && !severity_of(row + n + 1, &said))
			said = fallback;
	}
	return said;
}

struct sb_finding *sb_report(struct sb_findings *list, const struct sb_settings *settings,
			     const char *id, const char *fmt, ...)
{
	const struct sb_rule *rule = sb_rule_find(id);
	va_list ap;

	assert(rule);
	va_start(ap, fmt);
	SB_AUTO_FREE char *words = sb_xvasprintf(fmt, ap);
	va_end(ap);
	return sb_findings_add(list, rule->id, severity(settings, rule, rule->severity), "%s",
			       words);
}

struct sb_finding *sb_report_as(struct sb_findings *list, const struct sb_settings *settings,
				const char *id, enum sb_severity fallback, const char *text)
{
	const struct sb_rule *rule = sb_rule_find(id);

	assert(rule);
	return sb_findings_add(list, rule->id, severity(settings, rule, fallback), "%s", text);
}

static int check_row(const char *row, struct sb_error *err)
{
	const char *eq = strchr(row, '=');
	SB_AUTO_FREE char *id =
		eq ? sb_span_dup((struct sb_span) { row, (size_t)(eq - row) }) : sb_xstrdup(row);
	enum sb_severity said;

	if (!sb_rule_find(id)) {
		const char *near = sb_rule_nearest(id);

		sb_fail(err, SB_ECONFIG, "slugbuild.rule.%s: there is no such rule%s%s", id,
			near ? "; the nearest is " : "", near ? near : "");
		sb_error_fix(err, "git config --unset slugbuild.rule.%s", id);
		return -1;
	}
	if (!eq || !severity_of(eq + 1, &said))
		return sb_fail(err, SB_ECONFIG,
			       "slugbuild.rule.%s = %s: not one of error, warning, off", id,
			       eq ? eq + 1 : "");
	return 0;
}

int sb_rules_check_settings(const struct sb_settings *settings, struct sb_error *err)
{
	for (size_t i = 0; i < settings->rules.n; i++)
		if (check_row(settings->rules.item[i], err) < 0)
			return -1;
	return 0;
}
