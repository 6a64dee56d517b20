#include "unit.h"
#include "base/log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* What a log printed to a terminal that takes everything. */
static char *shown(int fd)
{
	off_t n = lseek(fd, 0, SEEK_END);
	char *text = sb_xcalloc((size_t)n + 1, 1);

	assert_int_equal(pread(fd, text, (size_t)n, 0), n);
	return text;
}

static struct sb_log open_log(void)
{
	struct sb_log log = SB_LOG_INIT;

	log.fd = memfd_create("terminal", 0);
	log.file = memfd_create("file", 0);
	return log;
}

static void close_log(struct sb_log *log)
{
	close(log->fd);
	close(log->file);
	sb_log_release(log);
}

static void log_speaks_herokus_words(void **state)
{
	struct sb_log log = open_log();

	(void)state;
	sb_log_step(&log, "Installing with %s", "uv");
	sb_log_line(&log, sb_span_of("-----> Released v99\r"));
	sb_log_say(&log,
		   "Seventy-two columns are what we have, and what does not fit goes on the next.");
	sb_log_say(&log, "see\n    code that is longer than seventy-two columns and has to stay as "
			 "it is, whole");
	sb_log_warn(&log, "careful");
	sb_log_raw(&log, "done.");

	SB_AUTO_FREE char *text = shown(log.fd);
	SB_AUTO_FREE char *kept = shown(log.file);

	assert_string_equal(
		text, "-----> Installing with uv\n"
		      "       -----> Released v99\n"
		      "       Seventy-two columns are what we have, and what does not fit goes\n"
		      "       on the next.\n"
		      "       see\n"
		      "           code that is longer than seventy-two columns and has to stay as "
		      "it is, whole\n"
		      " !     careful\n"
		      "done.\n");
	assert_string_equal(text, kept);
	close_log(&log);
}

static void log_masks_everywhere(void **state)
{
	struct sb_log log = open_log();
	SB_AUTO(sb_buffer) tail = SB_BUFFER_INIT(64);
	struct sb_error err = { 0 };

	(void)state;
	log.tail = &tail;
	sb_log_mask(&log, "SECRET_KEY", "hunter2hunter2");
	sb_log_step(&log, "%s", "hunter2hunter2");
	sb_log_line(&log, sb_span_of("a hunter2hunter2"));
	sb_fail(&err, SB_EBUILD, "hunter2hunter2");
	sb_error_where(&err, "hunter2hunter2");
	sb_error_fix(&err, "hunter2hunter2");
	sb_log_fail(&log, &err, "hunter2hunter2");

	SB_AUTO_FREE char *text = shown(log.fd);
	SB_AUTO_FREE char *kept = shown(log.file);

	assert_null(strstr(text, "hunter2"));
	assert_null(strstr(kept, "hunter2"));
	assert_string_equal(tail.p, "a [SECRET_KEY hidden]\n");
	close_log(&log);
}

static void log_fails_in_one_block(void **state)
{
	struct sb_log log = open_log();
	struct sb_error err = { 0 };

	(void)state;
	log.gitlab = true;
	sb_fail(&err, SB_EBUILD, "collectstatic failed");
	sb_error_where(&err, "blog/settings.py:12");
	sb_error_fix(&err, "slugbuild config:set KEY=value");
	sb_log_fail(&log, &err, "20261121T030405-9f3a1c");

	SB_AUTO_FREE char *text = shown(log.fd);

	SB_AUTO_FREE char *kept = shown(log.file);

	assert_string_equal(text, "GL-HOOK-ERR: collectstatic failed\n"
				  "GL-HOOK-ERR: at blog/settings.py:12\n"
				  "GL-HOOK-ERR: fix: slugbuild config:set KEY=value\n"
				  "GL-HOOK-ERR: build 20261121T030405-9f3a1c\n");
	assert_string_equal(kept, " !     collectstatic failed\n"
				  " !     at blog/settings.py:12\n"
				  " !     fix: slugbuild config:set KEY=value\n"
				  " !     build 20261121T030405-9f3a1c\n");
	close_log(&log);
}

