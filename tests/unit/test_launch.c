#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>

#include "base/buffer.h"
#include "base/list.h"
#include "sys/child.h"
#include "sys/files.h"

/* templates/launch, by dash, in a slug whose path has spaces and that was moved. */

static char top[] = "/tmp/sb unit XXXXXX";
static int root = -1;

static void put(const char *name, mode_t mode, const char *text)
{
	struct sb_error err = { 0 };

	assert_int_equal(sb_write_file(root, name, mode, sb_span_of(text), &err), 0);
}

static int set_up(void **state)
{
	SB_AUTO(sb_buffer) script = SB_BUFFER_INIT(65536);
	struct sb_error err = { 0 };

	(void)state;
	if (!mkdtemp(top) || sb_read_file(&script, AT_FDCWD, "templates/launch", &err) < 0)
		return -1;
	root = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(sb_make_dirs_at(root, "a slug/.slugbuild/process", 0755, &err));
	close(sb_make_dirs_at(root, "a slug/.profile.d", 0755, &err));
	put("a slug/.slugbuild/launch", 0755, script.p);
	put("a slug/.profile.d/one.sh", 0644, "export FROM_PROFILE=yes\n");
	put("a slug/.slugbuild/process/env", 0644, "env");
	put("a slug/.slugbuild/process/args", 0644, "printf '<%s>' \"$PORT\" 'a  b'; echo '!'");
	put("a slug/.slugbuild/process/name", 0644, "cat /proc/self/comm");
	return renameat(root, "a slug", root, "its new place");
}

static int tear_down(void **state)
{
	struct sb_error err = { 0 };

	(void)state;
	close(root);
	return sb_remove_tree(AT_FDCWD, top, &err);
}

static char *launch(const char *type, const char *more, const char *extra)
{
	SB_AUTO_FREE char *path = sb_xasprintf("%s/its new place/.slugbuild/launch", top);
	const char *argv[] = { "/bin/sh", path, type, more, NULL };
	const char *env[] = { "PATH=/usr/bin:/bin", "PORT=20001", extra, NULL };
	struct sb_child child = {
		.argv = argv, .env = env, .cwd = -1, .seconds = 20, .bytes = 65536
	};
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(65536);
	struct sb_error err = { 0 };

	if (sb_child_capture(&child, &out, &err) < 0)
		return sb_xstrdup("failed");
	return sb_buffer_detach(&out);
}

static bool has_line(const char *text, const char *line)
{
	struct sb_span rest = sb_span_of(text), one;

	while (sb_span_line(&rest, &one))
		if (sb_span_is(one, line))
			return true;
	return false;
}

static void the_environment_is_a_dynos(void **state)
{
	SB_AUTO_FREE char *env = launch("env", NULL, NULL);
	SB_AUTO_FREE char *second = launch("env.2", NULL, "WEB_CONCURRENCY=7");
	SB_AUTO_FREE char *plain = launch("env", NULL, "SLUGBUILD_DYNO=0");
	SB_AUTO_FREE char *home = sb_xasprintf("HOME=%s/its new place", top);
	SB_AUTO_FREE char *pythonpath = sb_xasprintf("PYTHONPATH=%s/its new place", top);
	SB_AUTO_FREE char *path =
		sb_xasprintf("PATH=%s/its new place/.slugbuild/python/bin:/usr/bin:/bin", top);

	(void)state;
	assert_true(has_line(env, home));
	assert_true(has_line(env, pythonpath));
	assert_true(has_line(env, path));
	assert_true(has_line(env, "DYNO=env.1"));
	assert_true(has_line(env, "LANG=C.UTF-8"));
	assert_true(has_line(env, "PYTHONUNBUFFERED=1"));
	assert_true(has_line(env, "FROM_PROFILE=yes"));
	assert_true(has_line(env, "GUNICORN_CMD_ARGS=--bind 127.0.0.1:20001 --access-logfile -"));
	assert_null(strstr(env, "FORWARDED_ALLOW_IPS"));
	assert_true(has_line(second, "DYNO=env.2"));
	assert_true(has_line(second, "WEB_CONCURRENCY=7"));
	assert_null(strstr(plain, "\nDYNO="));
}

static void commands_run_as_the_procfile_says_them(void **state)
{
	SB_AUTO_FREE char *args = launch("args", NULL, NULL);
	SB_AUTO_FREE char *name = launch("name", NULL, NULL);
	SB_AUTO_FREE char *run = launch("run", "pwd", NULL);
	SB_AUTO_FREE char *nothing = launch("nothing", NULL, NULL);
	SB_AUTO_FREE char *odd = launch("../args", NULL, NULL);
	SB_AUTO_FREE char *place = sb_xasprintf("%s/its new place\n", top);

	(void)state;
	assert_string_equal(args, "<20001><a  b>!\n");
	assert_string_equal(name, "cat\n");
	assert_string_equal(run, place);
	assert_string_equal(nothing, "failed");
	assert_string_equal(odd, "failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_environment_is_a_dynos),
		cmocka_unit_test(commands_run_as_the_procfile_says_them),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
