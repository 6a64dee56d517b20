#ifndef SB_SOUND_TREE_H
#define SB_SOUND_TREE_H

#include "base/list.h"
#include "source/repo.h"

#include <git2.h>

/*
 * Random trees with a random collector in them, and random edits of both, all of it by one seed.
 * Few names, few levels: so that paths meet.
 */
struct thing {
	char *path;
	enum { THING_FILE, THING_PROGRAM, THING_LINK } kind;
	char *text; /* contents, or a symlink's target */
};

struct site {
	struct thing *item; /* in no order; no path is below another */
	size_t n;
};

void dice_seed(uint64_t seed);
unsigned dice(unsigned sides); /* 0 … sides - 1 */

void site_make(struct site *site, const struct sb_list *ways);
void site_plain(struct site *site, const char *way); /* always the same tree, and one way */
bool site_has_chance(const struct site *site); /* its collector asks for what differs from run to run */
void site_edit(struct site *site, const struct sb_list *ways, char said[256]);
void site_write(const struct site *site, git_repository *git, char tree[SB_OID_MAX + 1]);
void site_show(const struct site *site);
void site_release(struct site *site);

#endif
