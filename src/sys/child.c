#include "base/base.h"
#include "base/buffer.h"
#include "sys/child.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_PART 65536 /* a longer line is handed on in parts */
#define TICK_MS 500
#define CROWD_MS 20  /* between two looks for a fork bomb: root's no rlimit stops */
#define TERM_MS 5000 /* between TERM and KILL */
#define CANCEL_MS 2000 /* the same where somebody waits for the end */
#define GRACE_MS 300 /* for output that is still under way when the child has ended */
#define REAP_MS 2000 /* for a pipe that a process out of our reach holds */

/* One pipe of the child's, cut into lines. */
struct stream {
	int fd; /* -1: at its end */
	size_t n;
	void (*line)(void *ctx, struct sb_span line);
	struct sb_buffer *raw; /* instead of lines */
	char part[LINE_PART];
};

struct run {
	const struct sb_child *child;
	struct stream *stream; /* standard output, or both; then standard error */
	pid_t pid;
	int pidfd;
	enum sb_child_end end; /* why we ended it, else SB_CHILD_EXITED */
	int64_t start, deadline, next_tick, kill_at, bytes, crowd;
};

static void hand_on(const struct run *run, const struct stream *stream, struct sb_span line)
{
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (stream->line)
		stream->line(run->child->ctx, line);
}

static void cut_lines(const struct run *run, struct stream *stream)
{
	struct sb_span rest = { stream->part, stream->n }, line;

	while (sb_span_cut(&rest, '\n', &line))
		hand_on(run, stream, line);
	if (rest.n == LINE_PART) {
		hand_on(run, stream, rest);
		rest.n = 0;
	}
	memmove(stream->part, rest.p, rest.n);
	stream->n = rest.n;
}

static void finish(const struct run *run, struct stream *stream)
{
	if (stream->n)
		hand_on(run, stream, (struct sb_span) { stream->part, stream->n });
	stream->n = 0;
	if (stream->fd >= 0)
		close(SB_STEAL_FD(stream->fd));
}

static void stop(struct run *run, enum sb_child_end why)
{
	if (run->end != SB_CHILD_EXITED)
		return;
	run->end = why;
	run->kill_at = sb_now_ms() + (why == SB_CHILD_CANCELLED ? CANCEL_MS : TERM_MS);
	if (run->child->tty)
		kill(run->pid, SIGTERM);
	else
		kill(-run->pid, SIGTERM);
}

/* Reads once. What comes after we ended it, for its output, is thrown away. */
static void take(struct run *run, struct stream *stream)
{
	ssize_t n = read(stream->fd, stream->part + stream->n, LINE_PART - stream->n);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		finish(run, stream);
		return;
	}
	run->bytes += n;
	if (run->child->bytes && run->bytes > run->child->bytes) {
		stop(run, SB_CHILD_LOUD);
		return;
	}
	stream->n += (size_t)n;
	if (stream->raw) {
		sb_buffer_add(stream->raw, (struct sb_span) { stream->part, stream->n });
		stream->n = 0;
		if (stream->raw->full)
			stop(run, SB_CHILD_LOUD);
	} else {
		cut_lines(run, stream);
	}
}

static void weigh(struct run *run)
{
	const struct sb_child *child = run->child;
	int64_t processes, memory;

	if (!child->memory && !child->processes)
		return;
	memory = sb_family_memory(run->pid, &processes);
	if (child->memory && memory > child->memory)
		stop(run, SB_CHILD_MEMORY);
	if (child->processes && processes > child->processes)
		stop(run, SB_CHILD_PROCESSES);
}

static void tick(struct run *run, int64_t now)
{
	const struct sb_child *child = run->child;
	int64_t left;

	if (now < run->next_tick)
		return;
	run->next_tick = now + TICK_MS;
	if (child->tick)
		child->tick(child->ctx);
	if (sb_cancel_asked() || (child->stop && atomic_load(child->stop)))
		stop(run, SB_CHILD_CANCELLED);
	weigh(run);
	left = child->disk > 0 && child->disk_floor ? sb_free_bytes(child->disk, NULL) : -1;
	if (left >= 0 && left < child->disk_floor)
		stop(run, SB_CHILD_DISK);
}

