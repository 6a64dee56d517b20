/*
 * The static stage as pre-receive runs it, in a process of its own: settings, repository, rules,
 * with the tree of the accepted commit known.
 *
 *	check_push REPO NEW OLD
 */
#include "base/base.h"
#include "check/check.h"

#include <stdio.h>
#include <string.h>

static int run(const char *path, const char *rev, const char *old_rev, struct sb_error *err)
{
	SB_AUTO(sb_repo) repo = { 0 };
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_findings) findings = { 0 };
	SB_AUTO(sb_plan) plan = { 0 };
	struct sb_commit commit, old;
	char oid[SB_OID_MAX + 1];

	if (sb_repo_open(&repo, path, err) < 0 || sb_repo_settings(&settings, &repo, err) < 0 ||
	    sb_repo_resolve(&repo, rev, oid, err) < 0 || sb_repo_commit(&repo, oid, &commit, err) < 0 ||
	    sb_repo_resolve(&repo, old_rev, oid, err) < 0 || sb_repo_commit(&repo, oid, &old, err) < 0)
		return -1;

	struct sb_check check = {
		.repo = &repo, .tree = commit.tree, .settings = &settings, .known = old.tree
	};

	if (sb_check_run(&plan, &findings, &check, err) < 0)
		return -1;
	printf(findings.n ? "%zu findings\n" : "No findings\n", findings.n);
	for (size_t i = 0; i < findings.n; i++)
		printf("%s %s\n", findings.item[i].rule, findings.item[i].text);
	return 0;
}

int main(int argc, char **argv)
{
	struct sb_error err = { 0 };

	if (argc != 4 || run(argv[1], argv[2], argv[3], &err) < 0) {
		fprintf(stderr, "check_push: %s\n", *err.text ? err.text : "usage: check_push REPO NEW OLD");
		return 2;
	}
	return 0;
}
