#include "unit.h"
#include "base/json.h"

#include <string.h>

static void json_reads_strictly(void **state)
{
	static const char *const bad[] = { "",        "{",           "{\"a\":1,\"a\":2}",
					   "{'a':1}", "\"\\u0000\"", "[1,]",
					   "1 2",     "\"\xff\"" };

	(void)state;
	for (size_t i = 0; i < SB_COUNT(bad); i++) {
		struct sb_error err = { 0 };

		assert_null(sb_json_parse(sb_span_of(bad[i]), &err));
		assert_int_equal(err.code, SB_EINPUT);
	}

	struct sb_error err = { 0 };

	assert_null(sb_json_parse(sb_span_of("{\n \"a\": nope\n}"), &err));
	assert_true(sb_span_starts(sb_span_of(err.where), "2:"));
}

static void json_writes_one_form(void **state)
{
	SB_AUTO_JSON json_t *doc = sb_json_new_object();
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(4096);
	json_t *list = sb_json_new_array();

	(void)state;
	sb_json_set_text(doc, "z", "ä\xff");
	sb_json_set_int(doc, "b", 1LL << 40);
	sb_json_set_flag(doc, "a", true);
	sb_json_set_text(doc, "n", NULL);
	sb_json_push_text(list, "x");
	sb_json_set_take(doc, "l", list);
	sb_json_print(&out, doc);
	assert_string_equal(out.p,
			    "{\n  \"a\": true,\n  \"b\": 1099511627776,\n  \"l\": [\n    \"x\"\n"
			    "  ],\n  \"n\": null,\n  \"z\": \"\\u00E4\\uFFFD\"\n}\n");
	sb_buffer_clear(&out);
	sb_json_print_compact(&out, doc);
	assert_int_equal(sb_span_count(sb_buffer_span(&out), '\n'), 1);
}

static void json_is_read_by_path(void **state)
{
	SB_AUTO_JSON json_t *doc = NULL;
	struct sb_error err = { 0 };

	(void)state;
	doc = sb_json_parse(
		sb_span_of("{\"slug\":{\"size\":7,\"ok\":true,\"d\":{\"e\":\"f\"}},\"t\":\"x\"}"),
		&err);
	assert_non_null(doc);
	assert_int_equal(sb_json_int(doc, "slug.size", -1), 7);
	assert_int_equal(sb_json_int(doc, "slug.none", -1), -1);
	assert_int_equal(sb_json_int(doc, "t", -1), -1);
	assert_true(sb_json_flag(doc, "slug.ok", false));
	assert_string_equal(sb_json_text(doc, "slug.d.e", ""), "f");
	assert_string_equal(sb_json_text(doc, "t.e", "none"), "none");
	assert_null(sb_json_at(NULL, "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_reads_strictly),
		cmocka_unit_test(json_writes_one_form),
		cmocka_unit_test(json_is_read_by_path),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