/* Between ticks: a bomb makes thousands in half a second. */
static void watch_crowd(struct run *run)
{
	const struct sb_child *child = run->child;

	if (!child->processes || run->end != SB_CHILD_EXITED)
		return;

	int64_t now = sb_crowd();

	if (now - run->crowd <= child->processes)
		return;
	if (sb_family_exceeds(run->pid, child->processes))
		stop(run, SB_CHILD_PROCESSES);
	run->crowd = now; /* somebody else's, when it was not ours */
}

static void watch_clock(struct run *run, int64_t now)
{
	if (run->child->seconds && now >= run->deadline)
		stop(run, SB_CHILD_TIMEOUT);
	watch_crowd(run);
	tick(run, now);
	/* What eats up the machine has no time to say goodbye. */
	if (run->end == SB_CHILD_MEMORY || run->end == SB_CHILD_DISK ||
	    run->end == SB_CHILD_PROCESSES)
		run->kill_at = run->kill_at < now + TICK_MS ? run->kill_at : now;
	if (run->end == SB_CHILD_EXITED || now < run->kill_at)
		return;
	if (run->child->tty)
		kill(run->pid, SIGKILL);
	else
		sb_family_kill(run->pid);
	run->kill_at = now + TICK_MS; /* again, should one have slipped through */
}

static bool has_ended(pid_t pid)
{
	siginfo_t info = { 0 };

	return !waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid;
}

/* Waits up to `ms` for output or the end, and reads; false on a quiet timeout. */
static bool listen_once(struct run *run, int64_t ms)
{
	struct pollfd poller[3] = {
		{ .fd = run->stream[0].fd, .events = POLLIN },
		{ .fd = run->stream[1].fd, .events = POLLIN },
		{ .fd = run->pidfd, .events = POLLIN },
	};
	int got = poll(poller, 3, (int)(ms > 0 ? ms : 0));

	for (int i = 0; got > 0 && i < 2; i++)
		if (poller[i].revents)
			take(run, &run->stream[i]);
	return got > 0;
}

static bool open_pipes(const struct run *run)
{
	return run->stream[0].fd >= 0 || run->stream[1].fd >= 0;
}

/* Until the child itself has ended; its output is read on the way. */
static void attend(struct run *run)
{
	while (!has_ended(run->pid)) {
		int64_t now = sb_now_ms(), until = run->next_tick;

		if (run->child->seconds && run->end == SB_CHILD_EXITED && run->deadline < until)
			until = run->deadline;
		if (run->end != SB_CHILD_EXITED && run->kill_at < until)
			until = run->kill_at;
		if ((run->pidfd < 0 || run->child->processes) && until > now + CROWD_MS)
			until = now + CROWD_MS;
		listen_once(run, until - now);
		watch_clock(run, sb_now_ms());
	}
}

/* What is still in the pipes; whoever else holds them gets a moment, then the end. */
static void drain(struct run *run, int64_t ms)
{
	int64_t until = sb_now_ms() + ms;
	int pidfd = run->pidfd;

	run->pidfd = -1; /* it would be readable all the time */
	while (open_pipes(run)) {
		int64_t left = until - sb_now_ms();

		if (left <= 0 || !listen_once(run, left))
			break;
	}
	run->pidfd = pidfd;
}

static void conclude(struct run *run, struct sb_child_result *out)
{
	int status = 0;

	if (!run->child->tty) {
		drain(run, run->end == SB_CHILD_EXITED ? GRACE_MS : 0);
		/* The zombie still holds its pid: the group cannot be somebody else's. */
		if (!run->child->daemons || run->end != SB_CHILD_EXITED)
			sb_family_kill(run->pid);
		drain(run, REAP_MS);
	}
	finish(run, &run->stream[0]);
	finish(run, &run->stream[1]);
	while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
		;
	out->ms = sb_now_ms() - run->start;
	out->end = run->end;
	out->value = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
	if (run->end == SB_CHILD_EXITED && WIFSIGNALED(status))
		out->end = SB_CHILD_KILLED;
	if (run->pidfd >= 0)
		close(run->pidfd);
}

