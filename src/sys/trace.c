#include "base/base.h"
#include "sys/tracing.h"

#include "base/buffer.h"
#include "sys/box.h"
#include "sys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATHS_MAX 500000
#define RECENT 3600 /* seconds: a checkout for the run may be that old */
#define INFO_MS 20 /* between two looks whether bubblewrap has said who the first process is */
#define OPTIONS \
	(PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
	 PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)

void sb_trace_refuse(struct sb_tracer_run *run, const char *fmt, ...)
{
	char *reason = run->tracer->reason;
	va_list ap;

	if (*reason)
		return;
	va_start(ap, fmt);
	vsnprintf(reason, sizeof(run->tracer->reason), fmt, ap);
	va_end(ap);
}

static size_t hash_of(const char *path)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *path; path++)
		hash = (hash ^ (unsigned char)*path) * 0x100000001b3;
	return (size_t)(hash ^ hash >> 32);
}

static void grow_slots(struct sb_tracer_run *run)
{
	const struct sb_list *paths = &run->tracer->paths;

	free(run->slot);
	run->slots = run->slots ? run->slots * 2 : 4096;
	run->slot = sb_xcalloc(run->slots, sizeof(*run->slot));
	for (size_t i = 0; i < paths->n; i++) {
		size_t at = hash_of(paths->item[i]) % run->slots;

		while (run->slot[at])
			at = (at + 1) % run->slots;
		run->slot[at] = i + 1;
	}
}

void sb_trace_add(struct sb_tracer_run *run, const char *path)
{
	struct sb_list *paths = &run->tracer->paths;
	size_t at;

	if (paths->n >= PATHS_MAX) {
		sb_trace_refuse(run, "it looked at more than %d paths", PATHS_MAX);
		return;
	}
	if (paths->n * 2 >= run->slots)
		grow_slots(run);
	for (at = hash_of(path) % run->slots; run->slot[at]; at = (at + 1) % run->slots)
		if (!strcmp(paths->item[run->slot[at] - 1], path))
			return;
	sb_list_add(paths, path);
	run->slot[at] = paths->n;
}

static bool read_path(struct sb_tracer_run *run, pid_t tid, unsigned long long at,
		      char out[SB_TRACE_PATH])
{
	errno = 0;
	if (sb_trace_peek_string(tid, at, out))
		return true;
	if (errno == EPERM)
		sb_trace_refuse(run, "its memory could not be read");
	return false;
}

static int dir_of(const unsigned long long *args, signed char at)
{
	return at < 0 ? AT_FDCWD : (int)args[(int)at];
}

static void take_paths(struct sb_tracer_run *run, pid_t tid, const struct sb_call *call,
		       const unsigned long long *args)
{
	char path[SB_TRACE_PATH], found[SB_TRACE_PATH];
	bool moves = call->kind == SB_CALL_MOVE;

	if (read_path(run, tid, args[(int)call->path], path)) {
		sb_trace_path(run, tid, dir_of(args, call->dir), path, found);
		if (moves && *found)
			sb_list_add(&run->tracer->moved, found);
	}
	if (call->path2 < 0 || call->kind == SB_CALL_OPEN2)
		return;
	if (read_path(run, tid, args[(int)call->path2], path)) {
		sb_trace_path(run, tid, dir_of(args, call->dir2), path, found);
		if (moves && *found)
			sb_list_add(&run->tracer->moved, found);
	}
}

static void take_open2(struct sb_tracer_run *run, pid_t tid, const struct sb_call *call,
		       const unsigned long long *args)
{
	struct open_how how = { 0 };

	if (!sb_trace_peek(tid, args[2], &how, sizeof(how)) || how.resolve & RESOLVE_IN_ROOT)
		sb_trace_refuse(run, "it opened a file with a root of its own");
	take_paths(run, tid, call, args);
}

