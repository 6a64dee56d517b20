#include "unit.h"
#include "build/source_stage.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * tests/data/source/RULE/CASE/ is one pushed tree: the files of base/ and what the shell script
 * CASE/setup does to them. CASE/config, where there is one, has the app's config vars; without it no
 * app is known. CASE/expect lists what the source stage finds, by a real interpreter.
 */

#define DATA "tests/data/source"

static char scratch[] = "/tmp/sb-source-XXXXXX";

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

static void make_tree(const char *folder)
{
	SB_AUTO_FREE char *command = sb_xasprintf(
		"set -e; rm -rf %s/app; cp -R " DATA "/base %s/app; setup=$PWD/%s/setup; cd %s/app; "
		"export HOME=%s GIT_CONFIG_NOSYSTEM=1; git init -q -b main; git add -A; sh -e \"$setup\"; git add -A; "
		"git -c user.name=t -c user.email=t@example.com commit -q --allow-empty -m t",
		scratch, scratch, folder, scratch, scratch);

	if (system(command))
		fail_msg("failed: %s", command);
}

static void look(struct sb_findings *out, json_t **checklist, const char *config_text)
{
	SB_AUTO_FREE char *path = sb_xasprintf("%s/app/.git", scratch);
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_findings) before = { 0 };
	SB_AUTO(sb_plan) plan = { 0 };
	SB_AUTO(sb_repo) repo = { 0 };
	SB_AUTO(sb_list) config = { 0 };
	struct sb_span rest = sb_span_of(config_text ? config_text : ""), line;
	struct sb_error err = { 0 };
	struct sb_commit commit;
	char oid[SB_OID_MAX + 1];

	sb_settings_init(&settings);
	while (sb_span_line(&rest, &line)) {
		SB_AUTO_FREE char *pair = sb_span_dup(line);

		sb_list_add(&config, pair);
	}
	if (sb_repo_open(&repo, path, &err) < 0 || sb_repo_resolve(&repo, "HEAD", oid, &err) < 0 ||
	    sb_repo_commit(&repo, oid, &commit, &err) < 0)
		fail_msg("%s", err.text);

	struct sb_check check = { .repo = &repo, .tree = commit.tree, .settings = &settings };
	struct sb_source_stage stage = { .settings = &settings,
					 .repo = &repo,
					 .tree = commit.tree,
					 .plan = &plan,
					 .config = config_text ? &config : NULL,
					 .app = "blog",
					 .checklist = checklist };

	if (sb_check_run(&plan, &before, &check, &err) < 0 || sb_source_stage(out, &stage, &err) < 0)
		fail_msg("%s", err.text);
}

static bool one_case(const char *rule, const char *name)
{
	SB_AUTO_FREE char *folder = sb_xasprintf(DATA "/%s/%s", rule, name);
	SB_AUTO_FREE char *expect = slurp(folder, "expect");
	SB_AUTO_FREE char *config = slurp(folder, "config");
	SB_AUTO(sb_buffer) got = SB_BUFFER_INIT(1 << 16);
	SB_AUTO(sb_findings) findings = { 0 };

	make_tree(folder);
	look(&findings, NULL, config);
	for (size_t i = 0; i < findings.n; i++) {
		const struct sb_finding *f = &findings.item[i];

		sb_buffer_addf(&got, "%s %s %s:%u:%u\n", f->severity == SB_ERROR ? "error" : "warning", f->rule,
			       f->path ? f->path : "-", f->line, f->column);
	}
	if (strcmp(got.n ? got.p : "", expect ? expect : "")) {
		print_error("%s: expected\n%s\ngot\n%s\n", folder, expect ? expect : "", got.n ? got.p : "");
		return false;
	}
	if ((strstr(got.n ? got.p : "", rule) != NULL) != (strncmp(name, "good", 4) != 0)) {
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
		int m = strcmp(rules[i]->d_name, "base") ? scandir(folder, &cases, no_dots, alphasort) : 0;

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

static void the_checklist_has_a_state_for_each_item(void **state)
{
	SB_AUTO(sb_findings) findings = { 0 };
	SB_AUTO_JSON json_t *list = NULL;
	const json_t *one;
	size_t i, yes = 0;

	(void)state;
	make_tree(DATA "/settings-database-url/good");
	look(&findings, &list, "SECRET_KEY=x\nDATABASE_URL=x\n");
	assert_true(json_array_size(list) > 20);
	json_array_foreach(list, i, one)
	{
		const char *word = sb_json_text(one, "state", "");

		assert_true(!strcmp(word, "ok") || !strcmp(word, "missing") || !strcmp(word, "unknown"));
		yes += !strcmp(word, "ok");
	}
	assert_true(yes > 8);
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
	return system(command) ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_folder_fires_what_it_says),
		cmocka_unit_test(the_checklist_has_a_state_for_each_item),
	};

	return cmocka_run_group_tests(tests, make_scratch, drop_scratch);
}