/* Above 2, so that dup2 onto 0, 1 and 2 cannot overwrite one that is still needed. */
static int lift(int fd)
{
	int high = fd < 0 || fd > 2 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (high != fd)
		close(fd);
	return high;
}

/* Bytes as a file that is read from its start: no pipe that both sides wait on. */
static int input_file(struct sb_span bytes, struct sb_error *err)
{
	SB_AUTO_CLOSE int fd = memfd_create("input", MFD_CLOEXEC);
	char path[32];
	int again;

	if (fd < 0)
		return sb_fail_sys(err, "make a file in memory");
	if (sb_write_all(fd, bytes, err) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY | O_CLOEXEC);
	return again < 0 ? sb_fail_sys(err, "open a file in memory") : again;
}

static int open_input(const struct sb_child *child, struct sb_error *err)
{
	int fd;

	if (child->input_fd > 0 || child->tty)
		fd = fcntl(child->input_fd, F_DUPFD_CLOEXEC, 3);
	else if (child->input.n)
		fd = input_file(child->input, err);
	else
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd < 0 && !child->input.n)
		return sb_fail_sys(err, "open the input of %s", child->argv[0]);
	return lift(fd);
}

static int make_pipe(int *ours, int *theirs, struct sb_error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return sb_fail_sys(err, "make a pipe");
	*ours = lift(ends[0]);
	*theirs = lift(ends[1]);
	fcntl(*ours, F_SETFL, O_NONBLOCK);
	return 0;
}

static int spawn_piped(struct run *run, struct sb_error *err)
{
	const struct sb_child *child = run->child;
	SB_AUTO_CLOSE int in = open_input(child, err), out = -1, err_fd = -1;
	bool apart = child->separate || run->stream[0].raw;

	if (in < 0)
		return -1;
	if (child->tty) {
		out = fcntl(1, F_DUPFD_CLOEXEC, 3);
		err_fd = fcntl(2, F_DUPFD_CLOEXEC, 3);
	} else {
		if (child->out_fd > 0)
			out = fcntl(child->out_fd, F_DUPFD_CLOEXEC, 3);
		else if (make_pipe(&run->stream[0].fd, &out, err) < 0)
			return -1;
		if (!apart && child->out_fd <= 0)
			err_fd = fcntl(out, F_DUPFD_CLOEXEC, 3);
		else if (make_pipe(&run->stream[1].fd, &err_fd, err) < 0)
			return -1;
	}
	if (out < 0 || err_fd < 0)
		return sb_fail_sys(err, "open the output of %s", child->argv[0]);

	const struct sb_spawn_fds fds = { in, out, err_fd };

	return sb_spawn(&run->pid, child, &fds, err);
}

static int run_all(struct run *run, struct sb_child_result *out, struct sb_error *err)
{
	const struct sb_child *child = run->child;
	void (*interrupt)(int) = NULL, (*quit)(int) = NULL;

	if (!child->tty && (child->seconds <= 0 || child->bytes <= 0))
		return sb_fail(err, SB_ESYS, "%s has no limits", child->argv[0]);
	run->start = sb_now_ms();
	run->deadline = run->start + child->seconds * 1000;
	run->next_tick = run->start + TICK_MS;
	run->crowd = child->processes ? sb_crowd() : 0;
	if (spawn_piped(run, err) < 0) {
		finish(run, &run->stream[0]);
		finish(run, &run->stream[1]);
		return -1;
	}
	run->pidfd = sb_pidfd_open(run->pid);
	if (child->tty) { /* ^C is the program's business, as for a shell */
		interrupt = signal(SIGINT, SIG_IGN);
		quit = signal(SIGQUIT, SIG_IGN);
	}
	attend(run);
	conclude(run, out);
	if (child->tty) {
		signal(SIGINT, interrupt);
		signal(SIGQUIT, quit);
	}
	return 0;
}

