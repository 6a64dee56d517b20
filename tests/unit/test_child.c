#include "unit.h"
#include "base/list.h"
#include "sys/child.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sb_list lines, error_lines;
static size_t bytes;
static int ticks;

static void on_line(void *ctx, struct sb_span line)
{
	(void)ctx;
	bytes += line.n;
	if (lines.n < 100)
		sb_list_add_take(&lines, sb_span_dup(line));
}

static void on_error_line(void *ctx, struct sb_span line)
{
	(void)ctx;
	sb_list_add_take(&error_lines, sb_span_dup(line));
}

static void on_tick(void *ctx)
{
	(void)ctx;
	ticks++;
}

static int setup(void **state)
{
	(void)state;
	sb_list_release(&lines);
	sb_list_release(&error_lines);
	bytes = 0;
	ticks = 0;
	return 0;
}

static const char *sh_argv[] = { "/bin/sh", "-c", NULL, NULL };
static const char *const some_env[] = { "A=1", "PATH=/usr/bin:/bin", NULL };

static struct sb_child shell(const char *script)
{
	sh_argv[2] = script;
	return (struct sb_child) { .argv = sh_argv,
				   .env = some_env,
				   .cwd = -1,
				   .seconds = 10,
				   .bytes = 1 << 20,
				   .line = on_line,
				   .tick = on_tick };
}

static struct sb_child_result run(const struct sb_child *child)
{
	struct sb_child_result end = { 0 };
	struct sb_error err = { 0 };

	if (sb_child_run(child, &end, &err) < 0)
		fail_msg("%s", err.text);
	return end;
}

static bool is_gone(pid_t pid)
{
	for (int i = 0; i < 100 && !kill(pid, 0); i++)
		usleep(20000);
	return kill(pid, 0) < 0;
}

static void child_inherits_nothing(void **state)
{
	struct sb_child child =
		shell("cat; env | sort; ls /proc/self/fd; ps -o sid= -p $$; echo $$; pwd; umask");
	int leak = dup(2);

	(void)state;
	child.input = sb_span_of("in");
	assert_int_equal(run(&child).value, 0);
	close(leak);

	SB_AUTO_FREE char *all = sb_list_join(&lines, ",");

	assert_non_null(strstr(all, "inA=1,"));
	assert_null(strstr(all, "HOME="));
	assert_non_null(strstr(all, ",0,1,2,3,")); /* 3 is ls's own */
	assert_null(strstr(all, ",4,"));
	assert_string_equal(lines.item[lines.n - 2], "/");
	assert_string_equal(lines.item[lines.n - 1], "0022");
	assert_int_equal(atoi(lines.item[lines.n - 3]), atoi(lines.item[lines.n - 4]));
}

static void child_tells_status_signal_and_failure_apart(void **state)
{
	static const char *const none[] = { "/no/such/program", NULL };
	struct sb_child child = shell("exit 7");
	struct sb_child_result end = run(&child);
	struct sb_error err = { 0 };

	(void)state;
	assert_int_equal(end.end, SB_CHILD_EXITED);
	assert_int_equal(end.value, 7);
	child = shell("kill -SEGV $$");
	end = run(&child);
	assert_int_equal(end.end, SB_CHILD_KILLED);
	assert_int_equal(end.value, SIGSEGV);
	assert_string_equal(sb_child_end_text(&child, &end),
			    "was killed by signal 11 (Segmentation fault)");
	child.argv = none;
	assert_int_equal(sb_child_run(&child, &end, &err), -1);
	assert_string_equal(err.text, "cannot run /no/such/program: No such file or directory");
	child.seconds = 0;
	assert_int_equal(sb_child_run(&child, &end, &err), -1);
}

static void child_gives_lines(void **state)
{
	struct sb_child child =
		shell("printf 'a\\r\\n\\nb'; head -c 100000 /dev/zero | tr '\\0' x");

	(void)state;
	run(&child);
	assert_string_equal(lines.item[0], "a");
	assert_string_equal(lines.item[1], "");
	assert_int_equal(lines.item[2][0], 'b');
	assert_int_equal(strlen(lines.item[2]), 65536);
	assert_int_equal(bytes, 1 + 1 + 100000);
}

static void child_gives_both_streams_apart(void **state)
{
	struct sb_child child = shell("echo out; echo err >&2");

	(void)state;
	child.separate = true;
	child.error_line = on_error_line;
	run(&child);
	assert_int_equal(lines.n, 1);
	assert_string_equal(lines.item[0], "out");
	assert_string_equal(error_lines.item[0], "err");
}

