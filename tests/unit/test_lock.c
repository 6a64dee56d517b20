#include "unit.h"
#include "base/span.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/line.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[64];
static int dir;

static int setup(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/tmp/test-lock-XXXXXX");
	if (!mkdtemp(path))
		return -1;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return 0;
}

static int teardown(void **state)
{
	struct sb_error err = { 0 };

	(void)state;
	close(dir);
	return sb_remove_tree(AT_FDCWD, path, &err);
}

/* A process that holds the lock until it is killed. */
static pid_t holder(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		SB_AUTO(sb_lock) lock = SB_LOCK_INIT;
		struct sb_error err = { 0 };

		if (sb_lock_take(&lock, dir, "l", "push of 1a2b3c4", 0, NULL, NULL, &err) < 0)
			_exit(1);
		(void)!write(ready[1], "x", 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void lock_names_its_holder(void **state)
{
	SB_AUTO(sb_lock) lock = SB_LOCK_INIT;
	struct sb_error err = { 0 };
	pid_t pid = holder();
	SB_AUTO_FREE char *says =
		sb_xasprintf("l is held by pid %d, push of 1a2b3c4, since 20", (int)pid);

	(void)state;
	assert_true(sb_lock_is_taken(dir, "l"));
	assert_int_equal(sb_lock_take(&lock, dir, "l", "another", 0, NULL, NULL, &err), -1);
	assert_int_equal(err.code, SB_EAGAIN);
	assert_true(sb_span_starts(sb_span_of(err.text), says));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_false(sb_lock_is_taken(dir, "l"));
	assert_int_equal(sb_lock_take(&lock, dir, "l", "another", 0, NULL, NULL, &err), 0);
	assert_true(sb_lock_is_taken(dir, "l"));
}

static int calls;

static void free_it(void *ctx, const char *who, int64_t waited_ms)
{
	assert_non_null(strstr(who, "push of 1a2b3c4"));
	assert_true(waited_ms >= 0);
	if (++calls == 2)
		kill(*(pid_t *)ctx, SIGKILL);
}

static void lock_waits_and_says_so(void **state)
{
	SB_AUTO(sb_lock) lock = SB_LOCK_INIT;
	struct sb_error err = { 0 };
	pid_t pid = holder();
	int64_t start = sb_now_ms();

	(void)state;
	assert_int_equal(sb_lock_take(&lock, dir, "l", "next", 20, free_it, &pid, &err), 0);
	assert_in_range(sb_now_ms() - start, 400, 10000);
	assert_int_equal(calls, 2);
	waitpid(pid, NULL, 0);
}

static void lock_passes_to_a_child(void **state)
{
	struct sb_lock lock = SB_LOCK_INIT;
	struct sb_error err = { 0 };
	pid_t pid;

	(void)state;
	assert_int_equal(sb_lock_take(&lock, dir, "l", "push", 0, NULL, NULL, &err), 0);
	pid = fork();
	if (!pid) {
		sleep(30);
		_exit(0);
	}
	lock.handed_on = true;
	sb_lock_release(&lock);
	assert_true(sb_lock_is_taken(dir, "l"));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_false(sb_lock_is_taken(dir, "l"));
}

static void lock_clears_its_text(void **state)
{
	struct sb_lock lock = SB_LOCK_INIT;
	struct sb_error err = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(sb_lock_take(&lock, dir, "l", "push", 0, NULL, NULL, &err), 0);
	assert_int_equal(fstatat(dir, "l", &st, 0), 0);
	assert_true(st.st_size > 0);
	sb_lock_release(&lock);
	assert_int_equal(fstatat(dir, "l", &st, 0), 0);
	assert_int_equal(st.st_size, 0);
}

static void a_holder_is_told_with_its_time(void **state)
{
	int64_t seconds = -1;
	pid_t pid = holder();
	SB_AUTO_FREE char *want = sb_xasprintf("push of 1a2b3c4 (pid %d)", (int)pid);
	SB_AUTO_FREE char *who = sb_lock_holder(dir, "l", &seconds);

	(void)state;
	assert_string_equal(who, want);
	assert_in_range(seconds, 0, 60);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	SB_AUTO_FREE char *nobody = sb_lock_holder(dir, "l", &seconds);

	assert_string_equal(nobody, "");
}

/* In a process that stays until it is killed. */
static pid_t stand_at(const char *place)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		struct sb_line line = SB_LINE_INIT;
		struct sb_error err = { 0 };

		if (sb_line_join(&line, dir, "line", place, "a push", &err) < 0)
			_exit(1);
		(void)!write(ready[1], "x", 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void a_line_knows_who_is_ahead(void **state)
{
	SB_AUTO(sb_line) line = SB_LINE_INIT;
	struct sb_error err = { 0 };
	pid_t first = stand_at("1"), third = stand_at("3");

	(void)state;
	assert_int_equal(sb_line_join(&line, dir, "line", "2", "a push", &err), 0);
	assert_int_equal(sb_line_ahead(line.dir, "1"), 0);
	assert_int_equal(sb_line_ahead(line.dir, "2"), 1);
	assert_int_equal(sb_line_ahead(line.dir, "3"), 2);
	assert_true(sb_line_has(line.dir, "1"));
	kill(first, SIGKILL);
	waitpid(first, NULL, 0);
	assert_false(sb_line_has(line.dir, "1"));
	assert_int_equal(sb_line_ahead(line.dir, "3"), 1);
	assert_int_equal(faccessat(line.dir, "1", F_OK, 0), -1); /* the dead are removed */
	assert_true(sb_line_has(line.dir, "2"));
	kill(third, SIGKILL);
	waitpid(third, NULL, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lock_names_its_holder),
		TEST(lock_waits_and_says_so),
		TEST(lock_passes_to_a_child),
		TEST(lock_clears_its_text),
		TEST(a_holder_is_told_with_its_time),
		TEST(a_line_knows_who_is_ahead),
	};

	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