static struct stream *new_streams(void)
{
	struct stream *stream = sb_xcalloc(2, sizeof(*stream));

	stream[0].fd = stream[1].fd = -1;
	return stream;
}

int sb_child_run(const struct sb_child *child, struct sb_child_result *out, struct sb_error *err)
{
	SB_AUTO_FREE struct stream *stream = new_streams();
	struct run run = { .child = child, .stream = stream };

	stream[0].line = child->line;
	stream[1].line = child->separate ? child->error_line : child->line;
	return run_all(&run, out, err);
}

static void last_words(void *ctx, struct sb_span line)
{
	struct sb_buffer *words = ctx;

	line = sb_span_trim(line);
	if (!line.n)
		return;
	if (words->n)
		sb_buffer_adds(words, "; ");
	sb_buffer_add(words, line);
}

int sb_child_capture(const struct sb_child *child, struct sb_buffer *out, struct sb_error *err)
{
	SB_AUTO_FREE struct stream *stream = new_streams();
	SB_AUTO(sb_buffer) words = SB_BUFFER_INIT(1024);
	struct sb_child own = *child;
	struct sb_child_result end;
	struct run run = { .child = &own, .stream = stream };
	const char *name = strrchr(child->argv[0], '/');

	name = name ? name + 1 : child->argv[0];
	own.ctx = &words;
	own.tick = NULL;
	if (!own.bytes)
		own.bytes = (int64_t)(out->max < INT64_MAX / 2 ? out->max : INT64_MAX / 2) + 65536;
	stream[0].raw = out;
	stream[1].line = last_words;
	if (run_all(&run, &end, err) < 0)
		return -1;
	if (end.end == SB_CHILD_EXITED && end.value == 0)
		return 0;
	if (end.end == SB_CHILD_CANCELLED)
		return sb_fail(err, SB_ECANCEL, "cancelled: %s", sb_cancel_asked());
	return sb_fail(err, end.end == SB_CHILD_LOUD || out->full ? SB_ELIMIT : SB_ESYS,
		       "%s %s%s%s", name, sb_child_end_text(&own, &end), words.n ? ": " : "",
		       words.n ? words.p : "");
}

int sb_child_start(const struct sb_child *child, pid_t *pid, struct sb_error *err)
{
	SB_AUTO_CLOSE int in = open_input(child, err);
	SB_AUTO_CLOSE int out = child->tty          ? fcntl(1, F_DUPFD_CLOEXEC, 3)
				: child->out_fd > 0 ? fcntl(child->out_fd, F_DUPFD_CLOEXEC, 3)
						    : lift(open("/dev/null", O_WRONLY | O_CLOEXEC));
	SB_AUTO_CLOSE int err_fd = fcntl(child->tty ? 2 : out, F_DUPFD_CLOEXEC, 3);
	const struct sb_spawn_fds fds = { in, out, err_fd };

	if (in < 0)
		return -1;
	if (out < 0 || err_fd < 0)
		return sb_fail_sys(err, "open the output of %s", child->argv[0]);
	return sb_spawn(pid, child, &fds, err);
}

void sb_child_stop(pid_t pid, int64_t grace_ms)
{
	int64_t until = sb_now_ms() + grace_ms;
	SB_AUTO_CLOSE int pidfd = sb_pidfd_open(pid);
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };

	kill(-pid, SIGTERM);
	while (!has_ended(pid)) {
		int64_t left = until - sb_now_ms();

		if (left <= 0)
			break;
		if (pidfd < 0)
			left = left < 20 ? left : 20;
		poll(&ended, 1, (int)left);
	}
	sb_family_kill(pid);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}
