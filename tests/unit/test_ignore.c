#include "unit.h"
#include "check/ignore.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static bool matches(const char *patterns, const char *path, bool dir)
{
	SB_AUTO(sb_ignore) ignore = { 0 };

	assert_int_equal(sb_ignore_parse(&ignore, sb_span_of(patterns)), 0);
	return sb_ignore_matches(&ignore, path, dir);
}

static void patterns_mean_what_git_means(void **state)
{
	static const struct {
		const char *patterns, *path;
		bool dir, yes;
	} rows[] = {
		{ "*.md", "README.md", false, true },
		{ "*.md", "docs/a.md", false, true },
		{ "*.md", "a.mdx", false, false },
		{ "/*.md", "docs/a.md", false, false },
		{ "/*.md", "a.md", false, true },
		{ "docs/", "docs", true, true },
		{ "docs/", "docs", false, false },
		{ "docs/", "docs/a/b.txt", false, true },
		{ "docs/", "x/docs/b.txt", false, true },
		{ "/docs", "x/docs", true, false },
		{ "a/b", "a/b", false, true },
		{ "a/b", "x/a/b", false, false },
		{ "a/*", "a/b", false, true },
		{ "a/*", "a/b/c", false, true },
		{ "a/*/c", "a/b/c", false, true },
		{ "a/*/c", "a/b/d/c", false, false },
		{ "a/**/c", "a/c", false, true },
		{ "a/**/c", "a/b/d/c", false, true },
		{ "**/c", "c", false, true },
		{ "**/c", "a/b/c", false, true },
		{ "a/**", "a/b", false, true },
		{ "a/**", "a", true, false },
		{ "**/a*/**/z*", "x/y/ab/c/d/zz", false, true },
		{ "f?o", "foo", false, true },
		{ "f?o", "f/o", false, false },
		{ "[a-c]x", "bx", false, true },
		{ "[!a-c]x", "bx", false, false },
		{ "[]-]x", "]x", false, true },
		{ "[a", "[a", false, true },
		{ "\\*", "*", false, true },
		{ "\\*", "a", false, false },
		{ "\\#x", "#x", false, true },
		{ "#x", "#x", false, false },
		{ "!x", "x", false, false },
		{ "x  ", "x", false, true },
		{ "x\\ ", "x ", false, true },
		{ "x\r\ny\r\n", "x", false, true },
		{ "\xef\xbb\xbfx", "x", false, true },
		{ "/", "x", false, false },
		{ "a\n\nb", "b", false, true },
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(rows); i++)
		if (matches(rows[i].patterns, rows[i].path, rows[i].dir) != rows[i].yes)
			fail_msg("%s against %s", rows[i].patterns, rows[i].path);
}

static void stars_do_not_blow_up(void **state)
{
	char pattern[402] = { 0 }, path[1001] = { 0 };
	clock_t start = clock();

	(void)state;
	for (size_t i = 0; i < 200; i++)
		memcpy(pattern + 2 * i, "*a", 2);
	pattern[400] = 'b';
	memset(path, 'a', 1000);
	for (int i = 0; i < 100; i++)
		assert_false(matches(pattern, path, false));
	assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
}

static void a_file_over_the_limit_is_refused(void **state)
{
	static char big[SB_IGNORE_MAX + 1];
	SB_AUTO(sb_ignore) ignore = { 0 };

	(void)state;
	memset(big, 'a', sizeof(big));
	assert_int_equal(sb_ignore_parse(&ignore, (struct sb_span) { big, sizeof(big) }), -1);
	assert_int_equal(ignore.n, 0);
}

/* Where a path is taken, each folder above it is one that may not be passed by: the pattern may reach
 * into it, or takes it, or takes a name below it. */
static void no_folder_with_a_match_is_passed_by(void **state)
{
	static const char *const patterns[] = { "a",	"b/",	 "/a",	   "a/b",   "/a/b",   "a/**",	"**/a",	  "**/a/b",
						"a/*/b", "a*/b",  "*/a/b",  "[ab]/c", "a/?/c",  "a/**/c", "\\a/b",  "*b",
						"a/b/c", "/a*",	 "a/b/**", "ab/c/", "**/b/**", "a/b*/c/a" };
	static const char *const names[] = { "a", "b", "c", "ab" };
	size_t taken = 0, passed = 0;

	(void)state;
	for (size_t p = 0; p < SB_COUNT(patterns); p++) {
		SB_AUTO(sb_ignore) ignore = { 0 };

		assert_int_equal(sb_ignore_parse(&ignore, sb_span_of(patterns[p])), 0);
		for (size_t n = 0; n < 256; n++) {
			SB_AUTO_FREE char *path = sb_xasprintf("%s/%s/%s/%s", names[n & 3], names[n >> 2 & 3],
							       names[n >> 4 & 3], names[n >> 6]);
			bool yes = sb_ignore_matches(&ignore, path, false);

			taken += yes;
			for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
				*slash = '\0';
				bool looks = sb_ignore_may_reach(&ignore, path) || sb_ignore_matches(&ignore, path, true);

				for (size_t k = sb_span_count(sb_span_of(path), '/') + 1; k < 4; k++)
					looks |= sb_ignore_matches_name(&ignore, names[n >> 2 * k & 3]);
				*slash = '/';
				passed += !looks;
				if (yes && !looks)
					fail_msg("%s takes %s: %.*s", patterns[p], path, (int)(slash - path), path);
			}
		}
	}
	assert_true(taken > 500);
	assert_true(passed > 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_mean_what_git_means),
		cmocka_unit_test(no_folder_with_a_match_is_passed_by),
		cmocka_unit_test(stars_do_not_blow_up),
		cmocka_unit_test(a_file_over_the_limit_is_refused),
	};

	return cmocka_run_group_tests_name("ignore", tests, NULL, NULL);
}
