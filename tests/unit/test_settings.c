#include "unit.h"
#include "base/settings.h"

#include <stdlib.h>
#include <string.h>

static void settings_start_at_their_fallbacks(void **state)
{
	SB_AUTO(sb_settings) settings = { 0 };

	(void)state;
	sb_settings_init(&settings);
	assert_string_equal(settings.runner, "runit");
	assert_int_equal(settings.build_seconds, 900);
	assert_int_equal(settings.slug_bytes, 500 << 20);
	assert_int_equal(settings.sandbox, SB_SANDBOX_AUTO);
	assert_true(settings.use_uv);
	assert_false(settings.bundle_python);
	assert_int_equal(settings.root[0], '/');
}

/* What a row shows is what it reads, and every row says what it is for. */
static void settings_show_what_they_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sb_setting_count; i++) {
		SB_AUTO(sb_settings) settings = { 0 };
		const struct sb_setting *row = &sb_setting_table[i];
		struct sb_error err = { 0 };

		sb_settings_init(&settings);

		SB_AUTO_FREE char *key = sb_xasprintf("slugbuild.%s", row->key);
		SB_AUTO_FREE char *before = sb_settings_show(&settings, row);

		assert_int_equal(sb_settings_set(&settings, key, before, &err), 0);

		SB_AUTO_FREE char *after = sb_settings_show(&settings, row);

		assert_string_equal(before, after);
		assert_true(strlen(row->help) > 3);
	}
}

static void settings_refuse(void **state)
{
	static const struct {
		const char *key, *value, *says;
	} bad[] = {
		{ "slugbuild.level", "99", "slugbuild.level = 99: not from 1 to 12" },
		{ "slugbuild.level", "1k", "slugbuild.level = 1k: not a number" },
		{ "slugbuild.buildtimeout", "soon",
		  "slugbuild.buildTimeout = soon: not a time such as 90, 15m or 2h" },
		{ "slugbuild.slugLimit", "99999999999999999999g",
		  "slugbuild.slugLimit = 99999999999999999999g: not a size such as 500m or 2g" },
		{ "slugbuild.sandbox", "maybe",
		  "slugbuild.sandbox = maybe: not one of auto|require|off" },
		{ "slugbuild.useuv", "perhaps",
		  "slugbuild.useUv = perhaps: neither true nor false" },
		{ "slugbuild.root", "var", "slugbuild.root = var: not an absolute path" },
		{ "slugbuild.runner", NULL, "slugbuild.runner has no value" },
		{ "slugbuild.buildtimout", "1", "there is no setting slugbuild.buildtimout" },
		{ "slugbuild.Blog.branch", "x", "slugbuild.Blog.branch: Blog is no app's name" },
		{ "slugbuild.blog.root", "/x",
		  "slugbuild.blog.root: root cannot be set for one app only" },
		{ "slugbuild.blog.level", "3",
		  "slugbuild.blog.level: level cannot be set for one app only" },
		{ "user.name", "x", "user.name is not in section slugbuild" },
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(bad); i++) {
		SB_AUTO(sb_settings) settings = { 0 };
		struct sb_error err = { 0 };

		sb_settings_init(&settings);
		assert_int_equal(sb_settings_set(&settings, bad[i].key, bad[i].value, &err), -1);
		assert_string_equal(err.text, bad[i].says);
		assert_int_equal(err.code, SB_ECONFIG);
	}
}

static void settings_name_the_nearest(void **state)
{
	static const char *const words[] = { "web", "worker", "release", NULL };
	SB_AUTO(sb_settings) settings = { 0 };
	struct sb_error err = { 0 };

	(void)state;
	sb_settings_init(&settings);
	assert_int_equal(sb_settings_set(&settings, "slugbuild.bulidtimeout", "1", &err), -1);
	assert_string_equal(err.fix, "did you mean slugbuild.buildTimeout?");
	assert_string_equal(sb_nearest("wokrer", words), "worker");
	assert_string_equal(sb_nearest("Webb", words), "web");
	assert_null(sb_nearest("zzzzzz", words));
}

