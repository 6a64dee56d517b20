#include "base/base.h"
#include "sys/tracing.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/user.h>
#include <time.h>

#define WORDS_MAX (1 << 20) /* of arguments and environment */

bool sb_trace_poke(pid_t tid, unsigned long long at, const void *bytes, size_t n)
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
		if (pair[0] == AT_SYSINFO_EHDR && !sb_trace_poke(tid, at, &ignored, sizeof(ignored)))
			sb_trace_refuse(run, "its clock could not be shifted");
	}
}

bool sb_trace_awaits(struct sb_tracer_run *run, pid_t tid, const struct sb_call *call,
		     const unsigned long long *args)
{
	int id = (int)args[0];

	if (call->answer == SB_ANSWER_LASTS || (!run->tracer->shift && call->kind != SB_CALL_PLACE))
		return false;
	/* Of the clocks only those that tell the date: others are what waits are counted by. */
	if (call->path >= 0 && call->answer == SB_ANSWER_TIME && id != CLOCK_REALTIME &&
	    id != CLOCK_REALTIME_COARSE && id != CLOCK_TAI && id != CLOCK_BOOTTIME)
		return false;
	sb_grow(&run->waiting, run->waits, sizeof(*run->waiting));
	run->waiting[run->waits++] =
		(struct sb_waiting) { tid, args[(int)call->out], call->answer };
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

static bool shift_time(struct sb_tracer_run *run, pid_t tid, unsigned long long at)
{
	int64_t seconds;

	if (!at || !sb_trace_peek(tid, at, &seconds, sizeof(seconds)))
		return true;
	seconds += run->tracer->shift;
	return sb_trace_poke(tid, at, &seconds, sizeof(seconds));
}

/* A file's times, where the run itself has set them. */
static bool shift_recent(struct sb_tracer_run *run, pid_t tid, unsigned long long at)
{
	int64_t seconds;

	if (!sb_trace_peek(tid, at, &seconds, sizeof(seconds)) || seconds < run->recent)
		return true;
	return shift_time(run, tid, at);
}

static bool shift_each(struct sb_tracer_run *run, const struct sb_waiting *call,
		       const size_t *offset, size_t n)
{
	bool done = true;

	for (size_t i = 0; i < n; i++)
		done = shift_recent(run, call->tid, call->at + offset[i]) && done;
	return done;
}

/* Another disk, and one that is full. */
static bool shift_disk(const struct sb_waiting *call)
{
	struct statfs disk;

	if (!sb_trace_peek(call->tid, call->at, &disk, sizeof(disk)))
		return true;
	disk.f_blocks = disk.f_blocks / 2 + 1;
	disk.f_bfree = disk.f_bavail = 1;
	disk.f_files = disk.f_files / 2 + 1;
	disk.f_ffree = 1;
	memset(&disk.f_fsid, 1, sizeof(disk.f_fsid));
	return sb_trace_poke(call->tid, call->at, &disk, sizeof(disk));
}

/* Another uptime, and a machine with more to do; its size is the same. */
static bool shift_machine(struct sb_tracer_run *run, const struct sb_waiting *call)
{
	struct sysinfo info;

	if (!sb_trace_peek(call->tid, call->at, &info, sizeof(info)))
		return true;
	info.uptime = labs(info.uptime + (long)run->tracer->shift);
	for (size_t i = 0; i < SB_COUNT(info.loads); i++)
		info.loads[i] += 1 << 20;
	info.freeram = info.freeram / 2 + 1;
	info.sharedram = info.sharedram / 2 + 1;
	info.bufferram = info.bufferram / 2 + 1;
	info.freeswap /= 2;
	info.procs = (unsigned short)(info.procs + 100);
	return sb_trace_poke(call->tid, call->at, &info, sizeof(info));
}

static bool change(struct sb_tracer_run *run, const struct sb_waiting *call, int64_t value)
{
	static const size_t in_stat[] = { offsetof(struct stat, st_atim),
					  offsetof(struct stat, st_mtim),
					  offsetof(struct stat, st_ctim) };
	static const size_t in_statx[] = { offsetof(struct statx, stx_atime),
					   offsetof(struct statx, stx_btime),
					   offsetof(struct statx, stx_ctime),
					   offsetof(struct statx, stx_mtime) };

	switch (call->answer) {
	case SB_ANSWER_SECONDS:
		if (!shift_result(call->tid, run->tracer->shift))
			return false;
		return shift_time(run, call->tid, call->at);
	case SB_ANSWER_TIME:
		return shift_time(run, call->tid, call->at);
	case SB_ANSWER_STAT:
		return shift_each(run, call, in_stat, SB_COUNT(in_stat));
	case SB_ANSWER_STATX:
		return shift_each(run, call, in_statx, SB_COUNT(in_statx));
	case SB_ANSWER_STATFS:
		return shift_disk(call);
	case SB_ANSWER_SYSINFO:
		return shift_machine(run, call);
	case SB_ANSWER_PLACE:
		return sb_trace_place_hide(&run->place, call->tid, call->at, value);
	default:
		return true;
	}
}

/* What a call that failed leaves behind its pointer is the program's own. */
static bool succeeded(pid_t tid, int64_t *value)
{
	struct __ptrace_syscall_info info = { 0 };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_EXIT || info.exit.is_error)
		return false;
	*value = info.exit.rval;
	return true;
}

void sb_trace_answered(struct sb_tracer_run *run, pid_t tid)
{
	int64_t value;

	for (size_t i = 0; i < run->waits; i++) {
		if (run->waiting[i].tid != tid)
			continue;
		if (succeeded(tid, &value) && !change(run, &run->waiting[i], value))
			sb_trace_refuse(run, "an answer it got could not be changed");
		run->waiting[i] = run->waiting[--run->waits];
		return;
	}
}
