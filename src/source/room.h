#ifndef SB_ROOM_H
#define SB_ROOM_H

#include "source/tree.h"

/*
 * slugbuild.maxBlob and slugbuild.maxBytes, while the files of a tree are gone through: what is small
 * in a repository may be endless outside it. Past either SB_ELIMIT, with the file in err->where and
 * the ten largest files of the tree in err->fix.
 */
struct sb_room {
	struct sb_repo *repo;
	const char *tree; /* all of it, for the message */
	const struct sb_settings *settings;
	bool (*skip)(void *ctx, const char *path, bool is_dir); /* what is left out; NULL: nothing */
	void *ctx;
	int64_t bytes; /* of the files so far */
};

int sb_room_take(struct sb_room *room, const char *path, int64_t size, struct sb_error *err) SB_MUST_CHECK;

#endif
