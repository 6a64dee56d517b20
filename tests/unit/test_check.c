#include "unit.h"
#include "check/check.h"
#include "check/rules.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * tests/data/check/RULE/CASE/ is one pushed tree: the files of base/, those of CASE/tree over
 * them, and what the shell script CASE/setup then does to them. CASE/expect lists the findings,
 * "severity rule path:line:column"; CASE/plan, where there is one, what the plan must say.
 * Folders of rules "heroku-…" are checked by Heroku's rules.
 * Case names that start with "good" must fire nothing of RULE, the others must.
 */

#define DATA "tests/data/check"

static char scratch[] = "/tmp/sb-check-XXXXXX";

static void run(const char *command)
{
	if (system(command))
		fail_msg("failed: %s", command);
}

static void make_tree(const char *folder)
{
	SB_AUTO_FREE char *command = sb_xasprintf(
		"set -e; rm -rf %s/app; mkdir %s/app; cp -R " DATA
		"/base/. %s/app; [ ! -d %s/tree ] || cp -R %s/tree/. %s/app; "
		"setup=$PWD/%s/setup; cd %s/app; export HOME=%s GIT_CONFIG_NOSYSTEM=1; "
		"git init -q -b main; git config core.autocrlf false; "
		"[ ! -f \"$setup\" ] || sh -e \"$setup\"; git add -A; "
		"git -c user.name=t -c user.email=t@example.com commit -q --allow-empty -m t",
		scratch, scratch, scratch, folder, folder, scratch, folder, scratch, scratch);

	run(command);
}

static char *slurp(const char *folder, const char *name)
{
	SB_AUTO_FREE char *path = sb_xasprintf("%s/%s", folder, name);
	FILE *f = fopen(path, "rb");
	char *text = sb_xcalloc(65536, 1);

	if (!f) {
		free(text);
		return NULL;
	}
	text[fread(text, 1, 65535, f)] = '\0';
	fclose(f);
	return text;
}

static void print_findings(struct sb_buffer *out, const struct sb_findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct sb_finding *f = &findings->item[i];

		sb_buffer_addf(out, "%s %s %s:%u:%u\n",
			       f->severity == SB_ERROR ? "error" : "warning", f->rule,
			       f->path ? f->path : "-", f->line, f->column);
	}
}

static void print_plan(struct sb_buffer *out, const struct sb_plan *plan)
{
	const struct sb_version_wish *python = &plan->python;

	for (size_t i = 0; i < plan->processes; i++)
		sb_buffer_addf(out, "process %s: %s\n", plan->process[i].name,
			       plan->process[i].command);
	if (plan->release)
		sb_buffer_addf(out, "release: %s\n", plan->release);
	if (python->spec)
		sb_buffer_addf(out, "python %s from %s\n", python->spec, python->origin);
	else if (python->origin)
		sb_buffer_addf(out, "python %d.%d.%d from %s\n", python->major, python->minor,
			       python->patch, python->origin);
	sb_buffer_addf(out, "manager %s\n", sb_manager_name(plan->manager));
	for (size_t i = 0; i < plan->inputs.n; i++)
		sb_buffer_addf(out, "input %s\n", plan->inputs.item[i]);
	sb_buffer_addf(out, "%s%s", plan->local_code ? "local code\n" : "",
		       plan->project_package ? "a package\n" : "");
	if (plan->manage_py)
		sb_buffer_addf(out, "manage %s\n", plan->manage_py);
	if (plan->wsgi)
		sb_buffer_addf(out, "wsgi %s\n", plan->wsgi);
	if (plan->collectstatic_off)
		sb_buffer_adds(out, "collectstatic off\n");
	if (plan->formation)
		sb_buffer_addf(out, "formation %s\n", plan->formation);
	if (plan->health_path)
		sb_buffer_addf(out, "health %s\n", plan->health_path);
	for (size_t i = 0; i < plan->envs; i++)
		sb_buffer_addf(out, "env %s=%s%s%s\n", plan->env[i].name,
			       plan->env[i].value ? plan->env[i].value : "?",
			       plan->env[i].secret ? " secret" : "",
			       plan->env[i].required ? " required" : "");
	if (plan->predeploy)
		sb_buffer_addf(out, "predeploy %s\n", plan->predeploy);
	if (plan->postdeploy)
		sb_buffer_addf(out, "postdeploy %s\n", plan->postdeploy);
}

