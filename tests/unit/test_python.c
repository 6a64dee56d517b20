#include "unit.h"
#include "build/python.h"

#include <string.h>

static struct sb_python have[] = {
	{ .version = (char *)"3.13.0", .major = 3, .minor = 13, .patch = 0 },
	{ .version = (char *)"3.11.7", .major = 3, .minor = 11, .patch = 7 },
	{ .version = (char *)"3.11.2", .major = 3, .minor = 11, .patch = 2 },
	{ .version = (char *)"2.7.18", .major = 2, .minor = 7, .patch = 18 },
};
static const struct sb_pythons all = { have, SB_COUNT(have) };

static void specifiers_are_read_as_pip_and_poetry_mean_them(void **state)
{
	static const struct {
		const char *spec;
		int version[3];
		bool in;
	} cases[] = {
		{ ">=3.10,<4", { 3, 11, 2 }, true },
		{ ">=3.10,<4", { 3, 9, 18 }, false },
		{ ">= 3.10, < 3.12", { 3, 12, 0 }, false },
		{ "~=3.11", { 3, 13, 0 }, true },
		{ "~=3.11.2", { 3, 11, 7 }, true },
		{ "~=3.11.2", { 3, 12, 0 }, false },
		{ "==3.11.*", { 3, 11, 7 }, true },
		{ "==3.11.*", { 3, 12, 0 }, false },
		{ "!=3.11.*", { 3, 11, 7 }, false },
		{ "^3.9", { 3, 13, 0 }, true },
		{ "^3.9", { 4, 0, 0 }, false },
		{ "~3.11", { 3, 11, 7 }, true },
		{ "~3.11", { 3, 12, 0 }, false },
		{ "3.11.7", { 3, 11, 7 }, true },
		{ "*", { 3, 11, 7 }, true },
		{ "<3 || >=3.13", { 3, 13, 0 }, true },
		{ "<3 || >=3.13", { 3, 11, 0 }, false },
		{ ">=3.x", { 3, 11, 0 }, false },
		{ "nonsense", { 3, 11, 0 }, false },
		{ "", { 3, 11, 0 }, false },
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(cases); i++)
		if (sb_version_in(cases[i].version, cases[i].spec) != cases[i].in)
			fail_msg("%s", cases[i].spec);
}

static void choosing(int major, int minor, int patch, const char *spec, const char *last,
		     bool strict, const char *want)
{
	struct sb_version_wish wish = {
		major, minor, patch, (char *)spec, major || spec ? (char *)"runtime.txt" : NULL, 1
	};
	struct sb_settings settings = { .python_strict = strict };
	struct sb_log log = SB_LOG_INIT;
	struct sb_error err = { 0 };
	const struct sb_python *got = sb_python_choose(&all, &wish, last, &settings, &log, &err);

	if (!want) {
		assert_null(got);
		assert_int_equal(err.code, SB_EBUILD);
		assert_non_null(strstr(err.text, "2.7.18, 3.11.2, 3.11.7, 3.13.0"));
		assert_string_equal(err.where, "runtime.txt:1");
	} else {
		assert_non_null(got);
		assert_string_equal(got->version, want);
	}
	sb_log_release(&log);
}

static void the_wish_decides_then_the_last_build_then_the_newest(void **state)
{
	(void)state;
	choosing(3, 11, 2, NULL, NULL, false, "3.11.2");
	choosing(3, 11, 2, NULL, NULL, true, "3.11.2");
	choosing(3, 11, 9, NULL, NULL, false, "3.11.7");
	choosing(3, 11, 9, NULL, NULL, true, NULL);
	choosing(3, 11, -1, NULL, NULL, true, "3.11.7");
	choosing(2, 7, 12, NULL, NULL, false, "2.7.18");
	choosing(3, -1, -1, NULL, NULL, false, "3.13.0");
	choosing(3, 4, -1, NULL, NULL, false, NULL);
	choosing(0, -1, -1, NULL, NULL, false, "3.13.0");
	choosing(0, -1, -1, NULL, "3.11", false, "3.11.7");
	choosing(0, -1, -1, NULL, "3.10", false, "3.13.0");
	choosing(0, -1, -1, ">=3.10", "3.11", false, "3.11.7");
	choosing(0, -1, -1, ">=3.10", NULL, false, "3.13.0");
	choosing(0, -1, -1, ">=3.14", NULL, false, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(specifiers_are_read_as_pip_and_poetry_mean_them),
		cmocka_unit_test(the_wish_decides_then_the_last_build_then_the_newest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
