#ifndef SB_RULES_H
#define SB_RULES_H

#include "base/findings.h"
#include "base/settings.h"

/*
 * The table of rules, in groups. `slugbuild.rule.ID = error|warning|off` changes a severity.
 *
 *	const struct sb_rule *rule;
 *
 *	for (size_t i = 0; (rule = sb_rule_at(i)) != NULL; i++)
 *		printf("%s\n", rule->id);
 */
struct sb_rule {
	const char *id; /* words of small letters and digits with - between */
	enum sb_severity severity;
	const char *title;   /* what is wrong, in one line */
	const char *why;     /* why that matters on a deploy, and what to do: a paragraph */
	const char *example; /* what fires it: a few lines, or a description of a tree */
};

enum sb_rule_stage { SB_STAGE_STATIC, SB_STAGE_SOURCE, SB_STAGE_PROBE };

struct sb_rule_group {
	const char *title; /* "Procfile" */
	enum sb_rule_stage stage;
	const struct sb_rule *rule;
	const size_t *n;
};

extern const struct sb_rule_group sb_rule_groups[];
extern const size_t sb_rule_group_count;

const struct sb_rule *sb_rule_at(size_t i);            /* of all groups in their order; NULL behind the last */
const struct sb_rule *sb_rule_find(const char *id);    /* or NULL */
const struct sb_rule_group *sb_rule_group_of(const struct sb_rule *rule);
const char *sb_rule_nearest(const char *id);           /* the id that was probably meant, or NULL */
const char *sb_rule_stage_name(enum sb_rule_stage stage); /* "static", "source", "probe" */
const char *sb_severity_name(enum sb_severity severity);  /* "off", "warning", "error" */

/* Adds a finding of that rule at the severity the owner gave it. `id` must be in the table. */
struct sb_finding *sb_report(struct sb_findings *list, const struct sb_settings *settings, const char *id,
			     const char *fmt, ...) SB_PRINTF(4, 5);

/* The same at another severity than the table's, where the owner said none. */
struct sb_finding *sb_report_as(struct sb_findings *list, const struct sb_settings *settings, const char *id,
				enum sb_severity fallback, const char *text);

/* Each slugbuild.rule.* names a rule and a severity, or SB_ECONFIG naming the nearest. */
int sb_rules_check_settings(const struct sb_settings *settings, struct sb_error *err) SB_MUST_CHECK;

#endif
