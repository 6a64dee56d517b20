#include "state.h"
#include "release/addon.h"

/*
 * Add-ons are found beside the program, so this one runs a copy of itself from a build tree
 * of its own, where a script stands for an add-on.
 */
static int add_script(void **out)
{
	FILE *file = fopen(at("templates/addons/fake"), "w");

	(void)out;
	if (!file)
		return -1;
	fputs("#!/bin/sh\n"
	      "cd \"${0%/*}\"; echo \"$1\" >> calls; cat > question; cat answer; "
	      "echo talking of s3cr3t-password >&2; exit $(cat status)\n",
	      file);
	fclose(file);
	sh("chmod 755 templates/addons/fake");
	return 0;
}

static void answer(const char *text, int status)
{
	FILE *file = fopen(at("templates/addons/answer"), "w");

	fputs(text, file);
	fclose(file);
	sh("cd templates/addons; echo %d > status; rm -f calls question", status);
}

#define GOOD "{\"config\":{\"FAKE_URL\":\"fake://u:w0rd@h/db\"},\"state\":{\"db\":\"blog\"}}"

static int create(struct state *state, struct sb_list *vars, char *shown, size_t size)
{
	SB_AUTO(sb_log) log = SB_LOG_INIT;
	FILE *file = fopen(at("log"), "w+");

	log.file = fileno(file);
	if (!state->settings.addons.n)
		sb_list_add(&state->settings.addons, "fake=fake://root:s3cr3t-password@h/");

	int result =
		sb_addon_create(&state->app, "fake", &state->settings, vars, &log, &state->err);

	rewind(file);
	shown[fread(shown, 1, size - 1, file)] = '\0';
	fclose(file);
	return result;
}

static void addon_gives_config_vars_and_keeps_its_state(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_list) vars = { 0 };
	SB_AUTO(sb_list) names = { 0 };
	SB_AUTO(sb_log) log = SB_LOG_INIT;
	char shown[4096];

	answer(GOOD, 0);
	OK(create(state, &vars, shown, sizeof(shown)));
	assert_null(strstr(shown, "s3cr3t-password"));
	assert_string_equal(sb_list_getenv(&vars, "FAKE_URL"), "fake://u:w0rd@h/db");
	assert_int_equal(mode_of(state, "apps/blog/addons/fake.json"), 0600);
	OK(sb_addons_list(&names, &state->app, &state->err));
	assert_int_equal(names.n, 1);
	sh("grep -q '\"app\": \"blog\"' templates/addons/question");
	sh("grep -q 's3cr3t-password' templates/addons/question");

	SB_AUTO_JSON json_t *shows = sb_addon_state(&state->app, "fake", &state->err);

	assert_non_null(shows);
	assert_int_equal(json_array_size(json_object_get(shows, "config")), 1);
	/* A second one is refused before anything is called. */
	sh("rm templates/addons/calls");
	assert_int_equal(create(state, &vars, shown, sizeof(shown)), -1);
	assert_int_equal(state->err.code, SB_EUSAGE);
	sh("test ! -e templates/addons/calls");

	OK(sb_addon_destroy(&state->app, "fake", &state->settings, &vars, &log, &state->err));
	sh("grep -q '\"db\": \"blog\"' templates/addons/question");
	assert_int_equal(vars.n, 0);
	assert_null(sb_addon_state(&state->app, "fake", &state->err));
	assert_int_equal(state->err.code, SB_ENOENT);
}

static void addon_is_taken_back_when_its_answer_cannot_be_used(void **out)
{
	struct state *state = *out;
	static const char *const bad[] = {
		"{\"state\":1}",
		"{\"config\":{\"A\":1}}",
		"{\"config\":{\"A B\":\"x\"}}",
		"{\"config\":{\"TAKEN\":\"x\"}}",
	};
	char shown[4096];

	for (size_t i = 0; i < SB_COUNT(bad); i++) {
		SB_AUTO(sb_list) vars = { 0 };

		sb_list_add(&vars, "TAKEN=mine");
		answer(bad[i], 0);
		assert_int_equal(create(state, &vars, shown, sizeof(shown)), -1);
		assert_int_equal(vars.n, 1);
		assert_string_equal(sh("tr '\\n' ' ' < templates/addons/calls"), "create destroy ");
		assert_string_equal(sh("ls -A %s/addons", state->app.path), "");
	}
}

static void addon_that_fails_changes_nothing(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_list) vars = { 0 };
	char shown[4096];

	answer(GOOD, 1);
	assert_int_equal(create(state, &vars, shown, sizeof(shown)), -1);
	assert_int_equal(state->err.code, SB_EBUILD);
	answer(GOOD, 75);
	assert_int_equal(create(state, &vars, shown, sizeof(shown)), -1);
	assert_int_equal(state->err.code, SB_EAGAIN);
	assert_int_equal(vars.n, 0);
	assert_string_equal(sh("ls -A %s/addons", state->app.path), "");
	/* One that could not be destroyed is still there. */
	answer(GOOD, 0);
	OK(create(state, &vars, shown, sizeof(shown)));
	answer("", 1);

	SB_AUTO(sb_log) log = SB_LOG_INIT;

	assert_int_equal(
		sb_addon_destroy(&state->app, "fake", &state->settings, &vars, &log, &state->err),
		-1);
	assert_int_equal(vars.n, 1);
	assert_string_equal(sh("ls -A %s/addons", state->app.path), "fake.json");
}

static void addon_without_a_server_or_a_program_is_named_with_the_cure(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_list) vars = { 0 };
	SB_AUTO(sb_log) log = SB_LOG_INIT;
	static const char *const bad[] = { "nosuch", "", "../fake", "fake/x" };

	assert_int_equal(
		sb_addon_create(&state->app, "fake", &state->settings, &vars, &log, &state->err),
		-1);
	assert_int_equal(state->err.code, SB_ECONFIG);
	assert_non_null(strstr(state->err.fix, "slugbuild.addon.fake URL"));
	for (size_t i = 0; i < SB_COUNT(bad); i++) {
		assert_int_equal(sb_addon_create(&state->app, bad[i], &state->settings, &vars, &log,
						 &state->err),
				 -1);
		assert_int_equal(state->err.code, SB_ENOENT);
		assert_int_equal(sb_addon_destroy(&state->app, bad[i], &state->settings, &vars,
						  &log, &state->err),
				 -1);
		assert_int_equal(state->err.code, SB_ENOENT);
	}
}

static int run_copy(void)
{
	SB_AUTO_FREE char *self = realpath("/proc/self/exe", NULL);

	if (!self || scratch_make(NULL) < 0)
		return 1;
	sh("mkdir -p build/copy/unit templates/addons; cp '%s' build/copy/unit/test", self);
	execl(at("build/copy/unit/test"), "test_addon", scratch, (char *)NULL);
	return 1;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(addon_gives_config_vars_and_keeps_its_state),
		STATE_TEST(addon_is_taken_back_when_its_answer_cannot_be_used),
		STATE_TEST(addon_that_fails_changes_nothing),
		STATE_TEST(addon_without_a_server_or_a_program_is_named_with_the_cure),
	};

	if (argc < 2)
		return run_copy();
	snprintf(scratch, sizeof(scratch), "%s", argv[1]);
	return cmocka_run_group_tests_name("addon", tests, add_script, scratch_drop);
}
