#ifndef SB_FINDINGS_H
#define SB_FINDINGS_H

#include "base/span.h"

/*
 * What is wrong with the pushed files: all of it, not the first of it.
 * A finding says which rule, where, what, and how to mend it.
 *
 *	struct sb_finding *f = sb_findings_add(list, "procfile-module-missing", SB_ERROR,
 *					       "no module %s in the tree", name);
 *	sb_finding_at(f, "Procfile", 1, 15);
 *	sb_finding_source(f, line);
 *	sb_finding_fix(f, "web: gunicorn %s", nearest);
 *
 * Texts hold what was pushed: whoever prints them makes control bytes visible
 * (sb_log and sb_findings_print do). Severities come from the rule table
 * (check/rules.h), which knows the owner's settings.
 */

enum sb_severity { SB_OFF, SB_WARNING, SB_ERROR };

struct sb_finding {
	const char *rule; /* id; borrowed from the rule table */
	enum sb_severity severity;
	char *path; /* in the tree; NULL where it is about the whole tree. All strings owned. */
	unsigned line, column; /* from 1; 0: none */
	char *text;
	char *fix;    /* what to do, may have several lines; or NULL */
	char *source; /* the line the finding is about, or NULL */
};

struct sb_findings {
	struct sb_finding *item; /* pointers into it are valid until the next add */
	size_t n, errors, warnings;
};

/* SB_OFF adds nothing that counts: the returned finding is then a scratch one, never NULL. */
struct sb_finding *sb_findings_add(struct sb_findings *list, const char *rule,
				   enum sb_severity severity, const char *fmt, ...) SB_PRINTF(4, 5);
void sb_finding_at(struct sb_finding *finding, const char *path, unsigned line, unsigned column);
void sb_finding_source(struct sb_finding *finding, struct sb_span line);
void sb_finding_fix(struct sb_finding *finding, const char *fmt, ...) SB_PRINTF(2, 3);

void sb_findings_sort(struct sb_findings *list); /* errors first, then path, line, column, rule */
/* The list without its first `n`: a view that owns nothing, good until the next add. */
struct sb_findings sb_findings_after(const struct sb_findings *list, size_t n);
/* All of `from` go behind those of `to`; `from` is left empty. */
void sb_findings_take(struct sb_findings *to, struct sb_findings *from);
void sb_findings_release(struct sb_findings *list);

#endif
