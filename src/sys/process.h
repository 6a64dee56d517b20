#ifndef SB_PROCESS_H
#define SB_PROCESS_H

#include <sys/types.h>

#include "base/error.h"

/*
 * Who is above us. A hook's parent chain tells whether the push's client is
 * still there and when git-receive-pack has ended; all of it is followed by pidfd,
 * so a reused pid is never mistaken.
 *
 * Facts (git 2.39.5, measured): a client that goes away sends the hook no signal.
 *	file	receive-pack writes into a pipe of `git push`; a shell may stand between.
 *	ssh	sshd's session process ends at once, and with it the reader of receive-pack's
 *		output. Between the two stands the login shell: dash waits there (bash does not).
 *	HTTP	only the web server knows. It finds out when it writes: after one keepalive of
 *		receive-pack (lighttpd) or two (Apache), which git sends each 5 s unless
 *		receive.keepAlive says 1; then it ends git http-backend, that receive-pack, and
 *		our PDEATHSIG us.
 */
#define SB_CONNECTIONS 8
#define SB_PROCESS_NAME_MAX 48

struct sb_ancestry {
	int receive_pack;               /* pidfd of the nearest git-receive-pack above us, or -1 */
	pid_t pid;                      /* its pid */
	char push[SB_PROCESS_NAME_MAX]; /* names it, and so the push; "" none */
	int connection[SB_CONNECTIONS]; /* pidfds of what is above it, up to the connection's own process */
	size_t connections;             /* none where that is pid 1 or unknown (GitLab) */
};
#define SB_ANCESTRY_INIT { .receive_pack = -1 }

void sb_ancestry_find(struct sb_ancestry *out);

/* Whether the process of this name ("PID-START", its start in ticks since boot: never given twice)
 * is there. False for what is no such name. */
bool sb_process_lives(const char *name);
void sb_ancestry_release(struct sb_ancestry *ancestry);

/* Nobody reads what receive-pack writes, or a process of its connection has ended. */
bool sb_client_gone(const struct sb_ancestry *ancestry);

bool sb_pidfd_ended(int pidfd); /* false for -1 */

/* A child in a session of its own, with /dev/null for 0, 1 and 2, that outlives us. In the child
 * it returns 0, in the parent the pid; it keeps the descriptors in `keep` (ends with -1) and no other. */
pid_t sb_detach(const int *keep, struct sb_error *err) SB_MUST_CHECK;

/* From here on we take what processor and disk nobody else wants. */
void sb_be_modest(void);

/* The absolute path of the running binary, and of the folder with templates:
 * <repo>/templates when it runs from a build tree, else the installed one. Borrowed. */
const char *sb_self(void);
const char *sb_datadir(void);

/* The slugbuild command that belongs to this program (the hooks live beside or under it). Borrowed. */
const char *sb_slugbuild(void);

/* The first of `paths` (NULL at the end) that is an executable file, or NULL. Borrowed. */
const char *sb_first_program(const char *const *paths);

#endif
