#include "unit.h"
#include "base/list.h"
#include "sys/files.h"
#include "sys/sandbox.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char app[64];
static struct sb_settings settings;
static struct sb_list lines;
static struct sb_tracer tracer;

static void on_line(void *ctx, struct sb_span line)
{
	(void)ctx;
	sb_list_add_take(&lines, sb_span_dup(line));
}

static void put(const char *name, const char *text)
{
	SB_AUTO_FREE char *path = sb_xasprintf("%s/%s", app, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	chmod(path, 0755);
}

static void folder(const char *name)
{
	SB_AUTO_FREE char *path = sb_xasprintf("%s/%s", app, name);

	mkdir(path, 0777);
	chmod(path, 0777);
}

static void fill(void)
{
	folder("in");
	folder("in/deep");
	put("in/one", "1\n");
	put("in/two", "2\n");
	put("in/deep/three", "3\n");
	put("tool", "#!/app/in/interpreter\n");
	put("in/interpreter", "#!/bin/sh\necho ran\n");
	SB_AUTO_FREE char *link = sb_xasprintf("%s/link", app);
	SB_AUTO_FREE char *chain = sb_xasprintf("%s/in/chain", app);

	assert_true(symlink("in", link) == 0 && symlink("../link/one", chain) == 0);
}

static int setup(void **state)
{
	(void)state;
	sb_settings_init(&settings);
	settings.build_memory = 512 << 20;
	settings.build_processes = 40;
	snprintf(app, sizeof(app), "/tmp/test-trace-XXXXXX");
	if (!mkdtemp(app))
		return -1;
	chmod(app, 0777);
	fill();
	return 0;
}

static int teardown(void **state)
{
	struct sb_error err = { 0 };

	(void)state;
	sb_tracer_release(&tracer);
	sb_list_release(&lines);
	sb_settings_release(&settings);
	return sb_remove_tree(AT_FDCWD, app, &err);
}

static int run(const char *program, const char *option, const char *script)
{
	const char *argv[] = { program, option, script, NULL };
	struct sb_child child = {
		.argv = argv, .cwd = -1, .seconds = 60, .bytes = 1 << 20, .line = on_line
	};
	struct sb_child_result end = { 0 };
	struct sb_error err = { 0 };
	SB_AUTO(sb_box) box = { 0 };

	sb_list_release(&lines);
	sb_box_init(&box, &settings);
	sb_box_write(&box, app, "/app");
	box.cwd = "/app";
	box.tracer = &tracer;
	if (sb_box_run(&box, &child, &end, &err) < 0)
		fail_msg("%s", err.text);
	if (tracer.failed)
		fail_msg("%s", tracer.reason);
	return end.end == SB_CHILD_EXITED ? end.value : -1;
}

static int sh(const char *script)
{
	return run("/bin/sh", "-c", script);
}

static int python(const char *script)
{
	return run("/usr/bin/python3", "-c", script);
}

static void show(void)
{
	for (size_t i = 0; i < tracer.paths.n; i++)
		if (!strncmp(tracer.paths.item[i], "/app", 4))
			print_message("# %s\n", tracer.paths.item[i]);
	for (size_t i = 0; i < lines.n; i++)
		print_message("# > %s\n", lines.item[i]);
	print_message("# reason: %s\n", tracer.reason);
}

#define SAW(path) \
	do { \
		if (!sb_list_has(&tracer.paths, (path))) { \
			show(); \
			fail_msg("not seen: %s", (path)); \
		} \
	} while (0)
#define SURE() \
	do { \
		if (*tracer.reason) { \
			show(); \
			fail_msg("%s", tracer.reason); \
		} \
	} while (0)
#define UNSURE(part) \
	do { \
		if (!strstr(tracer.reason, (part))) { \
			show(); \
			fail_msg("not refused for: %s", (part)); \
		} \
	} while (0)
#ifdef __x86_64__
#define NEEDS_THIS_MACHINE()
#else
#define NEEDS_THIS_MACHINE() skip() /* the script has another one's numbers */
#endif
#define NEEDS_BOX() \
	do { \
		if (!sb_box_works(&settings, NULL)) \
			skip(); \
	} while (0)

static void test_plain_paths(void **state)
{
	(void)state;
	NEEDS_BOX();
	assert_int_equal(sh("cat in/one; cd in/deep; cat ../two; test -e nothing; ls . >/dev/null"),
			 0);
	SURE();
	SAW("/app/in/one");
	SAW("/app/in/two");
	SAW("/app/in/deep");
	SAW("/app/in/deep/nothing");
	assert_false(sb_list_has(&tracer.paths, "/app/in/deep/three"));
	assert_string_equal(lines.item[0], "1");
}

static void test_symlinks(void **state)
{
	(void)state;
	NEEDS_BOX();
	assert_int_equal(sh("cat in/chain"), 0);
	SURE();
	SAW("/app/in/chain");
	SAW("/app/link");
	SAW("/app/in/one");
}

static void test_scripts_and_their_interpreters(void **state)
{
	(void)state;
	NEEDS_BOX();
	assert_int_equal(sh("./tool"), 0);
	SURE();
	SAW("/app/tool");
	SAW("/app/in/interpreter");
}

static void test_descriptors(void **state)
{
	(void)state;
	NEEDS_BOX();
	assert_int_equal(python("import os\n"
				"d = os.open('in', os.O_RDONLY)\n"
				"os.stat('one', dir_fd=d)\n"
				"os.fchdir(d)\n"
				"open('deep/three').read()\n"
				"os.rename('/app/in', '/app/in')\n"
				"open('/proc/self/cwd/two').read()\n"
				"open('/proc/self/fd/%d/absent' % d, 'a').close() if 0 else None\n"
				"os.path.exists('/proc/self/fd/%d/gone' % d)\n"
				"os.path.exists('/proc/self/root/app/rooted')\n"),
			 0);
	SURE();
	SAW("/app/in/one");
	SAW("/app/in/deep/three");
	SAW("/app/in/two");
	SAW("/app/in/gone");
	SAW("/app/rooted");
	assert_true(sb_list_has(&tracer.moved, "/app/in"));
}

static void test_libc_by_hand(void **state)
{
	(void)state;
	NEEDS_BOX();
	assert_int_equal(python("import ctypes, struct\n"
				"c = ctypes.CDLL(None, use_errno=True)\n"
				"fd = c.open(b'in/one', 0)\n"
				"assert fd > 2\n"
				"c.syscall.restype = ctypes.c_long\n"
				"how = ctypes.create_string_buffer(struct.pack('QQQ', 0, 0, 0))\n"
				"assert c.syscall(437, -100, b'in/two', how, 24) > 2\n"
				"assert c.access(b'in/deep/three', 4) == 0\n"),
			 0);
	SURE();
	SAW("/app/in/one");
	SAW("/app/in/two");
	SAW("/app/in/deep/three");
}

/* Of each of these an earlier tracer knew nothing. */
static void test_ways_that_were_missed(void **state)
{
	(void)state;
	NEEDS_BOX();
	assert_int_equal(python("import os, socket\n"
				"os.path.exists('in/deep/../../link/../absent')\n"
				"s = socket.socket(socket.AF_UNIX)\n"
				"for call, name in ((s.bind, 'in/two/x'), (s.connect, '/app/in/one')):\n"
				"    try: call(name)\n"
				"    except OSError: pass\n"
				"d = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
				"for name in ('in/sent', 'in/told'):\n"
				"    try: d.sendto(b'x', name) if name == 'in/sent' else\\\n"
				"        d.sendmsg([b'x'], [], 0, name)\n"
				"    except OSError: pass\n"),
			 0);
	SURE();
	SAW("/app/in/deep/");
	SAW("/app/absent");
	SAW("/app/in/two/x");
	SAW("/app/in/one");
	SAW("/app/in/sent");
	SAW("/app/in/told");
}

/* A filter of the process's own that calls each openat by another's number. */
static void test_a_filter_of_its_own(void **state)
{
	(void)state;
	NEEDS_THIS_MACHINE();
	NEEDS_BOX();
	assert_int_equal(
		python("import ctypes, os, struct\n"
		       "c = ctypes.CDLL(None, use_errno=True)\n"
		       "code = [(0x20, 0, 0, 0), (0x15, 0, 1, 257),\n"
		       "        (0x06, 0, 0, 0x7ff00000 | 60), (0x06, 0, 0, 0x7fff0000)]\n"
		       "raw = b''.join(struct.pack('HBBI', *x) for x in code)\n"
		       "buf = ctypes.create_string_buffer(raw)\n"
		       "prog = struct.pack('HxxxxxxP', len(code), ctypes.addressof(buf))\n"
		       "assert c.prctl(38, 1, 0, 0, 0) == 0\n"
		       "assert c.prctl(22, 2, ctypes.create_string_buffer(prog)) == 0\n"
		       "os.close(os.open('in/two', 0))\n"),
		0);
	SAW("/app/in/two");
}

static void test_nobody_gets_away(void **state)
{
	(void)state;
	NEEDS_THIS_MACHINE();
	NEEDS_BOX();
	assert_int_equal(python("import ctypes\n"
				"c = ctypes.CDLL(None, use_errno=True)\n"
				"assert c.syscall(56, 0x00800000 | 17, 0, 0, 0, 0) == -1\n"
				"assert ctypes.get_errno() == 1\n"),
			 0);
}

/* An ELF header that names a loader which is not there. */
static void test_a_loader_that_is_absent(void **state)
{
	(void)state;
	NEEDS_THIS_MACHINE();
	NEEDS_BOX();
	assert_int_equal(python("import os, subprocess\n"
				"b = bytearray(open('/bin/true', 'rb').read())\n"
				"at = b.index(b'/lib64/ld-linux-x86-64.so.2')\n"
				"b[at:at + 27] = b'/app/in/absent-loader.so.22'[:27]\n"
				"open('made', 'wb').write(b); os.chmod('made', 0o755)\n"
				"try: subprocess.run(['./made'])\n"
				"except OSError: pass\n"
				"os.unlink('made')\n"),
			 0);
	SURE();
	SAW("/app/in/absent-loader.so.22");
}

static void test_mapped_and_below_a_child(void **state)
{
	(void)state;
	NEEDS_BOX();
	assert_int_equal(python("import mmap, subprocess, threading\n"
				"with open('in/one', 'rb') as f:\n"
				"    mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)[:]\n"
				"subprocess.run(['/bin/sh', '-c', 'exec cat in/two'], check=True)\n"
				"def look(): open('in/deep/three').read()\n"
				"t = [threading.Thread(target=look) for _ in range(8)]\n"
				"[x.start() for x in t]; [x.join() for x in t]\n"),
			 0);
	SURE();
	SAW("/app/in/one");
	SAW("/app/in/two");
	SAW("/app/in/deep/three");
}

static void test_what_is_left_behind_is_waited_for(void **state)
{
	(void)state;
	NEEDS_BOX();
	assert_int_equal(sh("(sleep 0.2; cat in/two) >/dev/null 2>&1 & exit 3"), 3);
	SURE();
}

static void test_refused(void **state)
{
	(void)state;
	NEEDS_BOX();
	sh("cat /proc/meminfo >/dev/null");
	UNSURE("/proc/meminfo");
	sh("cat /proc/self/mountinfo >/dev/null");
	UNSURE("mountinfo");
	sh("cat /proc/1/root/app/in/one");
	UNSURE("/proc/1/root");
	sh("df . >/dev/null 2>&1");
	assert_true(*tracer.reason);
	sh("cat /proc/self/status >/dev/null");
	UNSURE("status");
	python("import socket\nsocket.socket().connect_ex(('127.0.0.1', 9))");
	UNSURE("network");
	python("import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'', "
	       "('127.0.0.1', 9))");
	UNSURE("network");
	python("import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
	       "s.sendmsg([b'x'], [], 0, ('127.0.0.1', 9))");
	UNSURE("network");
	python("import ctypes\nb = ctypes.create_string_buffer(300)\n"
	       "ctypes.CDLL(None).name_to_handle_at(-100, b'in', b, b, 0)");
	UNSURE("name_to_handle_at");
	python("import ctypes\nctypes.CDLL(None).syscall(500)");
	UNSURE("not known");
	python("import os\nos.mkdir('/tmp/x'); os.chdir('/tmp/x'); os.rmdir('/tmp/x')\n"
	       "os.path.exists('../y')");
	UNSURE("gone");
}

static void test_allowed(void **state)
{
	(void)state;
	NEEDS_BOX();
	assert_int_equal(python("import os, socket, tempfile, random\n"
				"os.urandom(4); open('/dev/urandom', 'rb').read(4)\n"
				"open('/proc/self/maps').read(); os.statvfs('/app')\n"
				"os.listdir('/proc/self/fd'); os.cpu_count()\n"
				"os.path.realpath('/proc/self/exe')\n"
				"tempfile.TemporaryFile().write(b'x')\n"
				"a, b = socket.socketpair(); a.send(b'x')\n"
				"s = socket.socket(socket.AF_UNIX); s.connect_ex('/tmp/none')\n"),
			 0);
	SURE();
}

static void test_denied_stays_denied(void **state)
{
	(void)state;
	NEEDS_BOX();
	assert_int_equal(python("import ctypes, os\n"
				"c = ctypes.CDLL(None, use_errno=True)\n"
				"assert c.ptrace(0, 0, 0, 0) == -1 and ctypes.get_errno() == 1\n"
				"assert c.unshare(0x10000000) == -1\n"
				"try: os.chmod('/app/in/one', 0o4755)\n"
				"except PermissionError: pass\n"
				"else: raise SystemExit(1)\n"),
			 0);
	SURE();
}

/* While it is traced all of it is kept on one processor; it is told what it would be told else. */
static void test_processors(void **state)
{
	static const char script[] = "import os\n"
				     "for i in range(1000): os.path.exists('in/one')\n"
				     "print(len(os.sched_getaffinity(0)))\n";
	cpu_set_t all;

	(void)state;
	NEEDS_BOX();
	assert_true(sched_getaffinity(0, sizeof(all), &all) == 0);
	assert_int_equal(python(script), 0);
	SURE();
	SAW("/app/in/one");
	assert_int_equal(atoi(lines.item[0]), CPU_COUNT(&all));
	assert_int_equal(sh("nproc"), 0);
	SURE();
	assert_int_equal(atoi(lines.item[0]), CPU_COUNT(&all));
	assert_int_equal(python("import os; os.sched_setaffinity(0, os.sched_getaffinity(0))"), 0);
	UNSURE("sched_setaffinity");
}

static void test_clock(void **state)
{
	static const char script[] = "import time, datetime, ctypes\n"
				     "print(int(time.time()), datetime.date.today().year,\n"
				     "      ctypes.CDLL(None).time(None))\n"
				     "time.sleep(0.01); time.monotonic()\n";
	long before[3], after[3];

	(void)state;
	NEEDS_BOX();
	assert_int_equal(python(script), 0);
	assert_int_equal(sscanf(lines.item[0], "%ld %ld %ld", &before[0], &before[1], &before[2]),
			 3);
	tracer.shift = -100000000;
	assert_int_equal(python(script), 0);
	tracer.shift = 0;
	SURE();
	assert_int_equal(sscanf(lines.item[0], "%ld %ld %ld", &after[0], &after[1], &after[2]), 3);
	assert_in_range(before[0] - after[0], 100000000 - 600, 100000000);
	assert_in_range(before[2] - after[2], 100000000 - 600, 100000000);
	assert_true(before[1] > after[1]);
}

static void test_what_is_of_the_moment(void **state)
{
	static const char script[] =
		"import ctypes, os, struct\n"
		"f = open('now', 'w'); f.close(); s = os.stat('now'); d = os.open('.', 0)\n"
		"os.utime('in/one', (5, 6))\n"
		"v = os.statvfs('.'); w = os.fstatvfs(d); os.unlink('now')\n"
		"b = ctypes.create_string_buffer(200)\n"
		"ctypes.CDLL(None).sysinfo(b)\n"
		"print(int(s.st_mtime), int(s.st_ctime), int(os.fstat(d).st_mtime),\n"
		"      int(os.stat('in/one').st_mtime), v.f_bavail, w.f_bavail,\n"
		"      struct.unpack_from('l', b)[0])\n";
	long before[7], after[7];

	(void)state;
	NEEDS_BOX();
	assert_int_equal(python(script), 0);
	for (size_t i = 0, at = 0; i < 7; i++, at += strcspn(lines.item[0] + at, " ") + 1)
		before[i] = strtol(lines.item[0] + at, NULL, 10);
	tracer.shift = -100000000;
	assert_int_equal(python(script), 0);
	tracer.shift = 0;
	SURE();
	for (size_t i = 0, at = 0; i < 7; i++, at += strcspn(lines.item[0] + at, " ") + 1)
		after[i] = strtol(lines.item[0] + at, NULL, 10);
	for (size_t i = 0; i < 3; i++)
		assert_in_range(before[i] - after[i], 100000000 - 600, 100000000);
	assert_int_equal(before[3], 6);
	assert_int_equal(after[3], 6);
	assert_int_not_equal(before[4], after[4]);
	assert_int_equal(after[5], 1);
	assert_true(labs(before[6] - after[6]) > 86400);
}

static void test_signals_and_stops(void **state)
{
	(void)state;
	NEEDS_BOX();
	assert_int_equal(sh("trap 'echo got' USR1; kill -USR1 $$; sleep 5 & p=$!; kill -STOP $p; "
			    "kill -CONT $p; kill -9 $p; wait $p; echo $?"),
			 0);
	SURE();
	assert_true(sb_list_has(&lines, "got"));
	assert_true(sb_list_has(&lines, "137"));
}

static void test_it_may_not_run(void **state)
{
	(void)state;
	NEEDS_BOX();
	assert_int_not_equal(run("/app/none", "x", "y"), 0);
}

static void test_as_anybody(void **state)
{
	int status;
	pid_t pid;

	NEEDS_BOX();
	if (geteuid())
		skip();
	fflush(NULL);
	pid = fork();
	if (!pid) {
		if (setgid(65534) || setuid(65534))
			_exit(9);
		test_plain_paths(state);
		_exit(*tracer.reason != '\0');
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_paths),
		cmocka_unit_test(test_symlinks),
		cmocka_unit_test(test_scripts_and_their_interpreters),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_libc_by_hand),
		cmocka_unit_test(test_ways_that_were_missed),
		cmocka_unit_test(test_a_filter_of_its_own),
		cmocka_unit_test(test_nobody_gets_away),
		cmocka_unit_test(test_a_loader_that_is_absent),
		cmocka_unit_test(test_mapped_and_below_a_child),
		cmocka_unit_test(test_what_is_left_behind_is_waited_for),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_denied_stays_denied),
		cmocka_unit_test(test_processors),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_what_is_of_the_moment),
		cmocka_unit_test(test_signals_and_stops),
		cmocka_unit_test(test_it_may_not_run),
		cmocka_unit_test(test_as_anybody),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