static void child_that_never_ends_is_ended_with_all_its_own(void **state)
{
	struct sb_child child = shell("trap '' TERM; sh -c 'trap \"\" TERM; sleep 300' & echo $!; "
				      "sleep 300 & echo $!; wait; sleep 300");
	struct sb_child_result end;

	(void)state;
	child.seconds = 1;
	end = run(&child);
	assert_int_equal(end.end, SB_CHILD_TIMEOUT);
	assert_in_range(end.ms, 900, 8000);
	assert_true(is_gone(atoi(lines.item[0])));
	assert_true(is_gone(atoi(lines.item[1])));
	assert_true(ticks >= 2);
}

static void child_may_say_goodbye(void **state)
{
	struct sb_child child = shell("trap 'echo bye; exit 3' TERM; while :; do sleep 0.1; done");

	(void)state;
	child.seconds = 1;
	assert_int_equal(run(&child).end, SB_CHILD_TIMEOUT);
	assert_string_equal(lines.item[lines.n - 1], "bye");
}

static void background_child_does_not_hold_us(void **state)
{
	struct sb_child child = shell("sleep 300 & echo $!; setsid sleep 301 & echo $!; echo done");
	struct sb_child_result end = run(&child);

	(void)state;
	assert_int_equal(end.end, SB_CHILD_EXITED);
	assert_true(end.ms < 4000);
	assert_string_equal(lines.item[2], "done");
	assert_true(is_gone(atoi(lines.item[0])));
	kill(atoi(lines.item[1]), SIGKILL);
}

static void endless_output_is_cut(void **state)
{
	struct sb_child child = shell("yes");
	struct sb_child_result end;

	(void)state;
	child.bytes = 200000;
	end = run(&child);
	assert_int_equal(end.end, SB_CHILD_LOUD);
	assert_true(bytes <= 200000);
	assert_true(end.ms < 7000);
}

static void memory_hog_is_ended(void **state)
{
	struct sb_child child = shell("x=$(head -c 200000000 /dev/zero | tr '\\0' x); sleep 30");
	struct sb_child_result end;

	(void)state;
	child.memory = 50 << 20;
	end = run(&child);
	assert_int_equal(end.end, SB_CHILD_MEMORY);
	assert_string_equal(sb_child_end_text(&child, &end), "used more than 50 MiB of memory");
}

static void fork_bomb_is_ended(void **state)
{
	struct sb_child child = shell("for i in 1 2 3 4 5 6 7 8 9 10; do sleep 300 & done; wait");

	(void)state;
	child.processes = 6;
	assert_int_equal(run(&child).end, SB_CHILD_PROCESSES);
}

static void full_disk_ends_it(void **state)
{
	struct sb_child child = shell("sleep 30");
	int dir = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	child.disk = dir;
	child.disk_floor = INT64_MAX;
	assert_int_equal(run(&child).end, SB_CHILD_DISK);
	close(dir);
}

static void capture_takes_all_or_fails(void **state)
{
	struct sb_child child = shell("printf 'a\\0b\\n'; echo noise >&2");
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(100);
	SB_AUTO(sb_buffer) small = SB_BUFFER_INIT(100);
	struct sb_error err = { 0 };

	(void)state;
	assert_int_equal(sb_child_capture(&child, &out, &err), 0);
	assert_int_equal(out.n, 4);
	assert_memory_equal(out.p, "a\0b\n", 4);
	child = shell("echo why >&2; exit 3");
	assert_int_equal(sb_child_capture(&child, &out, &err), -1);
	assert_string_equal(err.text, "sh ended with status 3: why");
	child = shell("yes");
	assert_int_equal(sb_child_capture(&child, &small, &err), -1);
	assert_int_equal(err.code, SB_ELIMIT);
}

static void started_child_is_stopped(void **state)
{
	struct sb_child child = shell("sleep 300 & sleep 300");
	struct sb_error err = { 0 };
	int64_t start = sb_now_ms();
	pid_t pid;

	(void)state;
	assert_int_equal(sb_child_start(&child, &pid, &err), 0);
	usleep(200000);
	sb_child_stop(pid, 2000);
	assert_true(sb_now_ms() - start < 2000);
	assert_true(is_gone(-pid));
}

/* In a process of its own, since a cancelled one stays so. */
static void cancelling_ends_it(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (!pid) {
		struct sb_child child = shell("sleep 30");
		struct sb_child_result end;
		struct sb_error err = { 0 };

		sb_cancel_on_signals();
		if (sb_child_run(&child, &end, &err) < 0)
			_exit(9);
		_exit(end.end == SB_CHILD_CANCELLED && sb_cancel_asked() && end.ms < 5000 ? 0 : 1);
	}
	usleep(300000);
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

static void child_dies_with_us(void **state)
{
	int ends[2];
	char text[32] = { 0 };
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		struct sb_child child = shell("echo $$; exec sleep 300");
		struct sb_child_result end;
		struct sb_error err = { 0 };

		child.out_fd = ends[1];
		_exit(sb_child_run(&child, &end, &err) < 0);
	}
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(is_gone(atoi(text)));
	close(ends[0]);
	close(ends[1]);
}

