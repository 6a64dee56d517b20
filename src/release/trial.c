#include "base/base.h"
#include "release/health.h"
#include "sys/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAIL_BYTES 32768
#define TAIL_LINES 40

/* The last lines of what the process printed: to the log when it failed, to releases/vN/output
 * always. */
static void show_tail(int fd, const struct sb_run *run, struct sb_log *log, bool failed)
{
	char room[TAIL_BYTES];
	struct sb_error ignored = { 0 };
	SB_AUTO_CLOSE int output = sb_run_output(run->app, run->release->number, &ignored);
	off_t size = lseek(fd, 0, SEEK_END);
	ssize_t n = pread(fd, room, sizeof(room), size > TAIL_BYTES ? size - TAIL_BYTES : 0);
	struct sb_span rest = { room, n > 0 ? (size_t)n : 0 }, line;
	size_t lines = sb_span_count(rest, '\n');

	for (size_t i = 0; sb_span_line(&rest, &line); i++) {
		SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(TAIL_BYTES * 8);

		if (failed && i + TAIL_LINES >= lines)
			sb_log_line(log, line);
		sb_log_clean(log, &text, line);
		sb_buffer_addc(&text, '\n');
		if (output >= 0)
			(void)!sb_write_all(output, sb_buffer_span(&text), &ignored);
	}
}

/* A file without a name, that goes when it is closed. */
static int open_scratch(const struct sb_run *run, struct sb_error *err)
{
	SB_AUTO_FREE char *path = sb_release_path(run->app, run->release->number, NULL);
	int fd = open(path, O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		return sb_fail_sys(err, "make a file in %s for the output of web", path);
	return fd;
}

int sb_trial(const struct sb_run *run, const struct sb_health *health, struct sb_log *log,
	     struct sb_error *err)
{
	SB_AUTO(sb_box) box = { 0 };
	SB_AUTO(sb_list) argv = { 0 };
	struct sb_health check = *health;
	struct sb_run web = *run;
	SB_AUTO_CLOSE int out = open_scratch(run, err);

	if (out < 0)
		return -1;
	web.type = "web";
	web.index = 1;
	web.port = check.port = sb_free_port();
	if (web.port < 0)
		return sb_fail_sys(err, "find a free port");
	if (sb_run_prepare(&box, &argv, &web, err) < 0)
		return -1;

	struct sb_child child = {
		.argv = (const char *const *)argv.item,
		.cwd = -1,
		.out_fd = out,
		.seconds = check.seconds + 60,
		.bytes = run->settings->build_output,
	};

	if (sb_box_start(&box, &child, &check.pid, err) < 0)
		return sb_wrap(err, "start web");

	int result = sb_health_wait(&check, log, err);

	/* Nobody was sent to it but us: there is nothing to end in peace. */
	sb_child_stop(check.pid, 0);
	show_tail(out, run, log, result < 0);
	return result < 0 ? sb_wrap(err, "web did not start") : 0;
}
