#include "base/base.h"
#include "sys/tracing.h"

#include "base/buffer.h"
#include "sys/files.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NEWEST 451 /* calls above were added after this table was made */

#define LASTS SB_ANSWER_LASTS, -1

/* Where a descriptor is missing the path counts from the process's folder. */
static const struct sb_call calls[] = {
	{ "open", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "creat", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "openat", SB_CALL_PATH, 0, 1, -1, -1, LASTS },
	{ "openat2", SB_CALL_OPEN2, 0, 1, -1, 2, LASTS },
	{ "stat", SB_CALL_PATH, -1, 0, -1, -1, SB_ANSWER_STAT, 1 },
	{ "lstat", SB_CALL_PATH, -1, 0, -1, -1, SB_ANSWER_STAT, 1 },
	{ "newfstatat", SB_CALL_PATH, 0, 1, -1, -1, SB_ANSWER_STAT, 2 },
	{ "statx", SB_CALL_PATH, 0, 1, -1, -1, SB_ANSWER_STATX, 4 },
	{ "access", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "faccessat", SB_CALL_PATH, 0, 1, -1, -1, LASTS },
	{ "faccessat2", SB_CALL_PATH, 0, 1, -1, -1, LASTS },
	{ "readlink", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "readlinkat", SB_CALL_PATH, 0, 1, -1, -1, LASTS },
	{ "chdir", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "truncate", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "utime", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "utimes", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "futimesat", SB_CALL_PATH, 0, 1, -1, -1, LASTS },
	{ "utimensat", SB_CALL_PATH, 0, 1, -1, -1, LASTS },
	{ "mkdir", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "mkdirat", SB_CALL_PATH, 0, 1, -1, -1, LASTS },
	{ "mknod", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "mknodat", SB_CALL_PATH, 0, 1, -1, -1, LASTS },
	{ "rmdir", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "unlink", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "unlinkat", SB_CALL_PATH, 0, 1, -1, -1, LASTS },
	{ "symlink", SB_CALL_LINK, -1, 1, -1, -1, LASTS },
	{ "symlinkat", SB_CALL_LINK, 1, 2, -1, -1, LASTS },
	{ "link", SB_CALL_PATH, -1, 0, -1, 1, LASTS },
	{ "linkat", SB_CALL_PATH, 0, 1, 2, 3, LASTS },
	{ "rename", SB_CALL_MOVE, -1, 0, -1, 1, LASTS },
	{ "renameat", SB_CALL_MOVE, 0, 1, 2, 3, LASTS },
	{ "renameat2", SB_CALL_MOVE, 0, 1, 2, 3, LASTS },
	{ "chmod", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "fchmodat", SB_CALL_PATH, 0, 1, -1, -1, LASTS },
	{ "chown", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "lchown", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "fchownat", SB_CALL_PATH, 0, 1, -1, -1, LASTS },
	{ "getxattr", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "lgetxattr", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "listxattr", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "llistxattr", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "setxattr", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "lsetxattr", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "removexattr", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "lremovexattr", SB_CALL_PATH, -1, 0, -1, -1, LASTS },
	{ "inotify_add_watch", SB_CALL_PATH, -1, 1, -1, -1, LASTS },
	{ "execve", SB_CALL_EXEC, -1, 0, -1, -1, LASTS },
	{ "execveat", SB_CALL_EXEC, 0, 1, -1, -1, LASTS },
	{ "statfs", SB_CALL_PATH, -1, 0, -1, -1, SB_ANSWER_STATFS, 1 },
	{ "bind", SB_CALL_BIND, -1, 1, -1, 2, LASTS },
	{ "connect", SB_CALL_PEER, -1, 1, -1, 2, LASTS },
	{ "sendto", SB_CALL_PEER, -1, 4, -1, 5, LASTS },
	{ "sendmsg", SB_CALL_MESSAGE, -1, 1, -1, -1, LASTS },
	{ "sendmmsg", SB_CALL_MESSAGE, -1, 1, -1, -1, LASTS },
	{ "name_to_handle_at", SB_CALL_REFUSED, -1, -1, -1, -1, LASTS },
	{ "open_by_handle_at", SB_CALL_REFUSED, -1, -1, -1, -1, LASTS },
	{ "io_uring_setup", SB_CALL_REFUSED, -1, -1, -1, -1, LASTS },
	{ "process_vm_readv", SB_CALL_REFUSED, -1, -1, -1, -1, LASTS },
	{ "pidfd_getfd", SB_CALL_REFUSED, -1, -1, -1, -1, LASTS },
	{ "chroot", SB_CALL_REFUSED, -1, -1, -1, -1, LASTS },
	{ "acct", SB_CALL_REFUSED, -1, -1, -1, -1, LASTS },
	{ "uselib", SB_CALL_REFUSED, -1, -1, -1, -1, LASTS },
	{ "sched_setaffinity", SB_CALL_REFUSED, -1, -1, -1, -1, LASTS },
	{ "sched_getaffinity", SB_CALL_PLACE, -1, -1, -1, -1, SB_ANSWER_PLACE, 2 },
	{ "clock_gettime", SB_CALL_MOMENT, -1, 0, -1, -1, SB_ANSWER_TIME, 1 },
	{ "gettimeofday", SB_CALL_MOMENT, -1, -1, -1, -1, SB_ANSWER_TIME, 0 },
	{ "time", SB_CALL_MOMENT, -1, -1, -1, -1, SB_ANSWER_SECONDS, 0 },
	{ "fstat", SB_CALL_MOMENT, -1, -1, -1, -1, SB_ANSWER_STAT, 1 },
	{ "fstatfs", SB_CALL_MOMENT, -1, -1, -1, -1, SB_ANSWER_STATFS, 1 },
	{ "sysinfo", SB_CALL_MOMENT, -1, -1, -1, -1, SB_ANSWER_SYSINFO, 0 },
};

