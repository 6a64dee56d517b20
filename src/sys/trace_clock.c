#include "base/base.h"
#include "sys/tracing.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <time.h>

#define WORDS_MAX (1 << 20) /* of arguments and environment */

static bool poke(pid_t tid, unsigned long long at, const void *bytes, size_t n)
{
	struct iovec from = { (void *)bytes, n }, to = { (void *)(uintptr_t)at, n };

	return process_vm_writev(tid, &from, 1, &to, 1, 0) == (ssize_t)n;
}

/* Above the arguments and the environment of a new program: where the auxiliary vector begins. */
static bool find_vector(pid_t tid, unsigned long long *at)
{
	struct __ptrace_syscall_info info = { 0 };
	int zeros = 0;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof(info), &info) < 0)
		return false;
	*at = info.stack_pointer + sizeof(uint64_t); /* past argc */
	for (size_t i = 0; i < WORDS_MAX && zeros < 2; i++) {
		uint64_t word;

		if (!sb_trace_peek(tid, *at, &word, sizeof(word)))
			return false;
		*at += sizeof(word);
		zeros += word == 0;
	}
	return zeros == 2;
}

void sb_trace_hide_clock(struct sb_tracer_run *run, pid_t tid)
{
	static const uint64_t ignored = AT_IGNORE;
	unsigned long long at;
	uint64_t pair[2];

	if (!run->tracer->shift)
		return;
	if (!find_vector(tid, &at)) {
		sb_trace_refuse(run, "its clock could not be shifted");
		return;
	}
	for (size_t i = 0; i < 64; i++, at += sizeof(pair)) {
		if (!sb_trace_peek(tid, at, pair, sizeof(pair)) || pair[0] == AT_NULL)
			return;
		if (pair[0] == AT_SYSINFO_EHDR && !poke(tid, at, &ignored, sizeof(ignored)))
			sb_trace_refuse(run, "its clock could not be shifted");
	}
}

bool sb_trace_clock(struct sb_tracer_run *run, pid_t tid, const struct sb_call *call,
		    const unsigned long long *args)
{
	bool by_id = !strcmp(call->name, "clock_gettime");
	int id = (int)args[0];

	if (by_id && id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE && id != CLOCK_TAI)
		return false;
	sb_grow(&run->waiting, run->waits, sizeof(*run->waiting));
	run->waiting[run->waits++] =
		(struct sb_waiting) { tid, args[(int)call->path], !strcmp(call->name, "time") };
	return true;
}

/* time(2) hands its result in a register too; only machines that have it need this. */
static bool shift_result(pid_t tid, int64_t seconds)
{
#ifdef __x86_64__
	void *rax = (void *)offsetof(struct user, regs.rax);
	long now;

	errno = 0;
	now = ptrace(PTRACE_PEEKUSER, tid, rax, NULL);
	return !errno && ptrace(PTRACE_POKEUSER, tid, rax, (void *)(now + seconds)) == 0;
#else
	(void)tid, (void)seconds;
	return false;
#endif
}

static bool shift(struct sb_tracer_run *run, const struct sb_waiting *call)
{
	int64_t seconds;

	if (call->whole_seconds && !shift_result(call->tid, run->tracer->shift))
		return false;
	if (!call->at || !sb_trace_peek(call->tid, call->at, &seconds, sizeof(seconds)))
		return true;
	seconds += run->tracer->shift;
	return poke(call->tid, call->at, &seconds, sizeof(seconds));
}

void sb_trace_clock_end(struct sb_tracer_run *run, pid_t tid)
{
	for (size_t i = 0; i < run->waits; i++) {
		if (run->waiting[i].tid != tid)
			continue;
		if (!shift(run, &run->waiting[i]))
			sb_trace_refuse(run, "its clock could not be shifted");
		run->waiting[i] = run->waiting[--run->waits];
		return;
	}
}
