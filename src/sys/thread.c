#include "sys/thread.h"

#include <sched.h>
#include <signal.h>

bool sb_thread_start(pthread_t *thread, void *(*work)(void *arg), void *arg)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);

	bool started = pthread_create(thread, NULL, work, arg) == 0;

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

unsigned sb_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}
