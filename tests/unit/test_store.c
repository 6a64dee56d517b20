#include "quick_lock.h"
#include "state.h"
#include "sys/files.h"
#include "sys/lock.h"

#include <sys/wait.h>

static void store_makes_its_root_with_modes_of_its_own(void **out)
{
	struct state *state = *out;

	assert_int_equal(mode_of(state, "."), 0755);
	assert_int_equal(mode_of(state, "store/slugs"), 0750);
	assert_int_equal(mode_of(state, "apps/blog"), 0750);
	assert_int_equal(mode_of(state, "apps/blog/config.json"), 0600);
}

static void store_refuses_a_root_of_another_owner(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_store) store = SB_STORE_INIT;

	if (geteuid() != 0)
		skip();
	if (fchown(state->store.root, 65534, 65534) < 0)
		fail();
	assert_int_equal(sb_store_open(&store, &state->settings, &state->err), -1);
	assert_int_equal(state->err.code, SB_ECONFIG);
	assert_non_null(strstr(state->err.text, "belongs to nobody; slugbuild runs as root"));
	assert_non_null(strstr(state->err.fix, "slugbuild.root"));
	assert_int_equal(store.root, -1);
}

static void store_refuses_a_root_that_is_no_path(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_store) store = SB_STORE_INIT;

	state->settings.root[0] = 'x';
	assert_int_equal(sb_store_open(&store, &state->settings, &state->err), -1);
	assert_int_equal(state->err.code, SB_ECONFIG);
}

static void store_keeps_a_layer_once(void **out)
{
	struct state *state = *out;

	assert_null(sb_store_layer(&state->store, DIGEST_A));
	for (int i = 0; i < 2; i++) {
		SB_AUTO_FREE char *kept = NULL;
		SB_AUTO_FREE char *found = NULL;

		sh("mkdir work && echo %d > work/file", i);
		kept = sb_store_keep_layer(&state->store, DIGEST_A, at("work"), NULL, &state->err);
		assert_non_null(kept);
		found = sb_store_layer(&state->store, DIGEST_A);
		assert_string_equal(found, kept);
		/* The first one stays, and the second leaves nothing behind. */
		assert_string_equal(sh("cat %s/file", kept), "0");
		assert_string_equal(sh("ls -A %s/layers", state->store.path), DIGEST_A);
		assert_string_equal(sh("ls -d work 2>/dev/null || echo gone"), "gone");
	}
}

static void store_moves_a_staged_slug_to_its_final_name(void **out)
{
	struct state *state = *out;
	SB_AUTO_FREE char *path = sb_store_slug_path(&state->store, DIGEST_A);

	assert_int_equal(sb_store_keep_slug(&state->store, DIGEST_A, &state->err), -1);
	assert_int_equal(state->err.code, SB_ENOENT);
	sh("echo slug > %s/tmp/x", state->store.path);
	OK(sb_store_stage_slug(&state->store, "x", DIGEST_A, &state->err));
	OK(sb_store_keep_slug(&state->store, DIGEST_A, &state->err));
	OK(sb_store_keep_slug(&state->store, DIGEST_A, &state->err));
	assert_string_equal(sh("cat %s", path), "slug");
	assert_string_equal(sh("ls -A %s/tmp", state->store.path), "");
}

/* Holds the store for longer than goes unsaid. */
static pid_t hold_the_store(struct state *state)
{
	SB_AUTO(sb_lock) lock = SB_LOCK_INIT;
	pid_t pid;

	OK(sb_lock_take(&lock, state->store.root, "lock.store", "gc", 0, NULL, NULL, &state->err));
	pid = fork(); /* shares the lock, and so keeps it */
	if (pid == 0) {
		sleep(4);
		_exit(0);
	}
	sb_autoclose(&lock.fd);
	return pid;
}

static void a_wait_for_the_store_tells_who_holds_it(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_log) log = SB_LOG_INIT;
	int fd = open(at("said"), O_RDWR | O_CREAT | O_APPEND, 0600);

	assert_true(fd >= 0);
	log.file = fd;
	state->store.log = &log;
	sh("echo slug > %s/tmp/x", state->store.path);
	OK(sb_store_stage_slug(&state->store, "x", DIGEST_A, &state->err));

	pid_t pid = hold_the_store(state);

	OK(sb_store_keep_slug(&state->store, DIGEST_A, &state->err));
	state->store.log = NULL;
	close(fd);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_string_equal(sh("grep -cE 'Waiting for the store, which gc \\(pid [0-9]+\\) has had for [0-9]+ s' said"), "1");
}

static void nobody_waits_for_a_disk_under_the_lock_of_the_store(void **out)
{
	struct state *state = *out;
	SB_AUTO_FREE char *kept = NULL, *again = NULL, *found = NULL;

	sh("mkdir one two; echo a > one/f; echo b > two/f; echo slug > %s/tmp/x", state->store.path);
	OK(sb_store_stage_slug(&state->store, "x", DIGEST_A, &state->err));
	quick_lock_root = state->store.root;
	slow_calls = looked_at = 0;
	kept = sb_store_keep_layer(&state->store, DIGEST_A, at("one"), NULL, &state->err);
	again = sb_store_keep_layer(&state->store, DIGEST_A, at("two"), NULL, &state->err);
	found = sb_store_layer(&state->store, DIGEST_A);
	OK(sb_store_keep_slug(&state->store, DIGEST_A, &state->err));
	quick_lock_root = -1;
	assert_non_null(kept);
	assert_string_equal(kept, again);
	assert_string_equal(kept, found);
	assert_true(looked_at > 0);
	assert_int_equal(slow_calls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(store_makes_its_root_with_modes_of_its_own),
		STATE_TEST(store_refuses_a_root_of_another_owner),
		STATE_TEST(store_refuses_a_root_that_is_no_path),
		STATE_TEST(store_keeps_a_layer_once),
		STATE_TEST(store_moves_a_staged_slug_to_its_final_name),
		STATE_TEST(a_wait_for_the_store_tells_who_holds_it),
		STATE_TEST(nobody_waits_for_a_disk_under_the_lock_of_the_store),
	};

	return cmocka_run_group_tests_name("store", tests, scratch_make, scratch_drop);
}
