#ifndef SB_STORE_H
#define SB_STORE_H

#include "base/settings.h"
#include "base/sha256.h"
#include "slug/layer.h"

/*
 * The store: slugs, layers and pieces, named by SHA-256, shared by all apps under one
 * root. What is written appears whole, synced, by one rename; what no release names is
 * removed by gc only.
 */
struct sb_store {
	int root;   /* $root */
	int dir;    /* $root/store */
	char *path; /* "$root/store" */
	char *root_path;
};
#define SB_STORE_INIT { .root = -1, .dir = -1 }

/* Opens, and makes what is missing. SB_ECONFIG with the cure when it is not writable for us. */
int sb_store_open(struct sb_store *out, const struct sb_settings *settings, struct sb_error *err) SB_MUST_CHECK;
int sb_store_pieces(struct sb_piece_store *out, const struct sb_store *store, struct sb_error *err) SB_MUST_CHECK;

char *sb_store_layer(const struct sb_store *store, const char *key); /* its folder, or NULL. Owned. */
char *sb_store_keep_layer(struct sb_store *store, const char *key, const char *path, struct sb_error *err); /* moves it in */

/* "slugs/<sha256>.tar.gz" as an absolute path. Owned. */
char *sb_store_slug_path(const struct sb_store *store, const char *sha256);

void sb_store_release(struct sb_store *store);

#endif
