#include "base/base.h"
#include "base/buffer.h"
#include "sys/box.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * sb_box_exec. bubblewrap stands between a runner and the program and hands no signal on:
 * a TERM to it would kill the box at once. So we stay, as its parent and keeper: what a
 * runner sends us goes to the program itself, and our end is the program's end.
 */

#define CHILDREN_MAX 64
#define START_MS 3000 /* for the program to appear in its box */

static const int forwarded[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH };

static bool is_shell(pid_t pid)
{
	SB_AUTO_FREE char *path = sb_xasprintf("/proc/%d/comm", (int)pid);
	SB_AUTO(sb_buffer) name = SB_BUFFER_INIT(64);
	struct sb_error ignored = { 0 };

	if (sb_read_file(&name, AT_FDCWD, path, &ignored) < 0)
		return false;

	struct sb_span word = sb_span_trim(sb_buffer_span(&name));

	return sb_span_is(word, "sh") || sb_span_is(word, "dash") || sb_span_is(word, "bash");
}

/*
 * A shell that waits for its last command hands no signal on, and its own end would take the
 * box down before that command could finish: then the command gets the signal, not the shell.
 */
static void send_down(pid_t pid, int sig, int depth)
{
	pid_t below[CHILDREN_MAX];
	size_t n = depth < 4 && is_shell(pid) ? sb_family_children(pid, below, CHILDREN_MAX) : 0;

	if (!n)
		kill(pid, sig);
	for (size_t i = 0; i < n && i < CHILDREN_MAX; i++)
		send_down(below[i], sig, depth + 1);
}

static void forward(pid_t init, int sig)
{
	int64_t until = sb_now_ms() + START_MS;
	pid_t program = 0;

	while (init > 0 && !sb_family_children(init, &program, 1)) {
		if (sb_now_ms() > until || kill(init, 0) < 0)
			return;
		usleep(20000);
	}
	if (program > 0)
		send_down(program, sig, 0);
}

static _Noreturn void keep(pid_t pid, int info, const sigset_t *signals, bool shared)
{
	pid_t init = sb_box_first_process(info);
	siginfo_t got;
	int status;

	for (;;) {
		int sig = sigwaitinfo(signals, &got);

		if (waitpid(pid, &status, WNOHANG) == pid)
			break;
		/* The terminal has told the program itself. */
		if (sig <= 0 || sig == SIGCHLD || (shared && got.si_code == SI_KERNEL))
			continue;
		forward(init, sig);
	}
	_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

static int exec_boxed(struct sb_box *box, const char *const *argv, struct sb_error *err)
{
	__attribute__((cleanup(sb_box_command_release))) struct sb_box_command command = { 0 };
	bool shared = isatty(0) || isatty(1);
	int info[2], keep_fds[SB_BOX_FDS + 2];
	sigset_t signals;
	pid_t pid;

	if (pipe2(info, O_CLOEXEC) < 0)
		return sb_fail_sys(err, "make a pipe");
	if (sb_box_command(&command, box, argv, shared ? SB_BOX_TERMINAL : SB_BOX_OWN_SESSION,
			   info[1], err) < 0)
		return -1;
	memcpy(keep_fds, command.fd, command.fds * sizeof(*keep_fds));
	keep_fds[command.fds] = info[1];
	keep_fds[command.fds + 1] = -1;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	for (size_t i = 0; i < SB_COUNT(forwarded); i++)
		sigaddset(&signals, forwarded[i]);
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return sb_fail_sys(err, "fork");
	if (pid == 0) {
		static char *const nothing[] = { NULL };

		sb_default_signals();
		sb_keep_descriptors(keep_fds, false);
		execve(command.argv.item[0], command.argv.item, nothing);
		_exit(127);
	}
	close(info[1]);
	keep(pid, info[0], &signals, shared);
}

static int exec_open(const struct sb_box *box, const char *const *argv, struct sb_error *err)
{
	SB_AUTO(sb_list) words = { 0 };
	SB_AUTO(sb_list) env = { 0 };
	SB_AUTO_FREE char *cwd = sb_box_path(box, box->cwd ? box->cwd : "/");

	sb_box_map_argv(box, &words, argv);
	sb_box_map_env(box, &env);
	if (chdir(cwd) < 0)
		return sb_fail_sys(err, "enter %s", cwd);
	fflush(NULL);
	sb_default_signals();
	sb_keep_descriptors(NULL, false);
	execve(words.item[0], words.item, env.item);
	return sb_fail_sys(err, "cannot run %s", words.item[0]);
}

int sb_box_exec(struct sb_box *box, const char *const *argv, struct sb_error *err)
{
	if (sb_box_decide(box, err) < 0)
		return -1;
	return box->open ? exec_open(box, argv, err) : exec_boxed(box, argv, err);
}
