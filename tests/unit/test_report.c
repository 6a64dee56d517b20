#include "unit.h"
#include "check/report.h"

#include <string.h>

static struct sb_finding *add(struct sb_findings *list, const char *path, unsigned line,
			      unsigned column)
{
	struct sb_finding *f = sb_findings_add(list, "crlf", SB_WARNING, "text");

	sb_finding_at(f, path, line, column);
	return f;
}

static const json_t *place(const json_t *sarif, size_t i)
{
	const json_t *results = json_object_get(json_array_get(json_object_get(sarif, "runs"), 0),
						"results");
	const json_t *list = json_object_get(json_array_get(results, i), "locations");

	return sb_json_at(json_array_get(list, 0), "physicalLocation");
}

static void a_path_of_any_bytes_is_a_uri(void **state)
{
	static const struct {
		const char *path, *uri;
	} rows[] = {
		{ "a/b-c_d.~1/E.txt", "a/b-c_d.~1/E.txt" },
		{ "a b", "a%20b" },
		{ "c:d", "c%3Ad" },
		{ "100%", "100%25" },
		{ "a?b#c", "a%3Fb%23c" },
		{ "\xc3\xbc", "%C3%BC" },
		{ "\xff\n\\\"<>", "%FF%0A%5C%22%3C%3E" },
	};
	SB_AUTO(sb_findings) list = { 0 };

	(void)state;
	for (size_t i = 0; i < SB_COUNT(rows); i++)
		add(&list, rows[i].path, 0, 0);

	SB_AUTO_JSON json_t *sarif = sb_report_sarif(&list, NULL);

	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		assert_string_equal(sb_json_text(place(sarif, i), "artifactLocation.uri", ""),
				    rows[i].uri);
		assert_null(sb_json_at(place(sarif, i), "region"));
	}
}

static void sarif_counts_characters_where_we_count_bytes(void **state)
{
	SB_AUTO(sb_findings) list = { 0 };

	(void)state;
	sb_finding_source(add(&list, "f", 3, 6), sb_span_of("\xc3\xbc\xc3\xbc x")); /* üü x */
	sb_finding_source(add(&list, "f", 3, 3), sb_span_of("\xff\xfe x"));        /* no UTF-8 */
	sb_finding_source(add(&list, "f", 3, 1), sb_span_of(""));
	sb_finding_source(add(&list, "f", 3, 99), sb_span_of("ab")); /* behind the end */
	add(&list, "f", 3, 4);                                       /* the line is not known */
	sb_finding_source(add(&list, "f", 3, 0), sb_span_of("ab"));

	SB_AUTO_JSON json_t *sarif = sb_report_sarif(&list, NULL);
	static const int64_t columns[] = { 4, 3, 1, 3, -1, -1 };

	for (size_t i = 0; i < SB_COUNT(columns); i++) {
		assert_int_equal(sb_json_int(place(sarif, i), "region.startLine", -1), 3);
		assert_int_equal(sb_json_int(place(sarif, i), "region.startColumn", -1),
				 columns[i]);
	}
}

static void what_is_masked_is_masked_in_both(void **state)
{
	SB_AUTO(sb_findings) list = { 0 };
	SB_AUTO(sb_list) mask = { 0 };
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(1 << 20);
	struct sb_finding *f =
		sb_findings_add(&list, "crlf", SB_ERROR, "hunter2hunter2 \x1b[8m\nnext line");

	(void)state;
	sb_list_add(&mask, "SECRET_KEY=hunter2hunter2");
	sb_finding_fix(f, "hunter2hunter2");
	sb_finding_at(f, "a", 1, 1);
	sb_finding_source(f, sb_span_of("hunter2hunter2"));

	SB_AUTO_JSON json_t *json = sb_report_json(&list, NULL, &mask);
	SB_AUTO_JSON json_t *sarif = sb_report_sarif(&list, &mask);
	const json_t *one = json_array_get(json_object_get(json, "findings"), 0);

	sb_json_print(&text, json);
	sb_json_print(&text, sarif);
	assert_null(strstr(text.p, "hunter2"));
	assert_null(strstr(text.p, "u001b"));
	assert_string_equal(sb_json_text(one, "text", ""),
			    "[SECRET_KEY hidden] \\x1b[8m\nnext line");
	assert_true(json_is_null(json_object_get(json, "commit")));
	assert_int_equal(sb_json_int(json, "errors", -1), 1);
}

static void each_rule_is_described_once(void **state)
{
	SB_AUTO(sb_findings) list = { 0 };

	(void)state;
	add(&list, "a", 0, 0);
	sb_findings_add(&list, "merge-markers", SB_ERROR, "of the whole tree");
	add(&list, "b", 0, 0);

	SB_AUTO_JSON json_t *sarif = sb_report_sarif(&list, NULL);
	const json_t *run = json_array_get(json_object_get(sarif, "runs"), 0);
	const json_t *rules = sb_json_at(run, "tool.driver.rules"), *one;
	size_t i;

	assert_int_equal(json_array_size(rules), 2);
	json_array_foreach(json_object_get(run, "results"), i, one)
	{
		const json_t *rule = json_array_get(rules, (size_t)sb_json_int(one, "ruleIndex", -1));

		assert_string_equal(sb_json_text(rule, "id", ""), sb_json_text(one, "ruleId", "?"));
		assert_int_equal(json_array_size(json_object_get(one, "locations")), i != 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_of_any_bytes_is_a_uri),
		cmocka_unit_test(sarif_counts_characters_where_we_count_bytes),
		cmocka_unit_test(what_is_masked_is_masked_in_both),
		cmocka_unit_test(each_rule_is_described_once),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