static void detached_child_outlives_us(void **state)
{
	int ends[2];
	char text[32] = { 0 };
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		const int keep[] = { ends[1], -1 };
		struct sb_error err = { 0 };

		if (sb_detach(keep, &err) == 0) {
			usleep(200000);
			/* Nobody keeps this end but us. */
			bool only = fcntl(ends[0], F_GETFD) < 0 && getsid(0) == getpid();

			_exit(write(ends[1], only ? "alive" : "leaks", 5) != 5);
		}
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	close(ends[1]);
	assert_int_equal(read(ends[0], text, sizeof(text) - 1), 5);
	assert_string_equal(text, "alive");
	close(ends[0]);
}

static void ancestry_is_followed(void **state)
{
	struct sb_ancestry found = SB_ANCESTRY_INIT;
	int status;
	pid_t pid;

	(void)state;
	sb_ancestry_find(&found);
	assert_int_equal(found.receive_pack, -1);
	assert_string_equal(found.push, "");
	assert_false(sb_process_lives("") || sb_process_lives("x-1") || sb_process_lives("1-1") ||
		     sb_process_lives("../1-1"));
	assert_false(sb_pidfd_ended(-1));
	sb_ancestry_release(&found);

	/* A process that calls itself git-receive-pack, and a child of it that looks up. */
	pid = fork();
	if (!pid) {
		static const char *argv[] = { "git-receive-pack", "-c", NULL, NULL };
		SB_AUTO_FREE char *self = sb_xasprintf("%s --look; exit $?", sb_self());

		argv[2] = self;
		execv("/bin/sh", (char *const *)argv);
		_exit(9);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

/* The same, writing into a pipe that nobody reads any more; a shell stands between, as over ssh. */
static void a_reader_that_is_gone_is_seen(void **state)
{
	int ends[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		static const char *argv[] = { "sh", "-c", NULL, NULL };
		SB_AUTO_FREE char *line = sb_xasprintf(
			"bash -c 'exec -a git-receive-pack sh -c \"%s --look gone; exit \\$?\"'; exit $?", sb_self());

		argv[2] = line;
		close(ends[0]);
		dup2(ends[1], 1);
		execv("/bin/sh", (char *const *)argv);
		_exit(9);
	}
	close(ends[0]);
	close(ends[1]);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

static void we_know_where_we_are(void **state)
{
	static const char *const paths[] = { "/no/such", "/etc", "/bin/sh", NULL };

	(void)state;
	assert_int_equal(sb_self()[0], '/');
	assert_true(sb_span_ends(sb_span_of(sb_datadir()), "/templates") ||
		    !strcmp(sb_datadir(), SB_DATADIR));
	assert_true(sb_span_ends(sb_span_of(sb_slugbuild()), "/slugbuild"));
	assert_string_equal(sb_first_program(paths), "/bin/sh");
}

static int look(bool gone)
{
	struct sb_ancestry found = SB_ANCESTRY_INIT;

	sb_ancestry_find(&found);

	bool good = found.receive_pack >= 0 && found.connections > 0 &&
		    !sb_pidfd_ended(found.receive_pack) &&
		    sb_client_gone(&found) == gone && sb_process_lives(found.push);

	sb_ancestry_release(&found);
	return good ? 0 : 1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, setup)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(child_inherits_nothing),
		TEST(child_tells_status_signal_and_failure_apart),
		TEST(child_gives_lines),
		TEST(child_gives_both_streams_apart),
		TEST(child_that_never_ends_is_ended_with_all_its_own),
		TEST(child_may_say_goodbye),
		TEST(background_child_does_not_hold_us),
		TEST(endless_output_is_cut),
		TEST(memory_hog_is_ended),
		TEST(fork_bomb_is_ended),
		TEST(full_disk_ends_it),
		TEST(capture_takes_all_or_fails),
		TEST(started_child_is_stopped),
		TEST(cancelling_ends_it),
		TEST(child_dies_with_us),
		TEST(detached_child_outlives_us),
		TEST(ancestry_is_followed),
		TEST(a_reader_that_is_gone_is_seen),
		TEST(we_know_where_we_are),
	};

	if (argc > 1 && !strcmp(argv[1], "--look"))
		return look(argc > 2 && !strcmp(argv[2], "gone"));
	return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
