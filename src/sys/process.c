#include "base/base.h"
#include "base/buffer.h"
#include "base/span.h"
#include "sys/files.h"
#include "sys/process.h"
#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/ioprio.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ANCESTORS_MAX 64

static bool read_proc(struct sb_buffer *out, pid_t pid, const char *name)
{
	SB_AUTO_FREE char *path = sb_xasprintf("/proc/%d/%s", (int)pid, name);
	struct sb_error ignored = { 0 };

	sb_buffer_clear(out);
	return !sb_read_file(out, AT_FDCWD, path, &ignored) || out->n;
}

static pid_t parent_of(pid_t pid)
{
	SB_AUTO(sb_buffer) stat = SB_BUFFER_INIT(4096);
	const char *end;
	int parent = 0;

	if (!read_proc(&stat, pid, "stat") || !(end = strrchr(stat.p, ')')) ||
	    sscanf(end, ") %*c %d", &parent) != 1)
		return 0;
	return parent;
}

/* "PID-START" of a process; "" where it is gone. */
static void name_process(char out[SB_PROCESS_NAME_MAX], pid_t pid)
{
	SB_AUTO(sb_buffer) stat = SB_BUFFER_INIT(4096);
	unsigned long long start = 0;
	const char *end;

	out[0] = '\0';
	/* The 22nd field; the second one, in brackets, may hold anything. */
	if (!read_proc(&stat, pid, "stat") || !(end = strrchr(stat.p, ')')) ||
	    sscanf(end, ") %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
		   &start) != 1)
		return;
	snprintf(out, SB_PROCESS_NAME_MAX, "%d-%llu", (int)pid, start);
}

bool sb_process_lives(const char *name)
{
	char now[SB_PROCESS_NAME_MAX];
	int pid = 0;

	if (sscanf(name, "%d-", &pid) != 1 || pid < 1)
		return false;
	name_process(now, pid);
	return !strcmp(now, name);
}

/* "git-receive-pack DIR", "/usr/lib/git-core/git receive-pack DIR", "git --x receive-pack" */
static bool is_receive_pack(pid_t pid)
{
	SB_AUTO(sb_buffer) command = SB_BUFFER_INIT(65536);
	struct sb_span rest, word;
	const char *slash;

	if (!read_proc(&command, pid, "cmdline"))
		return false;
	rest = sb_buffer_span(&command);
	if (!sb_span_cut(&rest, '\0', &word))
		return false;
	slash = memrchr(word.p, '/', word.n);
	if (slash)
		word = (struct sb_span) { slash + 1, word.n - (size_t)(slash + 1 - word.p) };
	if (sb_span_is(word, "git-receive-pack"))
		return true;
	if (!sb_span_is(word, "git"))
		return false;
	while (sb_span_cut(&rest, '\0', &word))
		if (sb_span_is(word, "receive-pack"))
			return true;
	return false;
}

