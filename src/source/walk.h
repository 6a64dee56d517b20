#ifndef SB_WALK_H
#define SB_WALK_H

#include "source/tree.h"

/* The entries by plain bytes of their names, folders too. Owned: free(3). */
const struct sb_entry **sb_tree_sorted(const struct sb_tree *tree) SB_MUST_CHECK;

#endif
