#ifndef SB_WALK_H
#define SB_WALK_H

#include "source/tree.h"

/* What is known of a quiet folder and all below it: whatever a walk of it is limited by. */
struct sb_tree_sum {
	int64_t entries; /* with multiplicity */
	int64_t height;  /* folders within each other, this one too; an empty one has 1 */
	int64_t path;    /* bytes of the longest path below it, without its own; 0: it is empty */
	int64_t bytes, chain; /* of the tree objects on the largest way down, in bytes and in entries */
};

/*
 * By the note, or by reading what has none. 1: it is quiet, `out` is filled. 0: it is not.
 * -1: not known: there are more than `max` entries, some tree cannot be read, or they are too large
 * within each other. Costs no more than a walk of `max` entries, in time and memory.
 */
int sb_tree_sum(struct sb_tree_sum *out, struct sb_repo *repo, const char *tree,
		const struct sb_survey *survey, int64_t max) SB_MUST_CHECK;

/* The entries by plain bytes of their names, folders too. Owned: free(3). */
const struct sb_entry **sb_tree_sorted(const struct sb_tree *tree) SB_MUST_CHECK;

#endif
