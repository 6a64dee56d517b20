#include "unit.h"
#include "base/base.h"
#include "build/said.h"

#include <string.h>

static struct sb_said said_of(const char *text)
{
	struct sb_said said = { 0 };

	sb_said_add(&said, sb_span_of(text));
	sb_said_end(&said);
	return said;
}

static bool same(const char *one, const char *other, const char *name)
{
	SB_AUTO(sb_said) a = said_of(one), b = said_of(other);

	return sb_said_same(&a.lines, &b.lines, name);
}

static bool same_options(const char *one, const char *other)
{
	SB_AUTO(sb_said) a = said_of(one), b = said_of(other);

	return !strcmp(a.options, b.options);
}

static void a_package_is_asked_for_by_its_lines(void **state)
{
	(void)state;
	assert_true(same("a==1\nb==2\n", "# why\nb==2   # note\na==1", "a"));
	assert_true(same("Some_Pkg==1\n", "b\nSome_Pkg==1\r\n", "some-pkg"));
	assert_true(same("a==1\n", "b==1\n", "c"));
	assert_false(same("a==1\n", "a==2\n", "a"));
	assert_false(same("a==1\n", "", "a"));
	assert_false(same("a==1\n", "a==1\na<2\n", "a"));
	assert_false(same("a==1 --hash=sha256:1\n", "a==1 --hash=sha256:2\n", "a"));
	assert_true(same("a==1 \\\n  --hash=sha256:1\n", "a==1 \\\n  --hash=sha256:1\nb\n", "a"));
	assert_false(same("a==1 \\\n  --hash=sha256:1\n", "a==1 \\\n  --hash=sha256:2\n", "a"));
	assert_false(same("a==1; python_version < '3'\n", "a==1\n", "a"));
	assert_false(same("a==1\n", "a-b==1\n", "a"));
	assert_false(same("a @ https://x/a.whl\n", "a @ https://x/b.whl\n", "a"));
}

static void what_names_no_package_is_for_all(void **state)
{
	(void)state;
	assert_true(same_options("a==1\n", "b==2\n"));
	assert_true(same_options("--index-url x\na\n", "--index-url x # y\nb\n"));
	assert_false(same_options("--index-url x\n", "--index-url y\n"));
	assert_false(same_options("", "https://x/a-1-py3-none-any.whl\n"));
	assert_false(same_options("", "./a\n"));
	assert_false(same_options("", "../a\n"));
	assert_false(same_options("", "lib/a\n"));
	assert_false(same_options("-r a\n-c b\n", "-c b\n-r a\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_package_is_asked_for_by_its_lines),
		cmocka_unit_test(what_names_no_package_is_for_all),
	};

	return cmocka_run_group_tests_name("said", tests, NULL, NULL);
}
