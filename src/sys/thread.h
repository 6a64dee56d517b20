#ifndef SB_SYS_THREAD_H
#define SB_SYS_THREAD_H

#include <pthread.h>

#include "base/base.h"

/*
 * A thread for work beside our own. Signals stay with the thread that waits for children.
 * False where there can be none: the caller does the work himself then.
 */
bool sb_thread_start(pthread_t *thread, void *(*work)(void *arg), void *arg) SB_MUST_CHECK;

/* Those that this process may use; 1 where nobody says. */
unsigned sb_processors(void);

#endif