static unsigned char by_number[NEWEST + 1]; /* index in calls + 1 */
static pthread_once_t numbered = PTHREAD_ONCE_INIT;

static void number_calls(void)
{
	for (unsigned i = 0; i < SB_COUNT(calls); i++) {
		int number = seccomp_syscall_resolve_name(calls[i].name);

		if (number >= 0 && number <= NEWEST)
			by_number[number] = (unsigned char)(i + 1);
	}
}

const struct sb_call *sb_call_of(unsigned long long number)
{
	pthread_once(&numbered, number_calls);
	return number <= NEWEST && by_number[number] ? &calls[by_number[number] - 1] : NULL;
}

static void emit(struct sb_buffer *out, struct sock_filter one)
{
	sb_buffer_add(out, (struct sb_span) { (const char *)&one, sizeof(one) });
}

static void emit_stop(struct sb_buffer *out, unsigned call)
{
	emit(out, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
	emit(out, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
}

int sb_tracer_filter(const struct sb_tracer *tracer, struct sb_error *err)
{
	SB_AUTO(sb_buffer) program = SB_BUFFER_INIT(65536);
	SB_AUTO_CLOSE int fd = memfd_create("trace", MFD_CLOEXEC);

	if (fd < 0)
		return sb_fail_sys(err, "make a file in memory");
	/* Another way to call the kernel (32 bits) has other numbers: it is not let in at all. */
	emit(&program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						    offsetof(struct seccomp_data, arch)));
	emit(&program,
	     (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, seccomp_arch_native(), 1, 0));
	emit(&program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
	emit(&program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						    offsetof(struct seccomp_data, nr)));
	for (unsigned number = 0; number <= NEWEST; number++) {
		const struct sb_call *call = sb_call_of(number);

		if (call && (call->kind != SB_CALL_MOMENT || tracer->shift))
			emit_stop(&program, number);
	}
	emit(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, NEWEST, 0, 1));
	emit(&program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
	emit(&program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	if (sb_write_all(fd, sb_buffer_span(&program), err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return sb_fail_sys(err, "rewind a file in memory");
	return SB_STEAL_FD(fd);
}