static void log_shows_findings_as_a_compiler(void **state)
{
	struct sb_log log = open_log();
	SB_AUTO(sb_findings) list = { 0 };
	struct sb_finding *f;

	(void)state;
	sb_findings_add(&list, "later", SB_WARNING, "of the whole tree");
	f = sb_findings_add(&list, "module", SB_ERROR, "no module blogg");
	sb_finding_at(f, "Proc\nfile", 1, 15);
	sb_finding_source(f, sb_span_of("web: gunicorn blogg.wsgi"));
	sb_finding_fix(f, "web: gunicorn blog.wsgi\nor so");
	sb_log_findings(&log, &list);

	SB_AUTO_FREE char *text = shown(log.fd);

	assert_string_equal(text, " !     error[module]: Proc\\x0afile:1:15: no module blogg\n"
				  "           web: gunicorn blogg.wsgi\n"
				  "                         ^\n"
				  "       fix: web: gunicorn blog.wsgi\n"
				  "            or so\n"
				  "       warning[later]: of the whole tree\n"
				  " !     1 error, 1 warning\n");
	close_log(&log);
}

/* GitLab's web page shows lines that start so and no others: what refuses must be there whole. */
static void each_line_of_a_refusal_is_marked_for_gitlab(void **state)
{
	struct sb_log log = open_log();
	SB_AUTO(sb_findings) list = { 0 };
	struct sb_finding *f;

	(void)state;
	log.gitlab = true;
	sb_findings_add(&list, "later", SB_WARNING, "of the whole tree");
	f = sb_findings_add(&list, "module", SB_ERROR,
			    "no module of that name is in the tree, and it is what web starts");
	sb_finding_at(f, "Procfile", 1, 15);
	sb_finding_source(f, sb_span_of("web: gunicorn blogg.wsgi"));
	sb_finding_fix(f, "web: gunicorn blog.wsgi\nor so");
	sb_log_findings(&log, &list);

	SB_AUTO_FREE char *text = shown(log.fd);

	assert_string_equal(text, "GL-HOOK-ERR: error[module]: Procfile:1:15: no module of that name is in the\n"
				  "GL-HOOK-ERR: tree, and it is what web starts\n"
				  "GL-HOOK-ERR:     web: gunicorn blogg.wsgi\n"
				  "GL-HOOK-ERR:                   ^\n"
				  "GL-HOOK-ERR: fix: web: gunicorn blog.wsgi\n"
				  "GL-HOOK-ERR:      or so\n"
				  "       warning[later]: of the whole tree\n"
				  "GL-HOOK-ERR: 1 error, 1 warning\n");
	close_log(&log);
}

static void colours_are_ours_and_end_where_they_should(void **state)
{
	struct sb_log log = open_log();
	SB_AUTO(sb_findings) list = { 0 };
	struct sb_finding *f;

	(void)state;
	log.colour = true;
	f = sb_findings_add(&list, "module", SB_ERROR, "no module \x1b[8mhidden");
	sb_finding_at(f, "a path with blanks that is long enough to be wrapped in its middle/Procfile",
		      1, 5);
	sb_finding_source(f, sb_span_of("web:\x1b[31m"));
	sb_log_findings(&log, &list);

	SB_AUTO_FREE char *text = shown(log.fd);

	assert_string_equal(
		text,
		" !     \x1b[1;31merror[module]: a path with blanks that is long enough to be\x1b[0m\n"
		"       \x1b[1;31mwrapped in its middle/Procfile:1:5:\x1b[0m no module \\x1b[8mhidden\n"
		"           web:\\x1b[31m\n"
		"       \x1b[1;31m        ^\x1b[0m\n"
		" !     1 error\n");
	close_log(&log);
}

