#include "unit.h"
#include "base/buffer.h"
#include "check/appjson.h"

#include <string.h>

static char *parse(struct sb_span bytes)
{
	SB_AUTO(sb_findings) findings = { 0 };
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_plan) plan = { 0 };
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(1 << 16);
	struct sb_text text = { "app.json", bytes, &findings, &settings };

	sb_settings_init(&settings);
	sb_appjson_parse(&plan, &text);
	if (plan.formation)
		sb_buffer_addf(&out, "[%s]", plan.formation);
	if (plan.health_path)
		sb_buffer_addf(&out, "[health %s]", plan.health_path);
	for (size_t i = 0; i < plan.envs; i++)
		sb_buffer_addf(&out, "[%s=%s%s%s]", plan.env[i].name,
			       plan.env[i].value ? plan.env[i].value : "?",
			       plan.env[i].secret ? " secret" : "",
			       plan.env[i].required ? " required" : "");
	if (plan.predeploy)
		sb_buffer_addf(&out, "[pre %s]", plan.predeploy);
	if (plan.postdeploy)
		sb_buffer_addf(&out, "[post %s]", plan.postdeploy);
	for (size_t i = 0; i < findings.n; i++)
		sb_buffer_addf(&out, "{%u:%u %s}", findings.item[i].line, findings.item[i].column,
			       findings.item[i].text);
	return sb_buffer_detach(&out);
}

static void what_is_meant_is_taken_and_the_rest_is_named(void **state)
{
	static const struct {
		const char *bytes, *says;
	} rows[] = {
		{ "{}", "" },
		{ "{\"name\": \"x\", \"addons\": [\"heroku-postgresql\"], \"buildpacks\": 5}", "" },
		{ "{\"formation\": {\"web\": {\"quantity\": 2}, \"worker\": {}}}",
		  "[web=2 worker=1]" },
		{ "{\"formation\": {\"web\": 3, \"x\": {\"quantity\": 0}}}", "[web=3 x=0]" },
		{ "{\"formation\": {\n\"web\": {\"quantity\": \"2\"}}}",
		  "{2:0 web must have a quantity from 0 to 1000}" },
		{ "{\"formation\": {\"a b\": 1}}", "{1:0 a b is no process type}" },
		{ "{\"formation\": []}", "{1:0 formation must be an object: {…}}" },
		{ "{\"env\": {\"A\": \"x\", \"B\": {\"value\": 1, \"required\": \"false\"}, \"C\": "
		  "true}}",
		  "[A=x required][B=1][C=true required]" },
		{ "{\"env\": {\"S\": {\"generator\": \"secret\"}}}", "[S=? secret required]" },
		{ "{\"env\": {\"S\": {\"generator\": \"dice\"}}}",
		  "[S=? required]{1:0 S has a generator other than \"secret\"}" },
		{ "{\"env\": {\"1A\": \"\"}}", "{1:0 1A is no name of a config var}" },
		{ "{\"env\": {\"A\": [1]}}", "[A=? required]{1:0 A must be a text or an object}" },
		{ "{\"healthchecks\": {\"web\": [{\"path\": \"/a\"}, {\"type\": \"startup\", "
		  "\"path\": \"/b\"}]}}",
		  "[health /b]" },
		{ "{\"healthchecks\": {\"web\": [{\"path\": \"a\"}]}}",
		  "{1:0 healthchecks has a path that does not start with '/' or holds a blank}" },
		{ "{\"healthchecks\": {\"web\": 5}}", "" },
		{ "{\"scripts\": {\"postdeploy\": \"a; b\", \"dokku\": {\"predeploy\": \"$(c)\"}}}",
		  "[pre $(c)][post a; b]" },
		{ "{\"scripts\": {\"postdeploy\": 5}}", "{1:0 postdeploy must be a command}" },
		{ "[]", "{1:0 app.json must be an object: {…}}" },
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		SB_AUTO_FREE char *got = parse(sb_span_of(rows[i].bytes));

		assert_string_equal(got, rows[i].says);
	}
}

static void what_is_no_json_is_refused(void **state)
{
	static const char *const bad[] = { "",
					   "{",
					   "{\"a\": NaN}",
					   "{\"a\": 1e9999}",
					   "{\"a\": 99999999999999999999}",
					   "{\"a\": 1, \"a\": 2}",
					   "{\"a\": \"\xff\"}",
					   "{\"a\": \"\\ud800\"}",
					   "{\"a\": \"\\u0000\"}",
					   "// x\n{}" };
	SB_AUTO(sb_buffer) deep = SB_BUFFER_INIT(1 << 20);

	(void)state;
	for (size_t i = 0; i < SB_COUNT(bad); i++) {
		SB_AUTO_FREE char *got = parse(sb_span_of(bad[i]));

		assert_non_null(strstr(got, "not JSON: "));
	}
	for (int i = 0; i < 200000; i++)
		sb_buffer_addc(&deep, '[');

	SB_AUTO_FREE char *got = parse(sb_buffer_span(&deep));

	assert_non_null(strstr(got, "maximum parsing depth reached"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_meant_is_taken_and_the_rest_is_named),
		cmocka_unit_test(what_is_no_json_is_refused),
	};

	return cmocka_run_group_tests_name("appjson", tests, NULL, NULL);
}
