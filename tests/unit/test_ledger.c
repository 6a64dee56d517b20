#include "state.h"
#include "release/gc.h"
#include "sys/files.h"

#include <sys/wait.h>

static void numbers_are_never_used_twice_even_when_pruned(void **out)
{
	struct state *state = *out;
	SB_AUTO_FREE int *numbers = NULL;
	size_t n = 0;

	for (int i = 2; i <= 6; i++) {
		assert_int_equal(commit(state, "config", NULL, NULL), i);
		settle(state, i, SB_SUPERSEDED);
	}
	OK(sb_ledger_activate(&state->app, 5, &state->err));
	OK(sb_prune_releases(&state->app, 1, &state->err));
	OK(sb_ledger_numbers(&numbers, &n, &state->app, &state->err));
	assert_int_equal(n, 2);
	assert_int_equal(numbers[0], 5);
	assert_int_equal(numbers[1], 6);
	/* Even when somebody takes the newest away by hand. */
	sh("rm -rf %s/releases/v6", state->app.path);
	assert_int_equal(commit(state, "config", NULL, NULL), 7);
}

static void commit_makes_all_files_with_their_modes(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_list) vars = { 0 };
	SB_AUTO(sb_release) release = { 0 };

	sb_list_add(&vars, "SECRET_KEY=x");
	assert_int_equal(commit(state, "config", NULL, &vars), 2);
	assert_int_equal(mode_of(state, "apps/blog/releases/v2/config.json"), 0600);
	assert_int_equal(mode_of(state, "apps/blog/releases/v2/env"), 0600);
	assert_int_equal(mode_of(state, "apps/blog/releases/v2/release.json"), 0640);
	assert_string_equal(sh("cat %s/releases/v2/env", state->app.path), "SECRET_KEY=\"x\"");
	OK(sb_ledger_load(&release, &state->app, 2, &state->err));
	assert_int_equal(release.state, SB_PENDING);
	assert_int_equal(sb_json_int(release.facts, "previous", 0), 1);
	assert_int_equal(sb_json_int(release.facts, "number", 0), 2);
	assert_string_equal(sh("ls -A %s/releases | grep tmp || echo none", state->app.path),
			    "none");
}

static void commit_that_fails_leaves_nothing(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_release) release = { 0 };
	SB_AUTO(sb_list) vars = { 0 };

	sb_list_add(&vars, "BAD NAME=x");
	sb_release_init(&release, "config", "Set BAD NAME");
	assert_int_equal(sb_ledger_commit(&state->app, &release, &vars, &state->err), -1);
	assert_int_equal(release.number, 0);
	assert_string_equal(sh("ls -A %s/releases", state->app.path), "last\nv1");
	assert_int_equal(commit(state, "config", NULL, NULL), 2);
}

static void two_writers_get_two_numbers(void **out)
{
	struct state *state = *out;
	SB_AUTO_FREE int *numbers = NULL;
	size_t n = 0;
	pid_t child = fork();

	for (int i = 0; i < 10; i++)
		commit(state, "config", NULL, NULL);
	if (child == 0)
		_exit(0);

	int status = 0;

	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	OK(sb_ledger_numbers(&numbers, &n, &state->app, &state->err));
	assert_int_equal(n, 21);
	for (size_t i = 0; i < n; i++) {
		SB_AUTO(sb_release) release = { 0 };

		assert_int_equal(numbers[i], (int)i + 1);
		OK(sb_ledger_load(&release, &state->app, numbers[i], &state->err));
		assert_int_equal(sb_json_int(release.facts, "number", 0), numbers[i]);
	}
}

static void a_cut_off_commit_is_not_seen(void **out)
{
	struct state *state = *out;

	sh("mkdir %s/releases/.tmp-0123456789abcdef && echo half > "
	   "%s/releases/.tmp-0123456789abcdef/release.json",
	   state->app.path, state->app.path);
	assert_int_equal(sb_ledger_newest(&state->app, &state->err), 1);
	assert_int_equal(commit(state, "config", NULL, NULL), 2);
}

