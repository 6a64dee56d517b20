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

/* Where a descriptor is missing the path counts from the process's folder. */
static const struct sb_call calls[] = {
	{ "open", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "creat", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "openat", SB_CALL_PATH, 0, 1, -1, -1 },
	{ "openat2", SB_CALL_OPEN2, 0, 1, -1, 2 },
	{ "stat", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "lstat", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "newfstatat", SB_CALL_PATH, 0, 1, -1, -1 },
	{ "statx", SB_CALL_PATH, 0, 1, -1, -1 },
	{ "access", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "faccessat", SB_CALL_PATH, 0, 1, -1, -1 },
	{ "faccessat2", SB_CALL_PATH, 0, 1, -1, -1 },
	{ "readlink", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "readlinkat", SB_CALL_PATH, 0, 1, -1, -1 },
	{ "chdir", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "truncate", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "utime", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "utimes", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "futimesat", SB_CALL_PATH, 0, 1, -1, -1 },
	{ "utimensat", SB_CALL_PATH, 0, 1, -1, -1 },
	{ "mkdir", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "mkdirat", SB_CALL_PATH, 0, 1, -1, -1 },
	{ "mknod", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "mknodat", SB_CALL_PATH, 0, 1, -1, -1 },
	{ "rmdir", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "unlink", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "unlinkat", SB_CALL_PATH, 0, 1, -1, -1 },
	{ "symlink", SB_CALL_LINK, -1, 1, -1, -1 },
	{ "symlinkat", SB_CALL_LINK, 1, 2, -1, -1 },
	{ "link", SB_CALL_PATH, -1, 0, -1, 1 },
	{ "linkat", SB_CALL_PATH, 0, 1, 2, 3 },
	{ "rename", SB_CALL_MOVE, -1, 0, -1, 1 },
	{ "renameat", SB_CALL_MOVE, 0, 1, 2, 3 },
	{ "renameat2", SB_CALL_MOVE, 0, 1, 2, 3 },
	{ "chmod", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "fchmodat", SB_CALL_PATH, 0, 1, -1, -1 },
	{ "chown", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "lchown", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "fchownat", SB_CALL_PATH, 0, 1, -1, -1 },
	{ "getxattr", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "lgetxattr", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "listxattr", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "llistxattr", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "setxattr", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "lsetxattr", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "removexattr", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "lremovexattr", SB_CALL_PATH, -1, 0, -1, -1 },
	{ "inotify_add_watch", SB_CALL_PATH, -1, 1, -1, -1 },
	{ "execve", SB_CALL_EXEC, -1, 0, -1, -1 },
	{ "execveat", SB_CALL_EXEC, 0, 1, -1, -1 },
	{ "statfs", SB_CALL_STATFS, -1, 0, -1, -1 },
	{ "connect", SB_CALL_PEER, -1, 1, -1, -1 },
	{ "sendto", SB_CALL_PEER, -1, 4, -1, -1 },
	{ "sendmsg", SB_CALL_MESSAGE, -1, 1, -1, -1 },
	{ "sendmmsg", SB_CALL_MESSAGE, -1, 1, -1, -1 },
	{ "fstatfs", SB_CALL_REFUSED, -1, -1, -1, -1 },
	{ "name_to_handle_at", SB_CALL_REFUSED, -1, -1, -1, -1 },
	{ "open_by_handle_at", SB_CALL_REFUSED, -1, -1, -1, -1 },
	{ "io_uring_setup", SB_CALL_REFUSED, -1, -1, -1, -1 },
	{ "process_vm_readv", SB_CALL_REFUSED, -1, -1, -1, -1 },
	{ "pidfd_getfd", SB_CALL_REFUSED, -1, -1, -1, -1 },
	{ "chroot", SB_CALL_REFUSED, -1, -1, -1, -1 },
	{ "acct", SB_CALL_REFUSED, -1, -1, -1, -1 },
	{ "uselib", SB_CALL_REFUSED, -1, -1, -1, -1 },
	/* Last, and only with a shift. */
	{ "clock_gettime", SB_CALL_CLOCK, -1, 1, -1, -1 },
	{ "gettimeofday", SB_CALL_CLOCK, -1, 0, -1, -1 },
	{ "time", SB_CALL_CLOCK, -1, 0, -1, -1 },
};

const struct sb_call *sb_call_at(unsigned number)
{
	return number < SB_COUNT(calls) ? &calls[number] : NULL;
}

static void emit(struct sb_buffer *out, struct sock_filter one)
{
	sb_buffer_add(out, (struct sb_span) { (const char *)&one, sizeof(one) });
}

/* Stops this call: `number` travels to the tracer. */
static void emit_stop(struct sb_buffer *out, unsigned call, unsigned number)
{
	emit(out, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
	emit(out, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | number));
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
	for (unsigned i = 0; i < SB_COUNT(calls); i++) {
		int call = seccomp_syscall_resolve_name(calls[i].name);

		if (call >= 0 && (calls[i].kind != SB_CALL_CLOCK || tracer->shift))
			emit_stop(&program, (unsigned)call, i);
	}
	emit(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, NEWEST, 0, 1));
	emit(&program,
	     (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | SB_CALL_UNKNOWN));
	emit(&program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	if (sb_write_all(fd, sb_buffer_span(&program), err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return sb_fail_sys(err, "rewind a file in memory");
	return SB_STEAL_FD(fd);
}
