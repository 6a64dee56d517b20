#include "base/base.h"
#include "sys/child.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t got;
static const char *(*question)(void *ctx);
static void *question_ctx;

static void note(int sig)
{
	got = sig;
}

void sb_cancel_on_signals(void)
{
	struct sigaction action = { .sa_handler = note };

	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

void sb_cancel_also(const char *(*why)(void *ctx), void *ctx)
{
	question = why;
	question_ctx = ctx;
}

const char *sb_cancel_asked(void)
{
	static _Atomic(const char *) known; /* once asked, it stays so */
	const char *reason = known;

	if (reason)
		return reason;
	if (got == SIGTERM)
		reason = "the server asked for it (SIGTERM)";
	else if (got == SIGINT)
		reason = "interrupted";
	else if (got)
		reason = "the connection hung up";
	else if (question && gettid() == getpid())
		reason = question(question_ctx);
	if (reason)
		known = reason;
	return reason;
}

const char *sb_child_end_text(const struct sb_child *child, const struct sb_child_result *result)
{
	static _Thread_local char text[160];

	switch (result->end) {
	case SB_CHILD_EXITED:
		snprintf(text, sizeof(text), "ended with status %d", result->value);
		break;
	case SB_CHILD_KILLED:
		snprintf(text, sizeof(text), "was killed by signal %d (%s)", result->value,
			 strsignal(result->value));
		break;
	case SB_CHILD_TIMEOUT:
		snprintf(text, sizeof(text), "took longer than %lld s", (long long)child->seconds);
		break;
	case SB_CHILD_LOUD:
		snprintf(text, sizeof(text), "printed more than %lld bytes",
			 (long long)child->bytes);
		break;
	case SB_CHILD_MEMORY:
		snprintf(text, sizeof(text), "used more than %lld MiB of memory",
			 (long long)(child->memory >> 20));
		break;
	case SB_CHILD_DISK:
		snprintf(text, sizeof(text), "left less than %lld MiB on the disk",
			 (long long)(child->disk_floor >> 20));
		break;
	case SB_CHILD_PROCESSES:
		snprintf(text, sizeof(text),
			 "started more processes than slugbuild.buildProcesses");
		break;
	case SB_CHILD_CANCELLED:
		snprintf(text, sizeof(text), "was cancelled");
		break;
	}
	return text;
}