/* A pidfd of `pid`, if that is still the parent of `child`: then it cannot have been reused. */
static int follow(pid_t pid, pid_t child)
{
	int fd = sb_pidfd_open(pid);

	if (fd >= 0 && parent_of(child) != pid) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* "pipe:[1234]": where a process's standard output goes; false where we may not see it. */
static bool output_of(pid_t pid, char *out, size_t size)
{
	SB_AUTO_FREE char *path = sb_xasprintf("/proc/%d/fd/1", (int)pid);
	ssize_t n = readlink(path, out, size - 1);

	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static bool is_backend(pid_t pid)
{
	SB_AUTO(sb_buffer) comm = SB_BUFFER_INIT(64);

	/* 15 bytes are all that the kernel keeps */
	return read_proc(&comm, pid, "comm") && sb_span_is(sb_span_trim(sb_buffer_span(&comm)), "git-http-backen");
}

/*
 * Above receive-pack: wrappers that share its output (a login shell, a forced command), then the
 * process at the other end of it. A web server is not followed: it outlives its connections, and a
 * reload of it ends some of its processes and none of the pushes.
 */
static void find_connection(struct sb_ancestry *out, pid_t pid)
{
	char ours[64], theirs[64];
	bool known = output_of(pid, ours, sizeof(ours)), wrapper = true;

	while (wrapper && out->connections < SB_CONNECTIONS) {
		pid_t above = parent_of(pid);
		int fd = above > 1 ? follow(above, pid) : -1;

		if (fd < 0)
			return;
		out->connection[out->connections++] = fd;
		wrapper = known && output_of(above, theirs, sizeof(theirs)) && !strcmp(ours, theirs) &&
			  !is_backend(above);
		pid = above;
	}
}

void sb_ancestry_find(struct sb_ancestry *out)
{
	pid_t child = getpid();

	*out = (struct sb_ancestry)SB_ANCESTRY_INIT;
	for (int i = 0; i < ANCESTORS_MAX; i++) {
		pid_t pid = parent_of(child), above;

		if (pid <= 1)
			return;
		if (!is_receive_pack(pid)) {
			child = pid;
			continue;
		}
		/* Wrappers ("git receive-pack" runs git-receive-pack) may stand above one another.
		 */
		out->receive_pack = follow(pid, child);
		out->pid = pid;
		if (out->receive_pack >= 0)
			name_process(out->push, pid);
		while ((above = parent_of(pid)) > 1 && is_receive_pack(above))
			pid = above;
		find_connection(out, pid);
		return;
	}
}

/* The pipe that receive-pack writes to has no reader left: whoever opens it to write is told so. */
static bool unread(pid_t pid)
{
	SB_AUTO_FREE char *path = sb_xasprintf("/proc/%d/fd/1", (int)pid);
	struct pollfd pipe = { .events = POLLOUT };
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISFIFO(st.st_mode))
		return false;
	pipe.fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (pipe.fd < 0)
		return errno == ENXIO;
	bool gone = poll(&pipe, 1, 0) > 0 && pipe.revents & POLLERR;

	close(pipe.fd);
	return gone;
}

bool sb_client_gone(const struct sb_ancestry *ancestry)
{
	for (size_t i = 0; i < ancestry->connections; i++)
		if (sb_pidfd_ended(ancestry->connection[i]))
			return true;
	/* While it lives, its pid is its own. */
	return ancestry->receive_pack >= 0 && unread(ancestry->pid) && !sb_pidfd_ended(ancestry->receive_pack);
}

bool sb_pidfd_ended(int pidfd)
{
	struct pollfd one = { .fd = pidfd, .events = POLLIN };

	return pidfd >= 0 && poll(&one, 1, 0) > 0;
}

void sb_ancestry_release(struct sb_ancestry *ancestry)
{
	if (ancestry->receive_pack >= 0)
		close(ancestry->receive_pack);
	for (size_t i = 0; i < ancestry->connections; i++)
		close(ancestry->connection[i]);
	*ancestry = (struct sb_ancestry)SB_ANCESTRY_INIT;
}

pid_t sb_detach(const int *keep, struct sb_error *err)
{
	pid_t pid;
	int null;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return sb_fail_sys(err, "fork");
	if (pid > 0)
		return pid;
	setsid();
	sb_default_signals();
	signal(SIGPIPE, SIG_IGN);
	null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
	    chdir("/") < 0)
		_exit(4);
	sb_keep_descriptors(keep, true);
	for (const int *fd = keep; fd && *fd >= 0; fd++)
		fcntl(*fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

void sb_be_modest(void)
{
	setpriority(PRIO_PROCESS, 0, 19);
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
}

const char *sb_self(void)
{
	static char path[PATH_MAX];

	if (!path[0]) {
		ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

		path[n > 0 ? n : 0] = '\0';
	}
	return path;
}

/* Cuts the last component off; false where none is left. */
static bool up(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash)
		return false;
	*slash = '\0';
	return true;
}

static bool is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

/* In a build tree the binary is <repo>/build/KIND/{bin,unit,…}/NAME. */
const char *sb_datadir(void)
{
	static char path[PATH_MAX + 32];
	struct stat st;

	if (path[0])
		return path;
	snprintf(path, sizeof(path), "%s", sb_self());
	if (up(path) && up(path) && up(path)) {
		const char *name = strrchr(path, '/');

		if (name && !strcmp(name, "/build") && up(path)) {
			size_t n = strlen(path);

			snprintf(path + n, sizeof(path) - n, "/templates");
			if (!stat(path, &st) && S_ISDIR(st.st_mode))
				return path;
		}
	}
	snprintf(path, sizeof(path), "%s", SB_DATADIR);
	return path;
}

const char *sb_slugbuild(void)
{
	static char path[PATH_MAX + 32];

	if (path[0])
		return path;
	for (int level = 0; level < 3; level++) {
		snprintf(path, sizeof(path), "%s", sb_self());
		for (int i = 0; i <= level; i++)
			if (!up(path))
				break;

		size_t n = strlen(path);

		snprintf(path + n, sizeof(path) - n, level ? "/bin/slugbuild" : "/slugbuild");
		if (is_program(path))
			return path;
	}
	snprintf(path, sizeof(path), "%s/slugbuild", SB_BINDIR);
	return path;
}

const char *sb_first_program(const char *const *paths)
{
	for (; *paths; paths++)
		if (is_program(*paths))
			return *paths;
	return NULL;
}
