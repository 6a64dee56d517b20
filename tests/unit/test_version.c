#include "unit.h"
#include "check/version.h"

#include <string.h>

typedef bool parser(struct sb_version_wish *, const struct sb_text *);

static char *parse(parser *how, const char *path, const char *bytes)
{
	SB_AUTO(sb_findings) findings = { 0 };
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_version_wish) wish = { 0 };
	struct sb_text text = { path, sb_span_of(bytes), &findings, &settings };

	sb_settings_init(&settings);
	if (how(&wish, &text) && !findings.n)
		return sb_xasprintf("%d.%d.%d", wish.major, wish.minor, wish.patch);
	return findings.n ? sb_xasprintf("%u: %s; %s", findings.item[0].line, findings.item[0].text,
					 findings.item[0].fix)
			  : sb_xstrdup("nothing");
}

static void each_file_says_its_version(void **state)
{
	static const struct {
		parser *how;
		const char *path, *bytes, *says;
	} rows[] = {
		{ sb_version_runtime_txt, "runtime.txt", "python-3.9.5\n", "3.9.5" },
		{ sb_version_runtime_txt, "runtime.txt", " python-2.7.12\r\n\r\n", "2.7.12" },
		{ sb_version_runtime_txt, "runtime.txt", "python-3.12", "3.12.-1" },
		{ sb_version_runtime_txt, "runtime.txt", "",
		  "1: runtime.txt is empty; write a line such as python-3.12 into it, or remove "
		  "it" },
		{ sb_version_runtime_txt, "runtime.txt", "3.9.5",
		  "1: \"3.9.5\" is no Python version; put \"python-\" in front of it" },
		{ sb_version_runtime_txt, "runtime.txt", "python-3",
		  "1: \"python-3\" is no Python version; runtime.txt holds one line such as "
		  "python-3.12.1 or python-3.12" },
		{ sb_version_runtime_txt, "runtime.txt", "../../bin/sh",
		  "1: \"../../bin/sh\" is no Python version; runtime.txt holds one line such as "
		  "python-3.12.1 or python-3.12" },
		{ sb_version_runtime_txt, "runtime.txt", "python-03.1",
		  "1: \"python-03.1\" is no Python version; runtime.txt holds one line such as "
		  "python-3.12.1 or python-3.12" },
		{ sb_version_python_version, ".python-version", "3.12\n", "3.12.-1" },
		{ sb_version_python_version, ".python-version", "# x\n\n  3.12.1\r\n", "3.12.1" },
		{ sb_version_python_version, ".python-version", "3.12\n3.11\n",
		  "1: 2 versions; an app runs on one; keep one line" },
		{ sb_version_python_version, ".python-version", "3.12\nenv\n",
		  "2: \"env\" is no Python version; write one line such as 3.12 or 3.12.1" },
		{ sb_version_python_version, ".python-version", "# none\n",
		  "0: .python-version names no version; write one line such as 3.12 or 3.12.1" },
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		SB_AUTO_FREE char *got = parse(rows[i].how, rows[i].path, rows[i].bytes);

		assert_string_equal(got, rows[i].says);
	}
}

static char *requires(const char *value, bool poetry)
{
	SB_AUTO(sb_findings) findings = { 0 };
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_version_wish) wish = { 0 };
	struct sb_text text = { "pyproject.toml", { "", 0 }, &findings, &settings };

	sb_settings_init(&settings);
	if (sb_version_requires(&wish, &text, sb_span_of(value), poetry, 3))
		return sb_xstrdup(wish.spec);
	return sb_xstrdup(findings.n ? findings.item[0].text : "nothing");
}

static void specifiers_are_read_and_poetrys_are_translated(void **state)
{
	static const struct {
		const char *value;
		bool poetry;
		const char *spec;
	} rows[] = {
		{ ">=3.10", false, ">=3.10" },
		{ " >= 3.10 , < 4 ", false, ">= 3.10,< 4" },
		{ "==3.12.*", false, "==3.12.*" },
		{ "~=3.11.4", false, "~=3.11.4" },
		{ ">=3.13rc1", false, ">=3.13rc1" },
		{ ">=3.9,", false, ">=3.9" },
		{ "three", false, "\"three\" is no Python version" },
		{ "", false, "\"\" is no Python version" },
		{ "^3.9", true, ">=3.9,<4" },
		{ "~3.9", true, ">=3.9,<3.10" },
		{ "~3", true, ">=3,<4" },
		{ "3.9", true, "==3.9.*" },
		{ "3.9.5", true, "==3.9.5" },
		{ "3.9.*", true, "==3.9.*" },
		{ ">=3.9,<3.13", true, ">=3.9,<3.13" },
		{ "*", true, "nothing" },
		{ "^3.9 || ^3.11", true, "nothing" },
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		SB_AUTO_FREE char *got = requires(rows[i].value, rows[i].poetry);

		assert_string_equal(got, rows[i].spec);
	}
}

static void versions_and_specifiers_agree_or_not(void **state)
{
	static const struct {
		const char *version, *other;
		bool agree;
	} rows[] = {
		{ "3.12.1", "3.12", true },       { "3.12", "3", true },
		{ "3.12", "3.11", false },        { "3.12.1", "3.12.2", false },
		{ "3.12", ">=3.10", true },       { "3.9", ">=3.10", false },
		{ "3.12", "<3.12", false },       { "3.12", "<3.12.5", true },
		{ "3.11.4", "<=3.11", false },    { "3.12.1", "!=3.12.*", false },
		{ "3.12", "!=3.12.3", true },     { "3.12", "~=3.10", true },
		{ "4.0", "~=3.10", false },       { "3.11", "~=3.10.2", false },
		{ "3.10", "~=3.10.2", true },     { "3.12", "==3.12.*", true },
		{ "3.12", ">3.12", true },        { "3.13", ">=3.10,<3.13", false },
		{ "3.12", ">=3.10,<3.13", true },
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		struct sb_version_wish a = { 0 }, b = { .minor = -1, .patch = -1 };
		SB_AUTO_FREE char *spec = sb_xstrdup(rows[i].other);

		assert_true(sb_version_parse(&a, sb_span_of(rows[i].version)));
		if (!sb_version_parse(&b, sb_span_of(rows[i].other)))
			b.spec = spec;
		if (sb_version_agree(&a, &b) != rows[i].agree ||
		    sb_version_agree(&b, &a) != rows[i].agree)
			fail_msg("%s and %s", rows[i].version, rows[i].other);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_file_says_its_version),
		cmocka_unit_test(specifiers_are_read_and_poetrys_are_translated),
		cmocka_unit_test(versions_and_specifiers_agree_or_not),
	};

	return cmocka_run_group_tests_name("version", tests, NULL, NULL);
}
