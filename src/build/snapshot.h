#ifndef SB_SNAPSHOT_H
#define SB_SNAPSHOT_H

#include "base/list.h"

#include <sys/stat.h>

#include "base/error.h"

/*
 * What lay in a folder before a program ran, and what is new or changed after it. Told
 * by kind, mode, size, inode, mtime and ctime, which no program can set back.
 */
struct sb_snapshot {
	struct sb_snapshot_entry *item; /* sorted by path */
	size_t n;
};

int sb_snapshot_take(struct sb_snapshot *out, int dir, struct sb_error *err) SB_MUST_CHECK;

/*
 * Moves every new or changed file and symlink from `from` to `to`, at the same paths;
 * bytecode stays. `moved` gets the paths, `gone` what was there before and is no more.
 * What is no file, folder or symlink, and a symlink that leaves the folder: SB_EBUILD.
 */
int sb_snapshot_move_new(const struct sb_snapshot *before, int from, int to, struct sb_list *moved,
			 struct sb_list *gone, struct sb_error *err) SB_MUST_CHECK;

void sb_snapshot_release(struct sb_snapshot *snapshot);

#endif
