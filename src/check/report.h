#ifndef SB_REPORT_H
#define SB_REPORT_H

#include "base/findings.h"
#include "base/json.h"

/*
 * Findings for programs: `check --json`, whose schema is templates/findings.schema.json, and
 * `check --sarif`, SARIF 2.1.0 for editors and code hosts.
 *
 *	sb_findings_sort(&findings);
 *	sb_cli_print_json(sb_report_json(&findings, commit.oid, &log->mask));
 *
 * Texts, fixes and lines are as a terminal shows them: masked values hidden, control bytes
 * visible. Lines and columns are from 1. A JSON column counts bytes, as on the terminal; a SARIF
 * column counts characters, and its paths are URIs that hold any byte. Both return a new
 * reference.
 */

/* `commit` NULL: what was checked is no commit. */
json_t *sb_report_json(const struct sb_findings *findings, const char *commit,
		       const struct sb_list *mask) SB_MUST_CHECK;

json_t *sb_report_sarif(const struct sb_findings *findings,
			const struct sb_list *mask) SB_MUST_CHECK;

#endif
