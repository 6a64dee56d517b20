#include "unit.h"
#include "check/rules.h"

#include <string.h>

static void ids_are_unique_words(void **state)
{
	const struct sb_rule *rule;

	(void)state;
	for (size_t i = 0; (rule = sb_rule_at(i)) != NULL; i++) {
		assert_int_equal(strspn(rule->id, "abcdefghijklmnopqrstuvwxyz0123456789-"),
				 strlen(rule->id));
		assert_ptr_equal(sb_rule_find(rule->id), rule);
		assert_non_null(sb_rule_group_of(rule));
		assert_true(rule->title[0] && rule->title[strlen(rule->title) - 1] != '.');
		assert_null(strchr(rule->title, '\n'));
		assert_true(strlen(rule->title) <= 90);
		assert_true(strlen(rule->why) > 20 && rule->why[strlen(rule->why) - 1] == '.');
		assert_true(rule->example[0] && rule->example[strlen(rule->example) - 1] != '\n');
	}
	assert_null(sb_rule_find("procfile"));
}

static void the_last_setting_of_a_rule_wins(void **state)
{
	static const struct {
		const char *first, *second;
		size_t errors, warnings;
	} rows[] = {
		{ NULL, NULL, 0, 1 },
		{ "crlf=error", NULL, 1, 0 },
		{ "crlf=error", "crlf=off", 0, 0 },
		{ "crlf=off", "crlf=warning", 0, 1 },
		{ "encoding-bom=off", "merge-markers=off", 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		SB_AUTO(sb_settings) settings = { 0 };
		SB_AUTO(sb_findings) findings = { 0 };

		sb_settings_init(&settings);
		if (rows[i].first)
			sb_list_add(&settings.rules, rows[i].first);
		if (rows[i].second)
			sb_list_add(&settings.rules, rows[i].second);
		sb_finding_at(sb_report(&findings, &settings, "crlf", "%s", "x"), "Procfile", 1, 1);
		assert_int_equal(findings.errors, rows[i].errors);
		assert_int_equal(findings.warnings, rows[i].warnings);
	}
}

static void a_setting_must_name_a_rule_and_a_severity(void **state)
{
	static const struct {
		const char *row, *says;
	} rows[] = {
		{ "procfile-mising=error", "slugbuild.rule.procfile-mising: there is no such rule; "
					   "the nearest is procfile-missing" },
		{ "zzzzzzzzzzzzzzzzzzzz=error",
		  "slugbuild.rule.zzzzzzzzzzzzzzzzzzzz: there is no such rule" },
		{ "crlf=fatal", "slugbuild.rule.crlf = fatal: not one of error, warning, off" },
		{ "crlf", "slugbuild.rule.crlf = : not one of error, warning, off" },
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		SB_AUTO(sb_settings) settings = { 0 };
		struct sb_error err = { 0 };

		sb_settings_init(&settings);
		sb_list_add(&settings.rules, "crlf=off");
		assert_int_equal(sb_rules_check_settings(&settings, &err), 0);
		sb_list_add(&settings.rules, rows[i].row);
		assert_int_equal(sb_rules_check_settings(&settings, &err), -1);
		assert_int_equal(err.code, SB_ECONFIG);
		assert_string_equal(err.text, rows[i].says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_unique_words),
		cmocka_unit_test(the_last_setting_of_a_rule_wins),
		cmocka_unit_test(a_setting_must_name_a_rule_and_a_severity),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
