#include "state.h"
#include "release/runner.h"

#include <sys/wait.h>

#define FACTS \
	"{\"slug\":{\"sha256\":\"" DIGEST_A \
	"\",\"size\":1,\"unpacked\":1,\"files\":1,\"layers\":[]}," \
	"\"processes\":{\"web\":\"x\"}}"

static json_t *manifest_of(struct state *state)
{
	struct sb_list none = { 0 };
	SB_AUTO(sb_release) release = { 0 };
	int number = commit(state, "deploy", FACTS, NULL);

	OK(sb_ledger_load(&release, &state->app, number, &state->err));

	json_t *out = sb_manifest_make(&state->app, &release, &none, &state->settings, &state->err);

	assert_non_null(out);
	return out;
}

/* A user's own runner, as a shell script of this text. */
static void find(struct sb_runner *runner, struct state *state, const char *script)
{
	FILE *file = fopen(at("runner"), "w");

	fprintf(file, "#!/bin/sh\n%s\n", script);
	fclose(file);
	sh("chmod 755 runner");
	free(state->settings.runner);
	state->settings.runner = sb_xstrdup(at("runner"));
	OK(sb_runner_find(runner, &state->settings, &state->err));
}

static int call(struct state *state, const char *script, const char *verb, char *shown, size_t size)
{
	SB_AUTO(sb_runner) runner = { 0 };
	SB_AUTO_JSON json_t *manifest = manifest_of(state);
	SB_AUTO(sb_log) log = SB_LOG_INIT;
	FILE *file = fopen(at("log"), "w+");
	static const char *const extra[] = { "web.1", NULL };

	log.file = fileno(file);
	find(&runner, state, script);

	int result = sb_runner_call(&runner, verb, extra, manifest, &state->app, &state->settings,
				    &log, &state->err);

	rewind(file);

	size_t n = fread(shown, 1, size - 1, file);

	shown[n] = '\0';
	fclose(file);
	return result;
}

static void runner_gets_verb_manifest_and_a_clean_environment(void **out)
{
	struct state *state = *out;
	char shown[8192];

	setenv("GIT_DIR", "/secret", 1);
	OK(call(state,
		"echo \"$@\"; grep '\"name\": \"v2\"'; env | sort | cut -d= -f1 | tr '\\n' ' '; "
		"echo; "
		"echo $SLUGBUILD_APP $SLUGBUILD_RELEASE; echo oops >&2",
		"restart", shown, sizeof(shown)));
	unsetenv("GIT_DIR");
	assert_non_null(strstr(shown, "restart web.1"));
	assert_non_null(strstr(shown, "\"name\": \"v2\""));
	assert_non_null(strstr(shown, "blog v2"));
	assert_non_null(strstr(shown, "oops"));
	assert_non_null(strstr(shown, "SLUGBUILD_ROOT"));
	assert_null(strstr(shown, "GIT_DIR"));
}

static void destroy_is_stop_with_a_word_in_the_environment(void **out)
{
	struct state *state = *out;
	char shown[4096];

	OK(call(state, "echo $1 destroy=$SLUGBUILD_DESTROY", "destroy", shown, sizeof(shown)));
	assert_non_null(strstr(shown, "stop destroy=1"));
}

static void runner_exit_status_says_what_happened(void **out)
{
	struct state *state = *out;
	static const struct {
		const char *script;
		enum sb_code code;
	} cases[] = {
		{ "exit 75", SB_EAGAIN },
		{ "exit 3", SB_EUSAGE },
		{ "exit 1", SB_EBUILD },
		{ "kill -9 $$", SB_EBUILD },
	};
	char shown[4096];

	for (size_t i = 0; i < SB_COUNT(cases); i++) {
		assert_int_equal(call(state, cases[i].script, "deploy", shown, sizeof(shown)), -1);
		assert_int_equal(state->err.code, cases[i].code);
	}
}

static void runner_that_hangs_is_killed(void **out)
{
	struct state *state = *out;
	char shown[4096];

	state->settings.runner_seconds = 1;
	assert_int_equal(call(state, "sleep 60", "deploy", shown, sizeof(shown)), -1);
	assert_int_equal(state->err.code, SB_EBUILD);
	assert_non_null(strstr(state->err.fix, "runnerTimeout"));
}

static void runner_that_is_missing_is_named_with_the_cure(void **out)
{
	struct state *state = *out;
	static const char *const bad[] = { "/nonexistent/run", "nosuch", "../run", "",
					   "/etc/passwd" };
	SB_AUTO(sb_runner) runner = { 0 };

	for (size_t i = 0; i < SB_COUNT(bad); i++) {
		free(state->settings.runner);
		state->settings.runner = sb_xstrdup(bad[i]);
		assert_int_equal(sb_runner_find(&runner, &state->settings, &state->err), -1);
		assert_int_equal(state->err.code, SB_ECONFIG);
		assert_non_null(strstr(state->err.fix, "slugbuild.runner"));
	}
}

static void status_is_json_and_stderr_is_kept_apart(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_runner) runner = { 0 };
	SB_AUTO(sb_runner) broken = { 0 };
	SB_AUTO_JSON json_t *manifest = manifest_of(state);

	find(&runner, state, "echo noise >&2; echo '{\"processes\":[{\"name\":\"web.1\"}]}'");

	SB_AUTO_JSON json_t *status =
		sb_runner_status(&runner, manifest, &state->app, &state->settings, &state->err);

	assert_non_null(status);
	assert_int_equal(json_array_size(json_object_get(status, "processes")), 1);
	find(&broken, state, "echo it is down >&2; exit 1");
	assert_null(
		sb_runner_status(&broken, manifest, &state->app, &state->settings, &state->err));
	assert_non_null(strstr(state->err.text, "it is down"));
}

static void none_starts_nothing(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_runner) runner = { 0 };
	SB_AUTO(sb_log) log = SB_LOG_INIT;
	SB_AUTO_JSON json_t *manifest = manifest_of(state);

	free(state->settings.runner);
	state->settings.runner = sb_xstrdup("none");
	OK(sb_runner_find(&runner, &state->settings, &state->err));
	assert_true(runner.none);
	OK(sb_runner_call(&runner, "deploy", NULL, manifest, &state->app, &state->settings, &log,
			  &state->err));
}

static void logs_become_the_runner(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_runner) runner = { 0 };
	SB_AUTO_JSON json_t *manifest = manifest_of(state);
	static const char *const extra[] = { "--tail", NULL };
	int status = 0;

	find(&runner, state, "grep -q manifest && [ \"$1 $2\" = 'logs --tail' ] && exit 7");

	pid_t child = fork();

	if (child == 0) {
		(void)!sb_runner_exec(&runner, "logs", extra, manifest, &state->app,
				      &state->settings, &state->err);
		_exit(1);
	}
	waitpid(child, &status, 0);
	assert_int_equal(WEXITSTATUS(status), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(runner_gets_verb_manifest_and_a_clean_environment),
		STATE_TEST(destroy_is_stop_with_a_word_in_the_environment),
		STATE_TEST(runner_exit_status_says_what_happened),
		STATE_TEST(runner_that_hangs_is_killed),
		STATE_TEST(runner_that_is_missing_is_named_with_the_cure),
		STATE_TEST(status_is_json_and_stderr_is_kept_apart),
		STATE_TEST(none_starts_nothing),
		STATE_TEST(logs_become_the_runner),
	};

	return cmocka_run_group_tests_name("runner", tests, scratch_make, scratch_drop);
}