/* `known`: a revision whose tree was checked before, or NULL. */
static void check_after(struct sb_plan *plan, struct sb_findings *findings,
			const struct sb_settings *settings, const char *known, bool heroku)
{
	SB_AUTO_FREE char *path = sb_xasprintf("%s/app/.git", scratch);
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_error err = { 0 };
	struct sb_commit commit, old = { 0 };
	char oid[SB_OID_MAX + 1];

	if (sb_repo_open(&repo, path, &err) < 0 || sb_repo_resolve(&repo, "HEAD", oid, &err) < 0 ||
	    sb_repo_commit(&repo, oid, &commit, &err) < 0)
		fail_msg("%s", err.text);

	if (known && (sb_repo_resolve(&repo, known, oid, &err) < 0 || sb_repo_commit(&repo, oid, &old, &err) < 0))
		fail_msg("%s", err.text);

	/* 2026-06-01: what has ended by then stays ended */
	struct sb_check check = {
		.repo = &repo, .tree = commit.tree, .settings = settings, .known = old.tree,
		.heroku = heroku, .now = 1780272000
	};

	if (sb_check_run(plan, findings, &check, &err) < 0)
		fail_msg("%s", err.text);
}

static void check_tree(struct sb_plan *plan, struct sb_findings *findings,
		       const struct sb_settings *settings, bool heroku)
{
	check_after(plan, findings, settings, NULL, heroku);
}

static bool names_rule(const char *expect, const char *rule)
{
	SB_AUTO_FREE char *word = sb_xasprintf(" %s ", rule);

	return strstr(expect, word) != NULL;
}

static bool one_case(const char *rule, const char *name)
{
	SB_AUTO_FREE char *folder = sb_xasprintf(DATA "/%s/%s", rule, name);
	SB_AUTO_FREE char *expect = slurp(folder, "expect");
	SB_AUTO_FREE char *expect_plan = slurp(folder, "plan");
	SB_AUTO(sb_buffer) got = SB_BUFFER_INIT(1 << 16), got_plan = SB_BUFFER_INIT(1 << 16);
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_findings) findings = { 0 };
	SB_AUTO(sb_plan) plan = { 0 };

	sb_settings_init(&settings);
	make_tree(folder);
	check_tree(&plan, &findings, &settings, !strncmp(rule, "heroku-", 7));
	print_findings(&got, &findings);
	print_plan(&got_plan, &plan);
	if (strcmp(got.n ? got.p : "", expect ? expect : "")) {
		print_error("%s: expected\n%s\ngot\n%s\n", folder, expect ? expect : "",
			    got.n ? got.p : "");
		return false;
	}
	if (expect_plan && strcmp(got_plan.p, expect_plan)) {
		print_error("%s: expected\n%s\ngot\n%s\n", folder, expect_plan, got_plan.p);
		return false;
	}
	if (strcmp(rule, "plan") &&
	    names_rule(got.n ? got.p : "", rule) != (strncmp(name, "good", 4) != 0)) {
		print_error("%s: the name of the case and what it fires do not fit\n", folder);
		return false;
	}
	return true;
}

static int no_dots(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void each_folder_fires_what_it_says(void **state)
{
	struct dirent **rules, **cases;
	int n = scandir(DATA, &rules, no_dots, alphasort), cases_run = 0, bad = 0;

	(void)state;
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		SB_AUTO_FREE char *folder = sb_xasprintf(DATA "/%s", rules[i]->d_name);
		int m = strcmp(rules[i]->d_name, "base")
				? scandir(folder, &cases, no_dots, alphasort)
				: 0;

		for (int k = 0; k < m; k++) {
			bad += !one_case(rules[i]->d_name, cases[k]->d_name);
			cases_run++;
			free(cases[k]);
		}
		if (m)
			free(cases);
		free(rules[i]);
	}
	free(rules);
	assert_true(cases_run > 40);
	assert_int_equal(bad, 0);
}

/* Whether a test is known, by a line of it that fails otherwise, to fire the rule: those of the probe
 * want a real Django, and tests/e2e/r0851-probe-spares.sh is the app that must fire none of them. */
static bool is_fired_end_to_end(const char *rule)
{
	SB_AUTO_FREE char *command =
		sb_xasprintf("grep -qE '^[[:space:]]*has .*(error|warning)\\[%s\\]' "
			     "tests/e2e/r*.sh tests/e2e/t*.sh",
			     rule);

	return system(command) == 0;
}

static void every_rule_has_a_folder_that_fires_it_and_one_that_must_not(void **state)
{
	const struct sb_rule *rule;

	(void)state;
	for (size_t i = 0; (rule = sb_rule_at(i)) != NULL; i++) {
		SB_AUTO_FREE char *here = sb_xasprintf(DATA "/%s", rule->id);
		SB_AUTO_FREE char *source = sb_xasprintf("tests/data/source/%s", rule->id);
		const char *folder = access(here, F_OK) ? source : here;
		struct dirent **cases;

		/* Which interpreters there are is no matter of a tree, and reading TOML takes one. */
		if (sb_rule_group_of(rule)->stage == SB_STAGE_PROBE ||
		    !strcmp(rule->id, "python-version-missing") ||
		    !strcmp(rule->id, "heroku-install-dependencies-poetry")) {
			if (!is_fired_end_to_end(rule->id))
				fail_msg("no test in tests/e2e has a line: has \"error[%s]\" …",
					 rule->id);
			continue;
		}

		int n = scandir(folder, &cases, no_dots, alphasort), good = 0;

		for (int k = 0; k < n; k++) {
			good += !strncmp(cases[k]->d_name, "good", 4);
			free(cases[k]);
		}
		if (n > 0)
			free(cases);
		if (!good || good == n)
			fail_msg("%s needs a folder that fires it and one that does not", folder);
	}
}

