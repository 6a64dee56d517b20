#include "unit.h"
#include "base/list.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char app[64];
static struct sb_settings settings;
static struct sb_list lines;
static bool boxed;

static void on_line(void *ctx, struct sb_span line)
{
	(void)ctx;
	if (lines.n < 500)
		sb_list_add_take(&lines, sb_span_dup(line));
}

static int setup(void **state)
{
	(void)state;
	sb_settings_init(&settings);
	settings.build_memory = 256 << 20;
	settings.build_processes = 40;
	snprintf(app, sizeof(app), "/tmp/test-box-XXXXXX");
	if (!mkdtemp(app))
		return -1;
	chmod(app, 0777);
	boxed = sb_box_works(&settings, NULL);
	return 0;
}

static int teardown(void **state)
{
	struct sb_error err = { 0 };

	(void)state;
	sb_list_release(&lines);
	sb_settings_release(&settings);
	return sb_remove_tree(AT_FDCWD, app, &err);
}

static void app_box(struct sb_box *box)
{
	sb_box_init(box, &settings);
	sb_box_write(box, app, "/app");
	sb_list_setenv(&box->env, "HOME", "/app");
	sb_list_setenv(&box->env, "SECRET", "canary\n$x \"'");
	box->cwd = "/app";
}

static struct sb_child_result run(struct sb_box *box, const char *script)
{
	const char *argv[] = { "/bin/sh", "-c", script, NULL };
	struct sb_child child = { .argv = argv,
				  .cwd = -1,
				  .seconds = 20,
				  .bytes = 1 << 20,
				  .memory = settings.build_memory,
				  .line = on_line };
	struct sb_child_result end = { 0 };
	struct sb_error err = { 0 };

	sb_list_release(&lines);
	if (sb_box_run(box, &child, &end, &err) < 0)
		fail_msg("%s", err.text);
	return end;
}

#define NEEDS_BOX() \
	do { \
		if (!boxed) \
			skip(); \
	} while (0)

