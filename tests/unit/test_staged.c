#include "state.h"
#include "release/staged.h"

static void write_one(struct state *state, const char *commit)
{
	SB_AUTO(sb_staged) staged = { .facts = sb_json_new_object() };

	snprintf(staged.commit, sizeof(staged.commit), "%s", commit);
	sb_json_set_text(staged.facts, "ref", "refs/heads/main");
	OK(sb_staged_write(&state->app, &staged, &state->err));
}

static void marker_comes_back_until_it_is_dropped(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_staged) back = { 0 };
	SB_AUTO(sb_list) commits = { 0 };
	SB_AUTO(sb_staged) gone = { 0 };

	write_one(state, COMMIT_B);
	write_one(state, COMMIT_A);
	write_one(state, COMMIT_A);
	OK(sb_staged_load(&back, &state->app, COMMIT_A, &state->err));
	assert_string_equal(back.commit, COMMIT_A);
	assert_string_equal(sb_json_text(back.facts, "ref", ""), "refs/heads/main");
	OK(sb_staged_list(&commits, &state->app, &state->err));
	assert_int_equal(commits.n, 2);
	assert_string_equal(commits.item[0], COMMIT_A);
	OK(sb_staged_drop(&state->app, COMMIT_A, &state->err));
	OK(sb_staged_drop(&state->app, COMMIT_A, &state->err));
	assert_int_equal(sb_staged_load(&gone, &state->app, COMMIT_A, &state->err), -1);
	assert_int_equal(state->err.code, SB_ENOENT);
	assert_null(gone.facts);
}

static void marker_is_named_by_a_commit_and_nothing_else(void **out)
{
	struct state *state = *out;
	static const char *const bad[] = { "", "../../x", "HEAD", "1111", COMMIT_A "x" };
	SB_AUTO(sb_staged) staged = { 0 };

	for (size_t i = 0; i < SB_COUNT(bad); i++) {
		assert_int_equal(sb_staged_load(&staged, &state->app, bad[i], &state->err), -1);
		assert_int_equal(state->err.code, SB_EINPUT);
		assert_int_equal(sb_staged_drop(&state->app, bad[i], &state->err), -1);
	}
}

static void damaged_or_renamed_marker_is_refused(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_staged) staged = { 0 };

	write_one(state, COMMIT_A);
	sh("cd %s/staged; cp " COMMIT_A ".json " COMMIT_B ".json; echo '{' > " COMMIT_A ".json",
	   state->app.path);
	assert_int_equal(sb_staged_load(&staged, &state->app, COMMIT_A, &state->err), -1);
	assert_int_equal(sb_staged_load(&staged, &state->app, COMMIT_B, &state->err), -1);
	assert_non_null(strstr(state->err.text, "another commit"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(marker_comes_back_until_it_is_dropped),
		STATE_TEST(marker_is_named_by_a_commit_and_nothing_else),
		STATE_TEST(damaged_or_renamed_marker_is_refused),
	};

	return cmocka_run_group_tests_name("staged", tests, scratch_make, scratch_drop);
}