static void states_are_kept_and_activation_is_a_link(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_release) release = { 0 };
	SB_AUTO(sb_release) again = { 0 };
	int number = commit(state, "config", NULL, NULL);

	OK(sb_ledger_load(&release, &state->app, number, &state->err));
	OK(sb_ledger_set_state(&state->app, &release, SB_FAILED, "no reason", &state->err));
	OK(sb_ledger_load(&again, &state->app, number, &state->err));
	assert_int_equal(again.state, SB_FAILED);
	assert_string_equal(sb_json_text(again.facts, "reason", ""), "no reason");
	OK(sb_ledger_activate(&state->app, number, &state->err));
	assert_int_equal(sb_ledger_current(&state->app, &state->err), number);
	assert_string_equal(sh("readlink %s/current", state->app.path), "releases/v2");
	assert_int_equal(sb_ledger_activate(&state->app, 99, &state->err), -1);
	assert_int_equal(state->err.code, SB_ENOENT);
	assert_int_equal(sb_ledger_current(&state->app, &state->err), number);
}

static void release_numbers_are_read_strictly(void **out)
{
	static const struct {
		const char *text;
		int number;
	} cases[] = {
		{ "v1", 1 },
		{ "12", 12 },
		{ "v0", 0 },
		{ "", 0 },
		{ "v", 0 },
		{ "-1", 0 },
		{ "v1x", 0 },
		{ " 1", 0 },
		{ "+1", 0 },
		{ "vv1", 0 },
		{ "99999999999999", 0 },
		{ "v01", 0 },
	};

	(void)out;
	for (size_t i = 0; i < SB_COUNT(cases); i++)
		assert_int_equal(sb_release_number(cases[i].text), cases[i].number);
}

static void pruning_keeps_what_is_live_or_in_flight(void **out)
{
	struct state *state = *out;
	static const enum sb_release_state states[] = {
		[2] = SB_SUPERSEDED, [3] = SB_CURRENT,    [4] = SB_RELEASING, [5] = SB_FAILED,
		[6] = SB_FAILED,     [7] = SB_SUPERSEDED, [8] = SB_FAILED,    [9] = SB_FAILED,
	};

	for (int i = 2; i <= 9; i++) {
		assert_int_equal(commit(state, "config", NULL, NULL), i);
		settle(state, i, states[i]);
	}
	OK(sb_ledger_activate(&state->app, 3, &state->err));
	OK(sb_prune_releases(&state->app, 2, &state->err));
	assert_string_equal(sh("cd %s/releases; ls -dv v* | tr '\\n' ' '", state->app.path),
			    "v3 v4 v7 v8 v9 ");
}

/* Who was to take the files away was killed: the ledger knows, and the next one comes to it. */
static void retired_releases_are_out_of_the_ledger_and_removed_later(void **out)
{
	struct state *state = *out;

	for (int i = 2; i <= 4; i++) {
		assert_int_equal(commit(state, "config", NULL, NULL), i);
		settle(state, i, i == 4 ? SB_CURRENT : SB_SUPERSEDED);
	}
	OK(sb_ledger_activate(&state->app, 4, &state->err));
	assert_int_equal(sb_retire_releases(&state->app, 1, &state->err), 3);
	assert_string_equal(sh("cd %s/releases; ls -A | tr '\n' ' '", state->app.path),
			    ".tmp-gone-v1 .tmp-gone-v2 .tmp-gone-v3 last v4 ");
	assert_int_equal(sb_retire_releases(&state->app, 1, &state->err), 0);
	OK(sb_remove_retired(&state->app, &state->err));
	assert_string_equal(sh("cd %s/releases; ls -A | tr '\n' ' '", state->app.path), "last v4 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(numbers_are_never_used_twice_even_when_pruned),
		STATE_TEST(commit_makes_all_files_with_their_modes),
		STATE_TEST(commit_that_fails_leaves_nothing),
		STATE_TEST(two_writers_get_two_numbers),
		STATE_TEST(a_cut_off_commit_is_not_seen),
		STATE_TEST(states_are_kept_and_activation_is_a_link),
		STATE_TEST(release_numbers_are_read_strictly),
		STATE_TEST(pruning_keeps_what_is_live_or_in_flight),
		STATE_TEST(retired_releases_are_out_of_the_ledger_and_removed_later),
	};

	return cmocka_run_group_tests_name("ledger", tests, scratch_make, scratch_drop);
}
