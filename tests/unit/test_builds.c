#include "state.h"
#include "release/builds.h"

#include <signal.h>
#include <sys/wait.h>

static void open_build(struct sb_build_record *record, struct state *state)
{
	OK(sb_build_record_open(record, &state->app, COMMIT_A, "refs/heads/main", &state->err));
}

static const char *state_of(struct state *state, const char *id)
{
	static char text[32];
	SB_AUTO(sb_build_record) record = SB_BUILD_RECORD_INIT;

	OK(sb_build_record_load(&record, &state->app, id, &state->err));
	snprintf(text, sizeof(text), "%s", sb_json_text(record.facts, "state", ""));
	return text;
}

static void build_is_recorded_from_start_to_end(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_build_record) record = SB_BUILD_RECORD_INIT;
	SB_AUTO(sb_list) ids = { 0 };

	open_build(&record, state);
	assert_true(record.log >= 0);
	assert_string_equal(state_of(state, record.id), "waiting");
	OK(sb_build_record_state(&record, "building", NULL, &state->err));
	assert_string_equal(state_of(state, record.id), "building");
	assert_null(sb_json_at(record.facts, "ended"));
	OK(sb_build_record_state(&record, "failed", "no such package", &state->err));
	assert_string_equal(state_of(state, record.id), "failed");
	assert_non_null(sb_json_at(record.facts, "ended"));
	OK(sb_builds_list(&ids, &state->app, &state->err));
	assert_int_equal(ids.n, 1);
	assert_string_equal(ids.item[0], record.id);
}

static void build_whose_process_died_is_abandoned(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_list) ids = { 0 };
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);

	pid_t child = fork();

	if (child == 0) {
		struct sb_build_record record = SB_BUILD_RECORD_INIT;

		open_build(&record, state);
		OK(sb_build_record_state(&record, "building", NULL, &state->err));
		(void)!write(ready[1], "x", 1);
		pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	OK(sb_builds_list(&ids, &state->app, &state->err));
	assert_int_equal(ids.n, 1);
	assert_string_equal(state_of(state, ids.item[0]), "building");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_string_equal(state_of(state, ids.item[0]), "abandoned");
	close(ready[0]);
	close(ready[1]);
}

static void cancel_is_seen_by_the_builder_only_while_it_builds(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_build_record) record = SB_BUILD_RECORD_INIT;

	open_build(&record, state);
	assert_false(sb_build_cancel_asked(&record));
	OK(sb_build_cancel(&state->app, record.id, &state->err));
	assert_true(sb_build_cancel_asked(&record));
	OK(sb_build_record_state(&record, "cancelled", NULL, &state->err));
	assert_int_equal(sb_build_cancel(&state->app, record.id, &state->err), -1);
	assert_int_equal(state->err.code, SB_EUSAGE);
	assert_int_equal(sb_build_cancel(&state->app, "../x", &state->err), -1);
	assert_int_equal(state->err.code, SB_ENOENT);
}

static void pruning_keeps_the_newest_and_the_living(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_build_record) alive = SB_BUILD_RECORD_INIT;
	SB_AUTO(sb_list) ids = { 0 };

	open_build(&alive, state);
	/* Older by name than all that follow. */
	sh("cd %s/builds; mv %s 20200101T000000-000000", state->app.path, alive.id);
	for (int i = 0; i < 5; i++) {
		SB_AUTO(sb_build_record) record = SB_BUILD_RECORD_INIT;

		open_build(&record, state);
		OK(sb_build_record_state(&record, "staged", NULL, &state->err));
	}
	OK(sb_builds_prune(&state->app, 2, &state->err));
	OK(sb_builds_list(&ids, &state->app, &state->err));
	assert_int_equal(ids.n, 3);
	assert_string_equal(ids.item[2], "20200101T000000-000000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(build_is_recorded_from_start_to_end),
		STATE_TEST(build_whose_process_died_is_abandoned),
		STATE_TEST(cancel_is_seen_by_the_builder_only_while_it_builds),
		STATE_TEST(pruning_keeps_the_newest_and_the_living),
	};

	return cmocka_run_group_tests_name("builds", tests, scratch_make, scratch_drop);
}
