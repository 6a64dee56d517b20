#ifndef SB_PROCESS_H
#define SB_PROCESS_H

#include <sys/types.h>

#include "base/error.h"

/*
 * Who is above us. A hook's parent chain tells whether the push's client is
 * still there and when git-receive-pack has ended; both are followed by pidfd,
 * so a reused pid is never mistaken.
 *
 * Facts (git 2.39.5, measured): a client that goes away sends the hook no signal;
 * over ssh receive-pack's parent (sshd's session) ends within a second of it, by
 * file the parent is `git push` itself.
 */
struct sb_ancestry {
	int receive_pack; /* pidfd of the nearest git-receive-pack above us, or -1 */
	int connection;   /* pidfd of its parent, or -1 where that is pid 1 or unknown (GitLab) */
};
#define SB_ANCESTRY_INIT { -1, -1 }

void sb_ancestry_find(struct sb_ancestry *out);
bool sb_pidfd_ended(int pidfd); /* false for -1 */
void sb_ancestry_release(struct sb_ancestry *ancestry);

/* A child in a session of its own, with /dev/null for 0, 1 and 2, that outlives us. In the child
 * it returns 0, in the parent the pid; it keeps the descriptors in `keep` (ends with -1) and no other. */
pid_t sb_detach(const int *keep, struct sb_error *err) SB_MUST_CHECK;

/* The absolute path of the running binary, and of the folder with templates:
 * <repo>/templates when it runs from a build tree, else the installed one. Borrowed. */
const char *sb_self(void);
const char *sb_datadir(void);

/* The slugbuild command that belongs to this program (the hooks live beside or under it). Borrowed. */
const char *sb_slugbuild(void);

/* The first of `paths` (NULL at the end) that is an executable file, or NULL. Borrowed. */
const char *sb_first_program(const char *const *paths);

#endif
