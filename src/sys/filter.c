#include "base/base.h"
#include "sys/box.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

/* What neither an installer nor a Django app needs, and what kernels were broken with. */
static const char *const denied[] = {
	/* keys, tracing, other processes' memory */
	"add_key",
	"keyctl",
	"request_key",
	"ptrace",
	"process_vm_readv",
	"process_vm_writev",
	"kcmp",
	"pidfd_getfd",
	"process_madvise",
	/* programs in the kernel, rings beside the filter, faults in user space */
	"bpf",
	"perf_event_open",
	"userfaultfd",
	"io_uring_setup",
	"io_uring_enter",
	"io_uring_register",
	"lookup_dcookie",
	/* namespaces and mounts */
	"unshare",
	"setns",
	"mount",
	"umount",
	"umount2",
	"pivot_root",
	"chroot",
	"fsopen",
	"fsconfig",
	"fsmount",
	"fspick",
	"move_mount",
	"open_tree",
	"mount_setattr",
	"open_by_handle_at",
	/* the machine */
	"kexec_load",
	"kexec_file_load",
	"init_module",
	"finit_module",
	"delete_module",
	"swapon",
	"swapoff",
	"reboot",
	"acct",
	"quotactl",
	"quotactl_fd",
	"syslog",
	"settimeofday",
	"clock_settime",
	"clock_adjtime",
	"adjtimex",
	"iopl",
	"ioperm",
	"fanotify_init",
	"nfsservctl",
	"vhangup",
	"vm86",
	"vm86old",
	"modify_ldt",
	"uselib",
	"ustat",
	"sysfs",
	"_sysctl",
	"bdflush",
	"move_pages",
	"mbind",
	"set_mempolicy",
	"migrate_pages",
};

static int deny(scmp_filter_ctx ctx, const char *name, int code, unsigned n,
		const struct scmp_arg_cmp *arg)
{
	int call = seccomp_syscall_resolve_name(name);

	if (call < 0) /* this machine has none */
		return 0;
	return seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO((unsigned)code), call, n, arg);
}

static int add_calls(scmp_filter_ctx ctx)
{
	for (size_t i = 0; i < SB_COUNT(denied); i++) {
		int failed = deny(ctx, denied[i], EPERM, 0, NULL);

		if (failed)
			return failed;
	}
	/* Its flags lie in memory, where no filter sees them; every libc then takes clone. */
	return deny(ctx, "clone3", ENOSYS, 0, NULL);
}

static int add_arguments(scmp_filter_ctx ctx)
{
	static const scmp_datum_t spaces[] = {
		CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
		CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET, CLONE_UNTRACED,
	};
	/* The kernel looks at the low 32 bits only: so must the filter. */
	static const scmp_datum_t ioctls[] = { TIOCSTI, TIOCLINUX };
	static const char *const chmods[] = { "chmod", "fchmod", "fchmodat", "fchmodat2" };
	static const unsigned mode_at[] = { 1, 1, 2, 2 };
	int failed = 0;

	for (size_t i = 0; !failed && i < SB_COUNT(spaces); i++)
		failed = deny(ctx, "clone", EPERM, 1,
			      &SCMP_A0(SCMP_CMP_MASKED_EQ, spaces[i], spaces[i]));
	for (size_t i = 0; !failed && i < SB_COUNT(ioctls); i++)
		failed = deny(ctx, "ioctl", EPERM, 1,
			      &SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, ioctls[i]));
	for (size_t i = 0; !failed && i < SB_COUNT(chmods); i++)
		failed = deny(ctx, chmods[i], EPERM, 1,
			      &SCMP_CMP(mode_at[i], SCMP_CMP_MASKED_EQ, 04000, 04000));
	/* Unix, IPv4, IPv6 and netlink (for if_nameindex) are what there is to talk over. */
	if (!failed)
		failed = deny(ctx, "socket", EAFNOSUPPORT, 1, &SCMP_A0(SCMP_CMP_GT, 16));
	if (!failed)
		failed = deny(ctx, "personality", EPERM, 1, &SCMP_A0(SCMP_CMP_NE, 0xffffffff));
	return failed;
}

int sb_box_filter(struct sb_error *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	SB_AUTO_CLOSE int fd = memfd_create("filter", MFD_CLOEXEC);
	int failed = ctx ? 0 : -ENOMEM;

	if (!failed)
		failed = add_calls(ctx);
	if (!failed)
		failed = add_arguments(ctx);
	if (!failed)
		failed = fd < 0 ? -errno : seccomp_export_bpf(ctx, fd);
	if (ctx)
		seccomp_release(ctx);
	if (!failed && lseek(fd, 0, SEEK_SET) < 0)
		failed = -errno;
	if (failed) {
		errno = -failed;
		return sb_fail_sys(err, "make the sandbox's filter");
	}
	return SB_STEAL_FD(fd);
}