static void log_shows_the_part_around_the_column(void **state)
{
	struct sb_log log = open_log();
	SB_AUTO(sb_findings) list = { 0 };
	struct sb_finding *f = sb_findings_add(&list, "r", SB_ERROR, "here");
	char line[2001];

	(void)state;
	memset(line, 'a', 2000);
	line[2000] = '\0';
	line[999] = 'X';
	sb_finding_at(f, "f", 1, 1000);
	sb_finding_source(f, sb_span_of(line));
	sb_log_findings(&log, &list);

	SB_AUTO_FREE char *text = shown(log.fd);
	struct sb_span rest = sb_span_of(text), head, source, caret;

	assert_true(sb_span_line(&rest, &head) && sb_span_line(&rest, &source) &&
		    sb_span_line(&rest, &caret));
	assert_true(source.n < 80);
	/* "…" has three bytes and one column. */
	assert_int_equal(sb_span_find(source, "X") - source.p - 2,
			 sb_span_find(caret, "^") - caret.p);
	close_log(&log);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void log_never_waits_for_a_stalled_reader(void **state)
{
	struct sb_log log = open_log();
	int ends[2];
	int64_t start = now_ms();
	char line[101];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(log.fd);
	log.fd = ends[1];
	log.stall_ms = 300;
	memset(line, 'x', 100);
	line[100] = '\0';
	for (int i = 0; i < 5000; i++)
		sb_log_line(&log, sb_span_of(line));
	assert_true(log.gave_up);
	assert_in_range(now_ms() - start, 250, 3000);
	assert_int_equal(lseek(log.file, 0, SEEK_END), 5000 * 108);
	close(ends[0]);
	close_log(&log);
}

static void log_survives_a_vanished_reader(void **state)
{
	struct sb_log log = open_log();
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(log.fd);
	close(ends[0]);
	log.fd = ends[1];
	sb_log_warn(&log, "anybody?");
	sb_log_warn(&log, "nobody.");
	assert_true(log.gave_up);

	SB_AUTO_FREE char *kept = shown(log.file);

	assert_string_equal(kept, " !     anybody?\n !     nobody.\n");
	close_log(&log);
}

static void log_has_limits(void **state)
{
	struct sb_log log = open_log();
	static char line[20000];

	(void)state;
	log.limit = 10000;
	memset(line, 'x', sizeof(line) - 1);
	for (int i = 0; i < 10; i++)
		sb_log_line(&log, sb_span_of(line));
	sb_log_warn(&log, "the end");

	SB_AUTO_FREE char *text = shown(log.fd);
	struct sb_span rest = sb_span_of(text), one;

	assert_true(rest.n < 20000);
	assert_non_null(strstr(text, "Much output"));
	assert_true(sb_span_ends(rest, " !     the end\n"));
	while (sb_span_line(&rest, &one))
		assert_true(one.n <= 4096);
	assert_true(lseek(log.file, 0, SEEK_END) > 200000);
	close_log(&log);
}

static void log_is_quiet(void **state)
{
	struct sb_log log = open_log();

	(void)state;
	log.quiet = true;
	sb_log_step(&log, "step");
	sb_log_line(&log, sb_span_of("line"));
	sb_log_warn(&log, "warning");

	SB_AUTO_FREE char *text = shown(log.fd);

	assert_string_equal(text, " !     warning\n");
	close_log(&log);
}

static void log_gives_a_sign_of_life(void **state)
{
	struct sb_log log = open_log();

	(void)state;
	sb_log_step(&log, "Waiting for Godot");
	sb_log_tick(&log);
	log.last_ms -= 16000;
	log.step_ms -= 16000;
	sb_log_tick(&log);
	sb_log_tick(&log);

	SB_AUTO_FREE char *text = shown(log.fd);

	assert_string_equal(text, "-----> Waiting for Godot\n"
				  "       still at: Waiting for Godot (16 s)\n");
	close_log(&log);
}

static void log_keeps_the_end_of_what_was_said(void **state)
{
	struct sb_log log = SB_LOG_INIT;
	SB_AUTO(sb_buffer) tail = SB_BUFFER_INIT(40);

	(void)state;
	log.tail = &tail;
	for (int i = 0; i < 100; i++) {
		SB_AUTO_FREE char *line = sb_xasprintf("line %d", i);

		sb_log_line(&log, sb_span_of(line));
	}
	assert_true(tail.n <= 40);
	assert_true(sb_span_ends(sb_buffer_span(&tail), "line 98\nline 99\n"));
	sb_log_line(&log, sb_span_of("a line that is longer than all of the buffer is"));
	assert_true(sb_span_ends(sb_buffer_span(&tail), "all of the buffer is\n"));
	sb_log_release(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_speaks_herokus_words),
		cmocka_unit_test(log_masks_everywhere),
		cmocka_unit_test(log_fails_in_one_block),
		cmocka_unit_test(log_shows_findings_as_a_compiler),
		cmocka_unit_test(each_line_of_a_refusal_is_marked_for_gitlab),
		cmocka_unit_test(colours_are_ours_and_end_where_they_should),
		cmocka_unit_test(log_shows_the_part_around_the_column),
		cmocka_unit_test(log_never_waits_for_a_stalled_reader),
		cmocka_unit_test(log_survives_a_vanished_reader),
		cmocka_unit_test(log_has_limits),
		cmocka_unit_test(log_is_quiet),
		cmocka_unit_test(log_gives_a_sign_of_life),
		cmocka_unit_test(log_keeps_the_end_of_what_was_said),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