static void take_program(struct sb_tracer_run *run, pid_t tid, const struct sb_call *call,
			 const unsigned long long *args)
{
	char path[SB_TRACE_PATH];

	if (read_path(run, tid, args[(int)call->path], path))
		sb_trace_program(run, tid, dir_of(args, call->dir), path);
}

/* An address: a network's, or the path of a socket. */
static void take_address(struct sb_tracer_run *run, pid_t tid, unsigned long long at, size_t n,
			 bool reaches)
{
	struct sockaddr_un address = { 0 };
	char path[sizeof(address.sun_path) + 1] = "";
	size_t head = offsetof(struct sockaddr_un, sun_path);

	n = n < sizeof(address) ? n : sizeof(address);
	if (!at || n < sizeof(address.sun_family) || !sb_trace_peek(tid, at, &address, n))
		return;
	if (reaches && address.sun_family != AF_UNIX && address.sun_family != AF_NETLINK &&
	    address.sun_family != AF_UNSPEC)
		sb_trace_refuse(run, "it used the network");
	if (address.sun_family != AF_UNIX || n <= head)
		return;
	memcpy(path, address.sun_path, n - head);
	sb_trace_path(run, tid, AT_FDCWD, path, NULL);
}

static void take_message(struct sb_tracer_run *run, pid_t tid, unsigned long long at, size_t count)
{
	struct mmsghdr one; /* begins with what sendmsg is given */

	for (size_t i = 0; i < count && i < 1024; i++) {
		size_t size = count == 1 ? sizeof(one.msg_hdr) : sizeof(one);

		if (!sb_trace_peek(tid, at + i * sizeof(one), &one, size))
			return;
		take_address(run, tid, (uintptr_t)one.msg_hdr.msg_name, one.msg_hdr.msg_namelen,
			     true);
	}
}

/* One call at its beginning. True: its end is awaited. */
static bool take_call(struct sb_tracer_run *run, pid_t tid, const struct sb_call *call,
		      const unsigned long long *args)
{
	switch (call->kind) {
	case SB_CALL_PATH:
	case SB_CALL_MOVE:
	case SB_CALL_LINK:
		take_paths(run, tid, call, args);
		break;
	case SB_CALL_OPEN2:
		take_open2(run, tid, call, args);
		break;
	case SB_CALL_EXEC:
		take_program(run, tid, call, args);
		break;
	case SB_CALL_BIND:
	case SB_CALL_PEER:
		take_address(run, tid, args[(int)call->path], args[(int)call->path2],
			     call->kind == SB_CALL_PEER);
		break;
	case SB_CALL_MESSAGE:
		take_message(run, tid, args[1], !strcmp(call->name, "sendmmsg") ? args[2] : 1);
		break;
	case SB_CALL_MOMENT:
	case SB_CALL_PLACE:
		break;
	case SB_CALL_REFUSED:
		sb_trace_refuse(run, "it called %s", call->name);
		break;
	}
	return sb_trace_awaits(run, tid, call, args);
}

static bool open_root(struct sb_tracer_run *run, pid_t tid)
{
	char path[64];

	if (run->root >= 0)
		return true;
	snprintf(path, sizeof(path), "/proc/%d/root", (int)tid);
	run->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return run->root >= 0;
}

static bool on_call(struct sb_tracer_run *run, pid_t tid)
{
	struct __ptrace_syscall_info info = { 0 };
	const struct sb_call *call;
	unsigned long long args[6];

	run->tracer->stops++;
	errno = 0;
	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof(info), &info) < 0 ||
	    info.op != PTRACE_SYSCALL_INFO_SECCOMP || !open_root(run, tid)) {
		/* A process that was killed at this moment has no call any more. */
		if (errno != ESRCH)
			sb_trace_refuse(run, "a call of it could not be read");
		return false;
	}
	call = sb_call_of(info.seccomp.nr);
	if (!call) {
		sb_trace_refuse(run, "it made a call that is not known here (%llu)",
				(unsigned long long)info.seccomp.nr);
		return false;
	}
	for (size_t i = 0; i < 6; i++)
		args[i] = info.seccomp.args[i];
	return take_call(run, tid, call, args);
}

