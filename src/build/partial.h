#ifndef SB_PARTIAL_H
#define SB_PARTIAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "build/former.h"

/*
 * An installation that takes over what the layer before it has: the same layer, byte for byte, as
 * one from scratch, at the cost of the packages that changed.
 *
 *	1. uv says what it would install into an empty environment, of wheels alone
 *	2. a package that the former layer has in that version, and of which the requirement files say
 *	   what they said then, stays; the tool is shown its metadata, so that it installs the others
 *	3. what it installed is finished by itself, and then moved to the files of those that stay
 *
 * Those are links, made meanwhile in a folder that no box sees: nothing that runs can reach the former
 * layer's files through them. A package stays by its name and version from the same indexes: a wheel that
 * an index put in another's place under the same version is found with no-cache only.
 *
 * Whatever does not fit (a file of two packages of which one stays, a file nobody lists, another
 * tool's metadata, a failure of the tool) makes it 0: then all is installed, as if this were not.
 */
struct sb_partial {
	struct sb_former former;
	struct sb_list wanted; /* "django 5.2": what would be there */
	bool *stays;           /* by the number in former.infos */
	size_t kept;
	char *packages;        /* site-packages, from the layer's top */
	/* The thread that links. */
	pthread_t thread;
	bool linking, linked;
	atomic_bool stop;
	int next; /* <work>/next, where the layer grows */
};
#define SB_PARTIAL_INIT { .former = SB_FORMER_INIT, .next = -1 }

/*
 * 1 and 2: 1 when the changed packages lie in the environment; 0 when all must be installed (the
 * environment may hold something: make it anew). The environment is empty and exists.
 */
int sb_partial_install(struct sb_partial *partial, struct sb_install *install,
		       const struct sb_said *said, struct sb_error *err) SB_MUST_CHECK;

/* 3: `all` has what <work>/deps holds, and gets the rest. 1, and <work>/deps is the whole layer; or
 * 0 as above. */
int sb_partial_join(struct sb_partial *partial, int work, struct sb_contents *all,
		    struct sb_error *err) SB_MUST_CHECK;

/* Begins to link all that belongs to a package of the former layer. */
int sb_partial_link(struct sb_partial *partial, struct sb_build *build,
		    struct sb_error *err) SB_MUST_CHECK;

void sb_partial_release(struct sb_partial *partial);

#endif
