#include "base/base.h"
#include "sys/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: only calls that are safe after fork. The reason travels through `report`. */
static void become(const char *const *argv, const char *const *env, const char *dir, int fd,
		   int report)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };
	sigset_t none;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &usual, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (null >= 0 && dup2(fd, 0) == 0 && dup2(fd, 1) == 1 && dup2(null, 2) == 2 &&
	    chdir(dir) == 0) {
		close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
		execve(argv[0], (char *const *)argv, (char *const *)env);
	}
	int why = errno;

	(void)!write(report, &why, sizeof(why));
	_exit(127);
}

/* Descriptors 0 to 2 may be closed in us: what is made must not take their place. */
static int above_standard(int fd[2])
{
	for (int i = 0; i < 2; i++) {
		int high = fcntl(fd[i], F_DUPFD_CLOEXEC, 3);

		close(fd[i]);
		fd[i] = high;
		if (high < 0)
			return -1;
	}
	return 0;
}

int sb_pipe_open(struct sb_pipe *out, const char *const *argv, const char *const *env,
		 const char *dir, struct sb_error *err)
{
	int talk[2] = { -1, -1 }, report[2] = { -1, -1 }, why = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, talk) < 0 ||
	    pipe2(report, O_CLOEXEC) < 0 || above_standard(talk) < 0 || above_standard(report) < 0)
		return sb_fail_sys(err, "a pipe to %s", argv[0]);

	pid_t pid = fork();

	if (pid == 0)
		become(argv, env, dir, talk[1], report[1]);
	int forked = errno;

	close(talk[1]);
	close(report[1]);
	ssize_t n = pid < 0 ? 0 : read(report[0], &why, sizeof(why));

	close(report[0]);
	*out = (struct sb_pipe) { talk[0], pid, getpid() };
	if (pid > 0 && n == 0)
		return 0;
	sb_pipe_release(out);
	errno = pid < 0 ? forked : why;
	return sb_fail_sys(err, "cannot start %s", argv[0]);
}

int sb_pipe_wait(struct sb_pipe *pipe)
{
	int status = 0;

	while (waitpid(pipe->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	pipe->pid = 0;
	sb_pipe_release(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void sb_pipe_release(struct sb_pipe *pipe)
{
	bool ours = pipe->parent == getpid();

	if (ours && pipe->fd >= 0)
		close(pipe->fd);
	if (ours && pipe->pid > 0) {
		kill(pipe->pid, SIGKILL);
		while (waitpid(pipe->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	*pipe = (struct sb_pipe)SB_PIPE_INIT;
}
