#ifndef SB_WALK_H
#define SB_WALK_H

#include "source/tree.h"

/* What is known of a folder and all below it. */
struct sb_tree_sum {
	int64_t entries, height; /* entries: with multiplicity, at most INT32_MAX */
	bool quiet;
};

/* By the note, or by reading what has none. */
int sb_tree_sum(struct sb_tree_sum *out, struct sb_repo *repo, const char *tree, const char *path,
		const struct sb_survey *survey, struct sb_error *err) SB_MUST_CHECK;

/* The entries by plain bytes of their names, folders too. Owned: free(3). */
const struct sb_entry **sb_tree_sorted(const struct sb_tree *tree) SB_MUST_CHECK;

#endif