static void settings_of_one_app_lie_over_the_rest(void **state)
{
	SB_AUTO(sb_settings) all = { 0 };
	SB_AUTO(sb_settings) blog = { 0 };
	SB_AUTO(sb_settings) other = { 0 };
	struct sb_error err = { 0 };

	(void)state;
	sb_settings_init(&all);
	assert_int_equal(sb_settings_set(&all, "slugbuild.branch", "main", &err), 0);
	assert_int_equal(sb_settings_set(&all, "slugbuild.blog.branch", "live", &err), 0);
	assert_int_equal(sb_settings_set(&all, "slugbuild.blog.bundlepython", NULL, &err), 0);
	assert_int_equal(sb_settings_set(&all, "slugbuild.rule.procfile-missing", "error", &err),
			 0);
	assert_int_equal(sb_settings_set(&all, "slugbuild.addon.postgresql", "postgres://h", &err),
			 0);
	assert_int_equal(sb_settings_for_app(&blog, &all, "blog", &err), 0);
	assert_int_equal(sb_settings_for_app(&other, &all, "blo", &err), 0);
	assert_string_equal(blog.branch, "live");
	assert_true(blog.bundle_python);
	assert_string_equal(other.branch, "main");
	assert_false(other.bundle_python);
	assert_string_equal(sb_list_getenv(&blog.rules, "procfile-missing"), "error");
	assert_string_equal(sb_list_getenv(&other.addons, "postgresql"), "postgres://h");
}

static void root_is_never_empty(void **state)
{
	SB_AUTO(sb_settings) settings = { 0 };
	struct sb_error err = { 0 };

	(void)state;
	setenv("XDG_STATE_HOME", "/nowhere/state", 1);
	sb_settings_init(&settings);
	if (strcmp(settings.root, "/var/lib/slugbuild"))
		assert_string_equal(settings.root, "/nowhere/state/slugbuild");
	assert_int_equal(sb_settings_set(&settings, "slugbuild.root", "/srv/x", &err), 0);
	assert_string_equal(settings.root, "/srv/x");
	assert_int_equal(sb_settings_set(&settings, "slugbuild.root", "", &err), 0);
	assert_int_equal(settings.root[0], '/');
}

static void numbers_have_units(void **state)
{
	int64_t n;

	(void)state;
	assert_true(sb_parse_bytes(sb_span_of("100K"), &n) && n == 102400);
	assert_true(sb_parse_bytes(sb_span_of("7"), &n) && n == 7);
	assert_true(sb_parse_seconds(sb_span_of("2h"), &n) && n == 7200);
	assert_false(sb_parse_seconds(sb_span_of("m"), &n));
	assert_false(sb_parse_bytes(sb_span_of("-1"), &n));
	assert_false(sb_parse_bytes(sb_span_of(""), &n));
	assert_false(sb_parse_bytes(sb_span_of("9223372036854775807k"), &n));
}

static void app_names(void **state)
{
	static const char *const good[] = { "a", "blog", "my-app2" };
	static const char *const bad[] = { "",
					   "A",
					   "1a",
					   "a-",
					   "a_b",
					   "a.b",
					   "rule",
					   "addon",
					   "all",
					   "../x",
					   "abcdefghijklmnopqrstuvwxyz12345" };

	(void)state;
	for (size_t i = 0; i < SB_COUNT(good); i++)
		assert_true(sb_is_app_name(good[i]));
	for (size_t i = 0; i < SB_COUNT(bad); i++)
		assert_false(sb_is_app_name(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_start_at_their_fallbacks),
		cmocka_unit_test(settings_show_what_they_read),
		cmocka_unit_test(settings_refuse),
		cmocka_unit_test(settings_name_the_nearest),
		cmocka_unit_test(settings_of_one_app_lie_over_the_rest),
		cmocka_unit_test(root_is_never_empty),
		cmocka_unit_test(numbers_have_units),
		cmocka_unit_test(app_names),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
