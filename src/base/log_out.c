#include "base/base.h"
#include "base/log_out.h"
#include "base/utf8.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_SHOWN 4000 /* bytes of one line on the terminal, prefix included */
#define CHUNK 4096          /* what a pipe that polls writable takes without blocking */
#define GITLAB "GL-HOOK-ERR: "
#define MARGIN 7 /* columns in front of all text: "       ", " !     " */

int64_t sb_log_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* A socket that polls writable may still block; a pipe and a terminal do not, for one chunk. */
static ssize_t write_some(int fd, struct sb_span bytes)
{
	ssize_t n = send(fd, bytes.p, bytes.n, MSG_DONTWAIT | MSG_NOSIGNAL);

	return n < 0 && errno == ENOTSOCK ? write(fd, bytes.p, bytes.n) : n;
}

/* Waits, on the budget that is left for all of the log, until the reader takes more. */
static bool writable(struct sb_log *log)
{
	struct pollfd reader = { .fd = log->fd, .events = POLLOUT };

	for (;;) {
		int64_t start = sb_log_clock();
		int got = poll(&reader, 1, (int)(log->stall_ms > 0 ? log->stall_ms : 0));

		log->stall_ms -= sb_log_clock() - start;
		if (got > 0)
			return !(reader.revents & (POLLERR | POLLNVAL));
		if (got == 0 || errno != EINTR)
			return false;
	}
}

static bool send_all(struct sb_log *log, struct sb_span bytes)
{
	while (bytes.n) {
		if (!writable(log))
			return false;

		ssize_t n = write_some(
			log->fd, (struct sb_span) { bytes.p, bytes.n < CHUNK ? bytes.n : CHUNK });

		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return false;
		bytes.p += n > 0 ? n : 0;
		bytes.n -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

/* To the terminal. A vanished reader must not kill us: SIGPIPE is held back and thrown away. */
static void show(struct sb_log *log, struct sb_span bytes)
{
	sigset_t pipe_only, before;
	struct timespec at_once = { 0 };

	if (log->fd < 0 || log->gave_up)
		return;
	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
	log->gave_up = !send_all(log, bytes);
	if (log->gave_up && !sigismember(&before, SIGPIPE))
		sigtimedwait(&pipe_only, NULL, &at_once);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	log->sent += bytes.n;
	log->last_ms = sb_log_clock();
}

static void keep(const struct sb_log *log, struct sb_span bytes)
{
	while (log->file >= 0 && bytes.n) {
		ssize_t n = write(log->file, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		bytes.p += n;
		bytes.n -= (size_t)n;
	}
}

/* The longest start of `text` of at most `max` bytes that ends between two characters. */
static struct sb_span cut(struct sb_span text, size_t max)
{
	if (text.n <= max)
		return text;
	text.n = max;
	while (text.n && ((unsigned char)text.p[text.n] & 0xc0) == 0x80)
		text.n--;
	return text;
}

static void show_line(struct sb_log *log, const char *prefix, struct sb_span line)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(2 * LINE_MAX_SHOWN);
	struct sb_span shown = cut(line, LINE_MAX_SHOWN);

	sb_buffer_adds(&out, prefix);
	sb_buffer_add(&out, shown);
	if (shown.n < line.n)
		sb_buffer_addf(&out, "%s… (%zu more bytes)", log->colour ? "\x1b[0m" : "",
			       line.n - shown.n);
	sb_buffer_addc(&out, '\n');
	show(log, sb_buffer_span(&out));
}

void sb_log_put(struct sb_log *log, enum sb_log_level level, const char *prefix,
		struct sb_span line)
{
	size_t before = log->sent;

	keep(log, sb_span_of(prefix));
	keep(log, line);
	keep(log, sb_span_of("\n"));
	if (level < SB_LOG_LOUD && log->quiet)
		return;
	SB_AUTO_FREE char *marked = NULL;

	if (level == SB_LOG_REFUSAL && log->gitlab)
		prefix = marked = sb_xasprintf(GITLAB "%s",
					       strlen(prefix) > MARGIN ? prefix + MARGIN : "");
	if (level != SB_LOG_CHILD || before < log->limit)
		show_line(log, prefix, line);
	if (level == SB_LOG_CHILD && before < log->limit && log->sent >= log->limit)
		show_line(log, " !     ",
			  sb_span_of("Much output: the rest is in the build's log only."));
}

size_t sb_log_fit(struct sb_span text, size_t columns)
{
	size_t end = 0;

	for (size_t i = 0; i <= text.n; i++) {
		if (i < text.n && text.p[i] != ' ')
			continue;
		if (end && sb_utf8_columns((struct sb_span) { text.p, i }) > columns)
			break;
		if (i)
			end = i;
	}
	return end;
}

void sb_log_wrap(struct sb_log *log, enum sb_log_level level, const char *first, const char *next,
		 struct sb_span text)
{
	const char *prefix = first;
	struct sb_span raw;

	while (sb_span_line(&text, &raw)) {
		SB_AUTO(sb_buffer) clean = SB_BUFFER_INIT(SIZE_MAX / 2);

		sb_log_clean(log, &clean, raw);

		struct sb_span rest = sb_buffer_span(&clean);
		bool code = rest.n && (rest.p[0] == ' ' || rest.p[0] == '\t');

		do {
			size_t n = code ? rest.n
					: sb_log_fit(rest, SB_LOG_WIDTH - strlen(prefix));


			sb_log_put(log, level, prefix, (struct sb_span) { rest.p, n });
			prefix = next;
			rest.p += n;
			rest.n -= n;
			while (rest.n && rest.p[0] == ' ') {
				rest.p++;
				rest.n--;
			}
		} while (rest.n);
	}
}

void sb_log_put_lines(struct sb_log *log, enum sb_log_level level, const char *first,
		      const char *next, struct sb_span text)
{
	const char *prefix = first;
	struct sb_span raw;

	while (sb_span_line(&text, &raw)) {
		SB_AUTO(sb_buffer) clean = SB_BUFFER_INIT(SIZE_MAX / 2);

		sb_log_clean(log, &clean, raw);
		sb_log_put(log, level, prefix, sb_buffer_span(&clean));
		prefix = next;
	}
}
