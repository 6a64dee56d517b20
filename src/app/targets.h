#ifndef SB_TARGETS_H
#define SB_TARGETS_H

#include "base/settings.h"
#include "source/push.h"

/*
 * Which refs deploy which apps: the branch map. Pure: settings, HEAD's name and a
 * push in, targets out.
 *
 *	slugbuild.branch = ""                    HEAD's branch deploys slugbuild.app
 *	slugbuild.branch = main staging          either deploys slugbuild.app
 *	slugbuild.branch = main=blog dev=blog-dev
 *	[slugbuild "admin"] branch = main, path = admin       another app of the same repository
 *
 * A name without "refs/" is a branch; a full name may end in "*" ("refs/tags/v*").
 * Names are compared byte for byte. No pattern matches what a Git host keeps for itself
 * (refs/pull, refs/merge-requests, refs/keep-around, …).
 */
struct sb_target {
	char *app;
	const struct sb_update *update; /* borrowed from the push */
};

struct sb_targets {
	struct sb_target *item; /* in the push's order */
	size_t n;
};

/* The targets of a push: creations and changes of mapped refs. Deletions deploy nothing. */
void sb_targets_find(struct sb_targets *out, const struct sb_push *push, const struct sb_settings *settings,
		     const char *head);
void sb_targets_drop(struct sb_targets *targets, size_t i);
void sb_targets_release(struct sb_targets *targets);

/* The map alone, for who asks of many refs. */
struct sb_branch_map;
struct sb_branch_map *sb_branch_map_new(const struct sb_settings *settings, const char *head) SB_MUST_CHECK;
bool sb_branch_map_has(const struct sb_branch_map *map, const char *ref);
void sb_branch_map_free(struct sb_branch_map *map);

bool sb_ref_deploys(const struct sb_settings *settings, const char *head, const char *ref);

/* The first full ref name (no pattern) that deploys `app`, or NULL. Owned: free(3). */
char *sb_deploy_ref(const struct sb_settings *settings, const char *head, const char *app) SB_MUST_CHECK;

/* "main" of "refs/heads/main", else the name itself. Borrowed. */
const char *sb_short_ref(const char *ref);

#endif
