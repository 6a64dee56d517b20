#include "base/base.h"
#include "release/health.h"
#include "sys/clock.h"
#include "sys/files.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAUSE_MS 200
#define FIRST_PAUSE_MS 20 /* of a process that only begins: it grows to the other */
#define ANSWER_MS 30000  /* one request's time; the first page of a large app is slow */
#define STUBBORN_MS 5000 /* a 4xx that stays this long is the app's last word */

/* What was seen last: an HTTP status, or 0 and errno (0 there: no HTTP answer). */
struct seen {
	int status, error;
	char line[128];
};

static int wait_for(int fd, short events, int64_t until)
{
	struct pollfd one = { .fd = fd, .events = events };
	int64_t left = until - sb_now_ms();
	int n = left > 0 ? poll(&one, 1, (int)left) : 0;

	if (n == 0)
		errno = ETIMEDOUT;
	return n > 0 || (n < 0 && errno == EINTR) ? 0 : -1;
}

static int connect_to(int port, int64_t until)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	SB_AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error = 0;
	socklen_t size = sizeof(error);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 &&
	    (errno != EINPROGRESS || wait_for(fd, POLLOUT, until) < 0))
		return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		return -1;
	errno = error;
	return error ? -1 : SB_STEAL_FD(fd);
}

static int send_all(int fd, struct sb_span text, int64_t until)
{
	while (text.n) {
		ssize_t n = send(fd, text.p, text.n, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (n < 0 && wait_for(fd, POLLOUT, until) < 0)
			return -1;
		if (n > 0) {
			text.p += n;
			text.n -= (size_t)n;
		}
	}
	return 0;
}

/* "HTTP/1.1 200 OK": the number, or 0. */
static int parse_status(const char *line)
{
	if (strncmp(line, "HTTP/1.", 7) || !line[7] || line[8] != ' ')
		return 0;
	if (strspn(line + 9, "0123456789") != 3)
		return 0;
	return (int)strtol(line + 9, NULL, 10);
}

static int read_status(struct seen *out, int fd, int64_t until)
{
	char text[sizeof(out->line)];
	size_t n = 0;

	while (n < sizeof(text) - 1 && !memchr(text, '\n', n)) {
		ssize_t got = recv(fd, text + n, sizeof(text) - 1 - n, 0);

		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (got < 0 && wait_for(fd, POLLIN, until) < 0)
			return -1;
		if (got == 0)
			break;
		n += got > 0 ? (size_t)got : 0;
	}
	text[n] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	snprintf(out->line, sizeof(out->line), "%s", text);
	out->status = parse_status(text);
	errno = 0;
	return out->status ? 0 : -1;
}

static void ask(struct seen *out, const struct sb_health *health, struct sb_span request,
		int64_t until)
{
	*out = (struct seen) { 0 };
	errno = 0;

	SB_AUTO_CLOSE int fd = connect_to(health->port, until);

	if (fd < 0 || send_all(fd, request, until) < 0 || read_status(out, fd, until) < 0)
		out->error = errno;
}

static int explain_answer(const struct sb_health *health, const struct seen *last,
			  struct sb_error *err)
{
	sb_fail(err, SB_EBUILD, "GET %s was answered with \"%s\", not 2xx or 3xx", health->path,
		last->line);
	if (last->status == 400)
		sb_error_fix(
			err,
			"Django answers so when the host is not in ALLOWED_HOSTS: the check asks "
			"for \"%s\";\nadd it there, or name the site's own host: "
			"git config slugbuild.domain www.example.com",
			health->host);
	else if (last->status >= 500)
		sb_error_fix(err,
			     "the app failed on this page: see its output above, or\n"
			     "name a page that needs less: git config slugbuild.healthPath /up");
	else
		sb_error_fix(err, "name a page that answers without a login: "
				  "git config slugbuild.healthPath /up");
	return -1;
}

static int explain(const struct sb_health *health, const struct seen *last, struct sb_error *err)
{
	if (last->status)
		return explain_answer(health, last, err);
	if (last->error == ECONNREFUSED) {
		sb_fail(err, SB_EBUILD, "nothing listens on port %d", health->port);
		sb_error_fix(err, "does the web command bind to $PORT? For example:\n"
				  "web: gunicorn mysite.wsgi --bind 127.0.0.1:$PORT");
		return -1;
	}
	if (last->error == ETIMEDOUT) {
		sb_fail(err, SB_EBUILD, "GET %s on port %d got no answer in time", health->path,
			health->port);
		sb_error_fix(err, "git config slugbuild.healthTimeout 120 waits longer");
		return -1;
	}
	if (last->error)
		return sb_fail(err, SB_EBUILD, "GET %s on port %d: %s", health->path, health->port,
			       strerror(last->error));
	return sb_fail(err, SB_EBUILD, "what listens on port %d does not speak HTTP", health->port);
}

/* Whether our child has ended; it stays to be reaped. */
static bool has_ended(pid_t pid, struct sb_error *err)
{
	siginfo_t info = { 0 };

	if (pid <= 0 || waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	    !info.si_pid)
		return false;
	if (info.si_code == CLD_EXITED)
		sb_fail(err, SB_EBUILD, "the web process ended with status %d", info.si_status);
	else
		sb_fail(err, SB_EBUILD, "the web process was killed by signal %d", info.si_status);
	return true;
}

static bool hopeless(const struct seen *now, const struct seen *before, int64_t *since)
{
	bool client_fault = now->status >= 400 && now->status < 500 && now->status != 408 &&
			    now->status != 425 && now->status != 429;

	if (!client_fault || now->status != before->status) {
		*since = sb_now_ms();
		return false;
	}
	return sb_now_ms() - *since >= STUBBORN_MS;
}

static bool safe_text(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	return true;
}

static int make_request(struct sb_buffer *out, const struct sb_health *health, struct sb_error *err)
{
	if (health->path[0] != '/' || !safe_text(health->path) || !safe_text(health->host)) {
		sb_fail(err, SB_ECONFIG, "cannot ask host \"%s\" for \"%s\"", health->host,
			health->path);
		sb_error_fix(err, "git config slugbuild.healthPath /");
		return -1;
	}
	sb_buffer_addf(out,
		       "GET %s HTTP/1.1\r\nHost: %s\r\nX-Forwarded-Proto: https\r\n"
		       "X-Forwarded-For: 127.0.0.1\r\nUser-Agent: slugbuild/" SB_VERSION
		       "\r\nAccept: */*\r\nConnection: close\r\n\r\n",
		       health->path, health->host);
	return 0;
}

int sb_health_wait(const struct sb_health *health, struct sb_log *log, struct sb_error *err)
{
	SB_AUTO(sb_buffer) request = SB_BUFFER_INIT(16384);
	int64_t end = sb_now_ms() + health->seconds * 1000;
	int64_t since = sb_now_ms();
	struct seen last = { 0 };
	int pause = FIRST_PAUSE_MS;

	if (make_request(&request, health, err) < 0)
		return -1;
	for (;;) {
		int64_t now = sb_now_ms();
		struct seen seen;

		ask(&seen, health, sb_buffer_span(&request),
		    now + ANSWER_MS < end ? now + ANSWER_MS : end);
		if (seen.status >= 200 && seen.status < 400)
			return 0;
		if (has_ended(health->pid, err))
			return -1;

		bool over = hopeless(&seen, &last, &since) || sb_now_ms() + PAUSE_MS >= end;

		last = seen;
		if (over)
			return explain(health, &last, err);
		if (sb_cancel_asked())
			return sb_fail(err, SB_ECANCEL, "cancelled: %s", sb_cancel_asked());
		sb_log_tick(log);
		poll(NULL, 0, pause);
		pause = pause * 5 / 4 < PAUSE_MS ? pause * 5 / 4 : PAUSE_MS;
	}
}

int sb_free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof(at);
	SB_AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, size) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &size) < 0)
		return -1;
	return ntohs(at.sin_port);
}
