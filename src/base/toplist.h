#ifndef SB_TOPLIST_H
#define SB_TOPLIST_H

#include "base/base.h"

/* The ten largest of files that come one after another, for a message. Begin with { 0 }. */
#define SB_TOPLIST_SHOWN 10

struct sb_toplist {
	struct {
		int64_t size;
		char *path;
	} item[SB_TOPLIST_SHOWN]; /* largest first */
	size_t n;
};

void sb_toplist_put(struct sb_toplist *top, const char *path, int64_t size);
void sb_toplist_release(struct sb_toplist *top);

/* One a line with its size, long paths without their middle: ten fit into an error's fix. Owned: free(3). */
char *sb_toplist_text(const struct sb_toplist *top) SB_MUST_CHECK;

#endif
