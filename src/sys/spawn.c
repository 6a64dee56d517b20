#include "base/base.h"
#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child says over the status pipe when it could not become the program. */
struct failure {
	int code;
	char step; /* 'd' the folder, 'x' the exec */
};

int sb_pidfd_open(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

static void drop_range(unsigned from, unsigned to, bool at_once)
{
	if (from > to || !syscall(SYS_close_range, from, to, at_once ? 0 : CLOSE_RANGE_CLOEXEC))
		return;
	for (unsigned fd = from; fd <= to && fd < 65536; fd++) {
		if (at_once)
			close((int)fd);
		else
			fcntl((int)fd, F_SETFD, FD_CLOEXEC);
	}
}

static bool among(const int *keep, unsigned fd)
{
	for (; keep && *keep >= 0; keep++)
		if ((unsigned)*keep == fd)
			return true;
	return false;
}

void sb_keep_descriptors(const int *keep, bool at_once)
{
	unsigned from = 3;
	int highest = 2;

	for (const int *fd = keep; fd && *fd >= 0; fd++)
		highest = *fd > highest ? *fd : highest;
	for (unsigned fd = 3; fd <= (unsigned)highest; fd++) {
		if (!among(keep, fd))
			continue;
		drop_range(from, fd - 1, at_once);
		if (!at_once)
			fcntl((int)fd, F_SETFD, 0);
		from = fd + 1;
	}
	drop_range(from, INT_MAX, at_once);
}

void sb_default_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void say(int status, char step)
{
	struct failure failure = { .code = errno, .step = step };

	(void)!write(status, &failure, sizeof(failure));
	_exit(127);
}

/* Between fork and exec: only calls that are safe there. */
static void become(const struct sb_child *child, const struct sb_spawn_fds *fds, int status,
		   pid_t parent)
{
	if (!child->tty)
		setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	sb_default_signals();
	umask(022);
	if (dup2(fds->in, 0) < 0 || dup2(fds->out, 1) < 0 || dup2(fds->err, 2) < 0)
		say(status, 'x');
	sb_keep_descriptors(child->pass, false);
	if (child->cwd >= 0 ? fchdir(child->cwd) < 0 : chdir("/") < 0)
		say(status, 'd');
	execve(child->argv[0], (char *const *)child->argv, (char *const *)child->env);
	say(status, 'x');
}

int sb_spawn(pid_t *pid, const struct sb_child *child, const struct sb_spawn_fds *fds,
	     struct sb_error *err)
{
	static const char *const nothing[] = { NULL };
	struct sb_child full = *child;
	struct failure failure = { 0 };
	pid_t parent = getpid();
	sigset_t all, before;
	ssize_t n;
	int status[2];

	if (!full.env)
		full.env = nothing;
	if (pipe2(status, O_CLOEXEC) < 0)
		return sb_fail_sys(err, "make a pipe");
	/* No handler of ours may run in the child. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	*pid = fork();
	if (*pid == 0)
		become(&full, fds, status[1], parent);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(status[1]);
	if (*pid < 0) {
		sb_fail_sys(err, "fork");
		close(status[0]);
		return -1;
	}
	do
		n = read(status[0], &failure, sizeof(failure));
	while (n < 0 && errno == EINTR);
	close(status[0]);
	if (n != sizeof(failure))
		return 0;
	waitpid(*pid, NULL, 0);
	errno = failure.code;
	return sb_fail_sys(err,
			   failure.step == 'd' ? "cannot enter the folder of %s" : "cannot run %s",
			   child->argv[0]);
}
