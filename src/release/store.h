#ifndef SB_STORE_H
#define SB_STORE_H

#include <sys/stat.h>

#include "base/log.h"
#include "base/settings.h"
#include "base/sha256.h"
#include "slug/layer.h"
#include "sys/lock.h"
#include "sys/contents.h"

/*
 * The store: slugs, layers and pieces, named by SHA-256, shared by all apps under one
 * root. What is written appears whole, synced, by one rename; what no release names is
 * removed by gc only.
 *
 *	SB_AUTO(sb_store) store = SB_STORE_INIT;
 *
 *	if (sb_store_open(&store, settings, err) < 0)
 *		return -1;
 *
 * gc decides under lock.store; the calls below that make something needed again
 * (layer, keep_layer, keep_slug) take the same lock for a moment, so gc never removes
 * what they just returned. Under it nothing is synced and no file is removed: who waits for it
 * waits for some renames, whatever the disk does.
 */
struct sb_store {
	int root;   /* $root */
	int dir;    /* $root/store */
	int pieces; /* $root/store/pieces */
	char *path; /* "$root/store" */
	char *root_path;
	char *pieces_path;
	struct sb_log *log; /* told who holds the store when we have to wait; or NULL. Borrowed */
};
#define SB_STORE_INIT { .root = -1, .dir = -1, .pieces = -1 }

/* Opens, and makes what is missing. SB_ECONFIG with the cure when it is not ours to write. */
int sb_store_open(struct sb_store *out, const struct sb_settings *settings, struct sb_error *err) SB_MUST_CHECK;
int sb_store_pieces(struct sb_piece_store *out, const struct sb_store *store, struct sb_error *err) SB_MUST_CHECK;

/* The folder of a kept layer (".../layers/KEY/tree"), or NULL; asking counts as use. Owned. */
char *sb_store_layer(const struct sb_store *store, const char *key);
/* The same without counting as use, whether it is there or not. Owned. */
char *sb_store_layer_path(const struct sb_store *store, const char *key) SB_MUST_CHECK;
/* Moves the folder `path` in; returns where it is now. Where the layer was there already
 * the kept one is returned, and `path` is removed. NULL with err. Owned.
 * `contents`: what it holds, where it is sealed already (sb_folder_finish); it is kept beside the
 * tree, as SB_CONTENTS_BESIDE. NULL: it is sealed here, and nothing is known of it. */
char *sb_store_keep_layer(struct sb_store *store, const char *key, const char *path,
			  const struct sb_contents *contents, struct sb_error *err);

/* "slugs/<sha256>.tar.gz" as an absolute path. Owned. */
char *sb_store_slug_path(const struct sb_store *store, const char *sha256) SB_MUST_CHECK;

/* A staged slug waits as tmp/<sha256>.tar.gz: `name` (in store/tmp) is renamed to that, durably. */
int sb_store_stage_slug(const struct sb_store *store, const char *name, const char *sha256,
			struct sb_error *err) SB_MUST_CHECK;
/* The staged file gets an mtime that follows from its digest. One that still has it was not written to
 * since, and need not be hashed again by who reads it through its gzip checksums; _seal gives it back
 * to a file that was hashed. */
bool sb_store_slug_sealed(const struct stat *st, const char *sha256);
void sb_store_slug_seal(int fd, const char *sha256);
/* From tmp/ to slugs/, durably; 0 also when it was kept before. SB_ENOENT when it is in neither. */
int sb_store_keep_slug(const struct sb_store *store, const char *sha256, struct sb_error *err) SB_MUST_CHECK;

/* Takes lock.store; a wait that is worth a line is told of in store->log. For gc.h. */
int sb_store_lock(struct sb_lock *lock, const struct sb_store *store, const char *what,
		  struct sb_error *err) SB_MUST_CHECK;

void sb_store_release(struct sb_store *store);

#endif
