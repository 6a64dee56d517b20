#include "unit.h"
#include "base/timings.h"

#include <string.h>

static void steps_are_told_in_the_order_they_began(void **state)
{
	SB_AUTO(sb_timings) timings = SB_TIMINGS_INIT;
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(4096);
	SB_AUTO_JSON json_t *list = NULL;

	(void)state;
	size_t outer = sb_timing_begin(&timings, "outer"), inner = sb_timing_begin(&timings, "inner");

	sb_timing_end(&timings, outer, false, "%s has changed", "app.css");
	sb_timing_end(&timings, inner, true, "%s", "");
	sb_timing_begin(&timings, "cut off");
	list = sb_timings_json(&timings);
	assert_int_equal(json_array_size(list), 3);
	assert_string_equal(sb_json_text(json_array_get(list, 0), "step", ""), "outer");
	assert_string_equal(sb_json_text(json_array_get(list, 0), "note", ""), "app.css has changed");
	assert_false(sb_json_flag(json_array_get(list, 0), "reused", true));
	assert_true(sb_json_flag(json_array_get(list, 1), "reused", false));
	assert_true(json_is_null(sb_json_at(json_array_get(list, 1), "note")));
	assert_true(json_is_null(sb_json_at(json_array_get(list, 2), "ms")));
	assert_true(json_real_value(sb_json_at(json_array_get(list, 1), "ms")) >= 0);
	sb_timings_print(&text, &timings);
	assert_non_null(strstr(text.p, "(app.css has changed)\n"));
	assert_non_null(strstr(text.p, "not ended\n"));
}

static void nobody_need_ask_for_them(void **state)
{
	(void)state;
	sb_timing_end(NULL, sb_timing_begin(NULL, "step"), false, "%s", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_are_told_in_the_order_they_began),
		cmocka_unit_test(nobody_need_ask_for_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