/* As a user whom permissions and RLIMIT_NPROC bind. */
static void as_nobody(void (*test)(void))
{
	int status;
	pid_t pid;

	if (geteuid()) {
		test();
		return;
	}
	fflush(NULL);
	pid = fork();
	if (!pid) {
		if (setgid(65534) || setuid(65534))
			_exit(9);
		test(); /* a failed assertion ends the process */
		_exit(0);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

static void as_anybody(void (*test)(void))
{
	NEEDS_BOX();
	if (!geteuid())
		test();
	as_nobody(test);
}

/* Assertions of cmocka jump back into a frame of the parent's: these do not. */
#define MUST(condition) \
	do { \
		if (!(condition)) { \
			SB_AUTO_FREE char *said = sb_list_join(&lines, "\n"); \
			fprintf(stderr, "%s:%d: %s (uid %u)\n%s\n", __FILE__, __LINE__, \
				#condition, geteuid(), said); \
			_exit(1); \
		} \
	} while (0)

static bool said(const char *line)
{
	return sb_list_has(&lines, line);
}

static void view(void)
{
	SB_AUTO(sb_box) box = { 0 };

	app_box(&box);
	MUST(run(&box, "ls -d /root /home /work /srv /var/lib 2>/dev/null; pwd; echo x > f && cat "
		       "f; echo \"$SECRET\";"
		       "touch /usr/x /etc/x /x 2>/dev/null || echo readonly; ls /tmp | wc -l; id "
		       "-un; hostname;"
		       "grep -h ^Cap /proc/self/status | grep -v 0000000000000000; ls /proc | grep "
		       "-c '^[0-9]'; rm f")
		     .value == 0);
	MUST(lines.n && !strcmp(lines.item[0], "/app"));
	MUST(said("x") && said("canary") && said("$x \"'") && said("readonly") && said("0") &&
	     said("app"));
	MUST(said("slugbuild"));
	for (size_t i = 0; i < lines.n; i++)
		MUST(strncmp(lines.item[i], "Cap", 3) != 0);
	MUST(atoi(lines.item[lines.n - 1]) < 12); /* no process of the host's */
	MUST(!box.open);
}

static void box_hides_the_machine(void **state)
{
	(void)state;
	as_anybody(view);
}

static void values_in_argv(void)
{
	SB_AUTO(sb_box) box = { 0 };

	app_box(&box);
	/* Neither the program's nor bubblewrap's command line; the box has its own /proc. */
	MUST(run(&box, "cat /proc/*/cmdline | tr '\\0' ' ' | grep -c canary; exit 0").value == 0);
	MUST(said("1")); /* this very script */
}

static void box_puts_no_value_in_a_command_line(void **state)
{
	(void)state;
	as_anybody(values_in_argv);
}

static void network(void)
{
	static const char script[] =
		"python3 -c 'import socket\n"
		"for where in (\"1.1.1.1\", \"127.0.0.1\"):\n"
		"    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
		"    try:\n"
		"        s.connect((where, 53)); print(where, \"reached\")\n"
		"    except OSError as e: print(where, \"no\")\n"
		"try:\n"
		"    socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM); print(\"vsock\")\n"
		"except OSError: print(\"no vsock\")\n"
		"print(socket.gethostbyname(\"localhost\"))\n"
		"'; cat /proc/net/dev | grep -vc 'lo:\\||'";
	SB_AUTO(sb_box) box = { 0 };

	app_box(&box);
	run(&box, script);
	MUST(said("1.1.1.1 no") && said("no vsock") && said("127.0.0.1"));
	MUST(!strcmp(lines.item[lines.n - 1], "0"));
}

static void box_has_no_network(void **state)
{
	(void)state;
	as_anybody(network);
}

static void calls(void)
{
	static const char script[] =
		"import ctypes, fcntl, os\n"
		"c = ctypes.CDLL(None, use_errno=True)\n"
		"def t(name, *a):\n"
		"    r = c.syscall(*a)\n"
		"    print(name, 'EPERM' if r < 0 and ctypes.get_errno() == 1 else r)\n"
		"t('ptrace', 101, 0, 0, 0, 0)\n"
		"t('add_key', 248, b'user', b'a', b'b', 1, -3)\n"
		"t('keyctl', 250, 0, -3, 0)\n"
		"t('unshare', 272, 0x10000000)\n"
		"t('mount', 165, b'x', b'/tmp', b'tmpfs', 0, 0)\n"
		"t('bpf', 321, 0, 0, 0)\n"
		"t('io_uring', 425, 1, 0)\n"
		"t('clone', 56, 0x10000011, 0, 0, 0, 0)\n"
		"t('tiocsti', 16, 0, 0x5412, b'x')\n"
		"t('tiocsti high', 16, 0, 0x100005412, b'x')\n"
		"t('setuid', 90, b'/tmp', 0o4755)\n"
		"import threading, subprocess\n"
		"w = threading.Thread(target=lambda: print('thread')); w.start(); w.join()\n"
		"print(subprocess.run(['true']).returncode == 0 and 'process')\n"
		"import multiprocessing\n"
		"print(multiprocessing.Lock() and 'semaphore')\n";
	SB_AUTO(sb_box) box = { 0 };
	const char *argv[] = { "/usr/bin/python3", "-c", script, NULL };
	struct sb_child child = {
		.argv = argv, .cwd = -1, .seconds = 20, .bytes = 65536, .line = on_line
	};
	struct sb_child_result end;
	struct sb_error err = { 0 };
	static const char *const denied[] = { "ptrace",  "add_key",      "keyctl",   "unshare",
					      "mount",   "bpf",          "io_uring", "clone",
					      "tiocsti", "tiocsti high", "setuid" };

	app_box(&box);
	sb_list_release(&lines);
	MUST(sb_box_run(&box, &child, &end, &err) == 0 && end.value == 0);
	for (size_t i = 0; i < SB_COUNT(denied); i++) {
		SB_AUTO_FREE char *line = sb_xasprintf("%s EPERM", denied[i]);

		MUST(said(line));
	}
	MUST(said("thread") && said("process") && said("semaphore"));
}

static void box_filters_calls(void **state)
{
	(void)state;
#ifndef __x86_64__
	skip();
#endif
	as_anybody(calls);
}

static void bomb(void)
{
	static const char *const argv[] = { "/bin/sh", "-c", "b() { b | b & }; b; sleep 1; wait",
					    NULL };
	SB_AUTO(sb_box) box = { 0 };
	struct sb_child child = { .argv = argv, .cwd = -1, .seconds = 3, .bytes = 64 << 20 };
	struct sb_child_result end;
	struct sb_error err = { 0 };

	app_box(&box);
	MUST(sb_box_run(&box, &child, &end, &err) == 0);
	/* It cannot fork on, is ended for it, or its time runs out: nothing of it is left. */
	MUST(end.ms < 12000);
	MUST(run(&box, "echo fine").value == 0 && said("fine"));
}

/* Never as root, whom RLIMIT_NPROC does not bind: its bomb is ended by count, but until then
 * it takes the process numbers of the machine that runs the tests. */
static void box_stops_a_fork_bomb(void **state)
{
	(void)state;
	NEEDS_BOX();
	as_nobody(bomb);
}

static void hogs(void)
{
	SB_AUTO(sb_box) box = { 0 };
	int64_t start = sb_now_ms();
	struct sb_child_result end;

	app_box(&box);
	end = run(&box, "python3 -c 'x = bytearray(600 << 20); import time; time.sleep(30)'");
	MUST(end.end == SB_CHILD_MEMORY);
	MUST(sb_now_ms() - start < 15000);
	end = run(&box, "head -c 300m /dev/zero > /tmp/big 2>/dev/null || echo full");
	MUST(said("full"));
	end = run(&box, "(setsid sleep 298 >/dev/null 2>&1 &) ; echo started");
	MUST(end.ms < 3000);
}

static void box_stops_hogs(void **state)
{
	(void)state;
	as_anybody(hogs);
	if (boxed) /* the daemon died with its namespace */
		assert_int_not_equal(system("pgrep -f 'sleep 29[8]' >/dev/null"), 0);
}

static void open_box_maps_paths(void **state)
{
	SB_AUTO(sb_box) box = { 0 };
	struct sb_error err = { 0 };

	(void)state;
	assert_int_equal(sb_settings_set(&settings, "slugbuild.sandbox", "off", &err), 0);
	app_box(&box);
	sb_list_setenv(&box.env, "PATH", "/app/bin:/usr/bin:/bin");
	sb_box_read(&box, "/usr/share", "/app/share");

	SB_AUTO_FREE char *file = sb_box_path(&box, "/app/f");
	SB_AUTO_FREE char *nested = sb_box_path(&box, "/app/share/doc");
	SB_AUTO_FREE char *other = sb_box_path(&box, "/apple");
	SB_AUTO_FREE char *real = sb_xasprintf("%s/f", app);
	SB_AUTO_FREE char *path = sb_xasprintf("%s/bin:/usr/bin:/bin", app);

	assert_string_equal(file, real);
	assert_string_equal(nested, "/usr/share/doc");
	assert_string_equal(other, "/apple");
	assert_int_equal(run(&box, "echo $HOME; pwd; echo $PATH; env | wc -l").value, 0);
	assert_true(box.open);
	assert_string_equal(lines.item[0], app);
	assert_string_equal(lines.item[1], app);
	assert_string_equal(lines.item[2], path);
}

static void required_box_is_required(void **state)
{
	SB_AUTO(sb_settings) own = { 0 };
	struct sb_error err = { 0 };
	pid_t pid;
	int status;

	(void)state;
	pid = fork();
	if (!pid) {
		static const char *const argv[] = { "/bin/true", NULL };
		struct sb_child child = { .argv = argv, .cwd = -1, .seconds = 5, .bytes = 100 };
		struct sb_child_result end;
		SB_AUTO(sb_box) box = { 0 };

		sb_settings_init(&own);
		if (sb_settings_set(&own, "slugbuild.bwrap", "/no/such/bwrap", &err) < 0 ||
		    sb_settings_set(&own, "slugbuild.sandbox", "require", &err) < 0)
			_exit(2);
		sb_box_init(&box, &own);
		_exit(sb_box_run(&box, &child, &end, &err) < 0 && err.code == SB_ECONFIG &&
				      err.fix[0]
			      ? 0
			      : 1);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

/* A program under the keeper: starts, and answers the signal a runner sends. */
static int kept(const char *script, int sig, char *text, size_t size)
{
	int ends[2], status;
	pid_t pid;
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		const char *argv[] = { "/bin/sh", "-c", script, NULL };
		SB_AUTO(sb_box) box = { 0 };
		struct sb_error err = { 0 };

		dup2(ends[1], 1);
		close(0);
		open("/dev/null", O_RDONLY);
		close(ends[0]);
		close(ends[1]);
		app_box(&box);
		box.running_app = box.network = true;
		if (sb_box_exec(&box, argv, &err) < 0)
			fprintf(stderr, "%s\n", err.text);
		_exit(99);
	}
	close(ends[1]);
	n = read(ends[0], text, size - 1); /* it is up */
	if (sig)
		kill(pid, sig);
	while (n >= 0 && (size_t)n < size - 1) {
		ssize_t more = read(ends[0], text + n, size - 1 - (size_t)n);

		if (more <= 0)
			break;
		n += more;
	}
	text[n > 0 ? n : 0] = '\0';
	close(ends[0]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void kept_program_gets_its_signals(void **state)
{
	static const char program[] =
		"python3 -u -c 'import signal, sys, time\n"
		"def bye(*a): time.sleep(0.2); print(\"bye\"); sys.exit(7)\n"
		"signal.signal(signal.SIGTERM, bye); sys.stdout.write(\"up\\n\"); time.sleep(60)'";
	SB_AUTO_FREE char *execs = sb_xasprintf("exec %s", program);
	SB_AUTO_FREE char *waits = sb_xasprintf("cd . && %s", program);
	char text[256];

	(void)state;
	NEEDS_BOX();
	assert_int_equal(kept("echo up; exit 5", 0, text, sizeof(text)), 5);
	assert_int_equal(kept(execs, SIGTERM, text, sizeof(text)), 7);
	assert_string_equal(text, "up\nbye\n");
	assert_int_equal(kept(waits, SIGTERM, text, sizeof(text)), 7);
	assert_string_equal(text, "up\nbye\n");
	/* The whole box goes with its keeper. */
	assert_int_equal(kept("echo up; sleep 297", SIGKILL, text, sizeof(text)), -SIGKILL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(box_hides_the_machine),
		TEST(box_puts_no_value_in_a_command_line),
		TEST(box_has_no_network),
		TEST(box_filters_calls),
		TEST(box_stops_a_fork_bomb),
		TEST(box_stops_hogs),
		TEST(open_box_maps_paths),
		TEST(required_box_is_required),
		TEST(kept_program_gets_its_signals),
	};

	return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