static void the_owner_sets_the_severity(void **state)
{
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_findings) findings = { 0 };
	SB_AUTO(sb_plan) plan = { 0 };

	(void)state;
	sb_settings_init(&settings);
	sb_list_add(&settings.rules, "procfile-missing=error");
	make_tree(DATA "/procfile-missing/bad");
	check_tree(&plan, &findings, &settings, false);
	assert_int_equal(findings.errors, 1);
	assert_string_equal(findings.item[0].rule, "procfile-missing");
	assert_string_equal(
		findings.item[0].text,
		"no Procfile: the release will have no processes, nothing will be started");
	assert_string_equal(findings.item[0].fix,
			    "echo \"web: gunicorn mysite.wsgi\" > Procfile && git add Procfile");
}

static void the_line_to_write_is_the_apps_own(void **state)
{
	static const struct {
		const char *folder, *starts;
	} rows[] = {
		{ "bad-wsgi-package", "echo \"web: gunicorn shop.wsgi\" > Procfile" },
		{ "bad-asgi", "echo \"web: gunicorn -k uvicorn.workers.UvicornWorker shop.asgi\"" },
		{ "bad-nothing", "echo \"web: gunicorn PROJECT.wsgi\" > Procfile" },
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		SB_AUTO_FREE char *folder =
			sb_xasprintf(DATA "/procfile-missing/%s", rows[i].folder);
		SB_AUTO(sb_settings) settings = { 0 };
		SB_AUTO(sb_findings) findings = { 0 };
		SB_AUTO(sb_plan) plan = { 0 };

		sb_settings_init(&settings);
		make_tree(folder);
		check_tree(&plan, &findings, &settings, false);
		assert_int_equal(findings.n, 1);
		assert_memory_equal(findings.item[0].fix, rows[i].starts, strlen(rows[i].starts));
	}
}

/* Only what a push changes is looked through for tokens. */
static void tokens_of_an_accepted_tree_are_not_found_again(void **state)
{
	static const struct {
		const char *change, *known;
		size_t errors;
	} rows[] = {
		{ "true", NULL, 2 },
		{ "true", "HEAD^", 0 }, /* accepted as it is */
		{ "echo b >>mysite/b.py", "HEAD^", 0 },
		{ "cp mysite/pay.py mysite/b.py", "HEAD^", 1 },
		{ "echo b >>mysite/pay.py", "HEAD^", 1 },
		{ "git mv mysite other", "HEAD^", 1 },
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		SB_AUTO(sb_settings) settings = { 0 };
		SB_AUTO(sb_findings) findings = { 0 };
		SB_AUTO(sb_plan) plan = { 0 };
		SB_AUTO_FREE char *change = sb_xasprintf(
			"cd %s/app && %s && git add -A && git -c user.name=t -c user.email=t@example.com "
			"commit -q --allow-empty -m t",
			scratch, rows[i].change);
		size_t tokens = 0;

		sb_settings_init(&settings);
		make_tree(DATA "/secret-token/bad");
		run(change);
		check_after(&plan, &findings, &settings, rows[i].known, false);
		for (size_t k = 0; k < findings.n; k++)
			tokens += !strcmp(findings.item[k].rule, "secret-token");
		if (tokens != rows[i].errors)
			fail_msg("%s: %zu tokens found, not %zu", rows[i].change, tokens, rows[i].errors);
	}
}

static int make_scratch(void **state)
{
	(void)state;
	return mkdtemp(scratch) ? 0 : -1;
}

static int drop_scratch(void **state)
{
	SB_AUTO_FREE char *command = sb_xasprintf("rm -rf %s", scratch);

	(void)state;
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_folder_fires_what_it_says),
		cmocka_unit_test(every_rule_has_a_folder_that_fires_it_and_one_that_must_not),
		cmocka_unit_test(the_owner_sets_the_severity),
		cmocka_unit_test(the_line_to_write_is_the_apps_own),
		cmocka_unit_test(tokens_of_an_accepted_tree_are_not_found_again),
	};

	return cmocka_run_group_tests_name("check", tests, make_scratch, drop_scratch);
}
