#ifndef SB_SOURCE_STAGE_H
#define SB_SOURCE_STAGE_H

#include "base/json.h"
#include "base/log.h"
#include "check/check.h"

/*
 * The source stage: what can be said of an app's settings by reading them with CPython's own
 * parser. One start of an interpreter (the app's where it is here, else any from 3.8 on), in the
 * box, without a network, for at most ten seconds; nothing of the app is run and nothing is
 * checked out: the few files it needs go in by standard input, from git's objects.
 *
 *	struct sb_source_stage stage = { .settings = …, .repo = &repo, .tree = tree, .plan = &plan };
 *
 *	if (sb_source_stage(&findings, &stage, err) < 0)
 *		return -1;                       // the objects could not be read, or cancelled
 *
 * Where there is no interpreter, or it fails, nothing is found: this stage may be left out at
 * any time, and a build says the rest.
 */
struct sb_source_stage {
	const struct sb_settings *settings;
	struct sb_repo *repo;
	const char *tree; /* the app's */
	const struct sb_plan *plan;
	const struct sb_list *config; /* config vars, of which names are used; NULL: no app is known */
	const char *app;              /* for the fix lines; or NULL */
	bool *reused;                 /* out: the answer was known; or NULL */
	json_t **checklist;           /* out: see templates/probes/source_checklist.py; owned. NULL: not asked for */
};

int sb_source_stage(struct sb_findings *findings, const struct sb_source_stage *stage,
		    struct sb_error *err) SB_MUST_CHECK;

/* The locks in the root that are older than what they were made from: "uv.lock". Added to `older`;
 * nothing where that cannot be told. Of `stage` the settings, repository, tree and plan count. */
int sb_source_locks(struct sb_list *older, const struct sb_source_stage *stage,
		    struct sb_error *err) SB_MUST_CHECK;

/* Adds what a probe printed: [{rule, severity, path, line, column, text, fix, source}]; what names
 * no rule of ours is left out. */
void sb_findings_from_json(struct sb_findings *findings, const struct sb_settings *settings,
			   const json_t *list);

#endif
