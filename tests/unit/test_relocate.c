#include "unit.h"
#include "build/relocate.h"

#include <string.h>

#define LAUNCH "#!/bin/sh\n'''exec' \"${0%/*}/python\" \"$0\" \"$@\"\n' '''\n"

static void scripts_find_the_python_beside_them(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: stays */
	} cases[] = {
		{ "#!/app/.slugbuild/python/bin/python\nimport re\n", LAUNCH "import re\n" },
		{ "#!/app/.slugbuild/python/bin/python3.11\n", LAUNCH },
		{ "#!/opt/py/bin/python2.7 -s\nx\n", LAUNCH "x\n" },
		{ "#!/bin/sh\n'''exec' \"/a b/python\" \"$0\" \"$@\"\n' '''\nx\n", LAUNCH "x\n" },
		{ LAUNCH "x\n", NULL },
		{ "#!/usr/bin/env python\n", NULL },
		{ "#!/bin/sh\necho\n", NULL },
		{ "#!/bin/bash\n", NULL },
		{ "#!", NULL },
		{ "", NULL },
		{ "\x7f"
		  "ELF",
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(cases); i++) {
		SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(4096);
		bool changed = sb_relocate_script(&out, sb_span_of(cases[i].text));

		assert_int_equal(changed, cases[i].want != NULL);
		if (cases[i].want)
			assert_string_equal(out.p, cases[i].want);
	}
}

static void path_files_become_relative(void **state)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(4096);

	(void)state;
	assert_true(sb_relocate_paths(&out, sb_span_of("/app/src\n/app\n/application\nimport x\n"),
				      "/app"));
	assert_string_equal(out.p, "../../../../../src\n../../../../..\n/application\nimport x\n");
	sb_buffer_clear(&out);
	assert_false(sb_relocate_paths(&out, sb_span_of("import _virtualenv\n"), "/app"));
}

static void finders_compute_their_paths(void **state)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(4096);

	(void)state;
	assert_true(sb_relocate_finder(
		&out, sb_span_of("MAPPING = {'pkg': '/app/src/pkg', 'b': '/apple'}\n"), "/app"));
	assert_string_equal(out.p,
			    "MAPPING = {'pkg': __import__('os').path.normpath(__import__('os')."
			    "path.join(__import__('os').path.dirname(__file__), "
			    "'../../../../../src/pkg')), 'b': '/apple'}\n");
	sb_buffer_clear(&out);
	assert_false(sb_relocate_finder(&out, sb_span_of("a = '/ap"), "/app"));
}

static void records_lose_the_hashes_of_scripts(void **state)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(4096);

	(void)state;
	assert_true(sb_relocate_record(
		&out, sb_span_of("../../../bin/x,sha256=abc,210\nx/__init__.py,sha256=d,1\n"), false));
	assert_string_equal(out.p, "../../../bin/x,,\nx/__init__.py,sha256=d,1\n");
	sb_buffer_clear(&out);
	assert_false(sb_relocate_record(&out, sb_span_of("../../../bin/x,,\n"), false));
}

static void records_do_not_list_what_is_removed(void **state)
{
	static const char text[] = "x-1.dist-info/direct_url.json,sha256=a,9\nx/direct_url.json,sha256=b,1\n"
				   "x-1.dist-info/uv_cache.json,sha256=c,8\n";
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(4096);

	(void)state;
	assert_true(sb_relocate_record(&out, sb_span_of(text), true));
	assert_string_equal(out.p, "x/direct_url.json,sha256=b,1\n");
	sb_buffer_clear(&out);
	assert_true(sb_relocate_record(&out, sb_span_of(text), false));
	assert_string_equal(out.p, "x-1.dist-info/direct_url.json,sha256=a,9\nx/direct_url.json,sha256=b,1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scripts_find_the_python_beside_them),
		cmocka_unit_test(path_files_become_relative),
		cmocka_unit_test(finders_compute_their_paths),
		cmocka_unit_test(records_lose_the_hashes_of_scripts),
		cmocka_unit_test(records_do_not_list_what_is_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