/* What a stopped process is let go on with. */
static void on_stop(struct sb_tracer_run *run, pid_t tid, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16;
	bool groups =
		signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
	int how = PTRACE_CONT;

	if (event == PTRACE_EVENT_SECCOMP) {
		how = on_call(run, tid) ? PTRACE_SYSCALL : PTRACE_CONT;
		signal = 0;
	} else if (event == PTRACE_EVENT_STOP) {
		how = groups ? PTRACE_LISTEN : PTRACE_CONT;
		signal = 0;
	} else if (event == PTRACE_EVENT_EXEC) {
		if (open_root(run, tid))
			sb_trace_mapped(run, tid);
		sb_trace_hide_clock(run, tid);
		signal = 0;
	} else if (event) {
		signal = 0;
	} else if (signal == (SIGTRAP | 0x80)) {
		sb_trace_answered(run, tid);
		signal = 0;
	}
	ptrace(how, tid, NULL, (void *)(intptr_t)signal);
}

static void follow_all(struct sb_tracer_run *run)
{
	for (;;) {
		int status;
		pid_t tid = waitpid(-1, &status, __WALL | __WNOTHREAD);

		if (tid < 0 && errno == EINTR)
			continue;
		if (tid < 0)
			return;
		if (WIFSTOPPED(status)) {
			sb_trace_place_stop(&run->place, tid);
			on_stop(run, tid, status);
		} else {
			sb_trace_place_gone(&run->place, tid);
		}
	}
}

/* bubblewrap says it at once, in one write; -1: it ended before. */
static pid_t first_process(struct sb_tracer_run *run)
{
	struct pollfd said = { .fd = run->info, .events = POLLIN };

	while (poll(&said, 1, -1) < 0 && errno == EINTR)
		;
	return said.revents & POLLIN ? sb_box_first_process(run->info) : -1;
}

static void *attend(void *ctx)
{
	struct sb_tracer_run *run = ctx;
	sigset_t all;
	pid_t first;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	sb_trace_place_begin(&run->place);
	first = first_process(run);
	if (first <= 0 || ptrace(PTRACE_SEIZE, first, NULL, (void *)OPTIONS) < 0) {
		sb_trace_refuse(run, "it could not be traced: %s",
				first <= 0 ? "it did not start" : strerror(errno));
		run->tracer->failed = true;
		if (first > 0)
			kill(first, SIGKILL);
	}
	if (first > 0)
		sb_trace_place_stop(&run->place, first);
	(void)!write(run->block, "", 1);
	if (!run->tracer->failed)
		follow_all(run);
	return NULL;
}

int sb_tracer_start(struct sb_tracer *tracer, int info, int block, struct sb_error *err)
{
	struct sb_tracer_run *run = sb_xcalloc(1, sizeof(*run));

	sb_tracer_release(tracer);
	tracer->run = run;
	tracer->failed = false;
	tracer->stops = 0;
	*tracer->reason = '\0';
	*run = (struct sb_tracer_run) {
		.tracer = tracer,
		.info = info,
		.block = block,
		.root = -1,
		.recent = sb_wall() - RECENT,
	};
	errno = pthread_create(&run->thread, NULL, attend, run);
	if (errno)
		return sb_fail_sys(err, "start a thread");
	run->started = true;
	return 0;
}

static void run_release(struct sb_tracer_run *run)
{
	if (run->root >= 0)
		close(run->root);
	free(run->slot);
	free(run->waiting);
	sb_trace_place_release(&run->place);
	free(run);
}

void sb_tracer_join(struct sb_tracer *tracer)
{
	if (!tracer->run)
		return;
	if (tracer->run->started)
		pthread_join(tracer->run->thread, NULL);
	run_release(SB_STEAL(tracer->run));
}

void sb_tracer_release(struct sb_tracer *tracer)
{
	sb_tracer_join(tracer);
	sb_list_release(&tracer->paths);
	sb_list_release(&tracer->moved);
}
