#ifndef SB_QUIET_H
#define SB_QUIET_H

#include "source/tree.h"

/*
 * Folders that say nothing to anybody who looks through a tree: no Python, no file that is known
 * by its name (Procfile, requirements, .env, keys, databases …), no submodule, no name that is
 * odd or differs from another by case only. Data, pictures, documents: the bulk of large trees,
 * which need not be read again on each push (source/tree.h, sb_tree_survey).
 */
#define SB_QUIET_FORMAT "quiet 1" /* change it when the answer changes */

bool sb_level_is_quiet(void *unused, const struct sb_tree *level);

#endif
