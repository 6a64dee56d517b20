#ifndef SB_CHECK_H
#define SB_CHECK_H

#include "check/plan.h"
#include "source/tree.h"

/*
 * The static stage: rules over the pushed files, from git objects only; starts no
 * program and writes nothing. All findings at once.
 *
 *	SB_AUTO(sb_findings) findings = { 0 };
 *	SB_AUTO(sb_plan) plan = { 0 };
 *	struct sb_check check = { .repo = &repo, .tree = commit.tree, .settings = &settings };
 *
 *	if (sb_check_run(&plan, &findings, &check, err) < 0)
 *		return -1;                       // could not look
 *	if (findings.errors)
 *		refuse();
 *
 * The plan is complete where there are no errors, and else holds what could be read.
 */
struct sb_check {
	struct sb_repo *repo;
	const char *top;  /* the commit's tree, where .gitmodules is; NULL: the same */
	const char *tree; /* of the app: a commit's, or its subtree at slugbuild.path */
	const struct sb_settings *settings;
	bool heroku; /* ask Heroku's rules, and no others: see heroku.h. The plan stays empty */
	const char *known; /* a tree that was checked before, of the app as `tree` is; NULL: none. What it has
			    * is not looked through for tokens again */
	int64_t now; /* seconds since 1970; 0: the clock's. Versions past their end are told by it */
};

int sb_check_run(struct sb_plan *plan, struct sb_findings *findings, const struct sb_check *check,
		 struct sb_error *err) SB_MUST_CHECK;

#endif
