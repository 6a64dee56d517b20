#ifndef SB_RULES_H
#define SB_RULES_H

#include "base/findings.h"
#include "base/settings.h"

/*
 * One table of rules: id, default severity, one line of what it is about.
 * `slugbuild.rule.ID = error|warning|off` changes a severity.
 */
struct sb_rule {
	const char *id;
	enum sb_severity severity;
	const char *title;
};

extern const struct sb_rule sb_rule_table[];
extern const size_t sb_rule_count;

const struct sb_rule *sb_rule_find(const char *id); /* or NULL */

/* Adds a finding of that rule at the severity the owner gave it. `id` must be in the table. */
struct sb_finding *sb_report(struct sb_findings *list, const struct sb_settings *settings, const char *id,
			     const char *fmt, ...) SB_PRINTF(4, 5);

/* The same at another severity than the table's, where the owner said none. */
struct sb_finding *sb_report_as(struct sb_findings *list, const struct sb_settings *settings, const char *id,
				enum sb_severity fallback, const char *text);

/* Each slugbuild.rule.* names a rule and a severity, or SB_ECONFIG naming the nearest. */
int sb_rules_check_settings(const struct sb_settings *settings, struct sb_error *err) SB_MUST_CHECK;

#endif
