#ifndef SB_RECIPE_H
#define SB_RECIPE_H

#include "slug/layer.h"

/*
 * A recipe: which pieces a thing became, kept beside the pieces under a key of what it was made
 * from, so that one look-up replaces reading and compressing it again. A subtree has one, so has
 * a run of files in a folder, and a layer made from a folder.
 *
 *	pieces/<k2>/<key>.list        one line a piece
 *	pieces/<s2>/<sha256>.gz       a piece, named by its own bytes
 *
 * A recipe counts only while each of its pieces is there in its full size. Both are touched when
 * they are used (at most once an hour): gc takes what is older and named by no release.
 */
struct sb_pieces {
	struct sb_piece *item; /* owned, with their strings */
	size_t n;
};

/* Starts a key: format, compressor, level and what kind of thing it is for. Add the rest, then
 * finish. */
void sb_recipe_key(struct sb_sha256 *hash, const struct sb_piece_store *store, const char *kind);

/* The key of the recipe for a layer made from a folder: `key` says from what. */
void sb_layer_recipe(const struct sb_piece_store *store, const char *key, char out[SB_DIGEST_HEX]);

/* False where there is none to use. */
bool sb_recipe_find(struct sb_pieces *out, const struct sb_piece_store *store,
		    const char *key) SB_MUST_CHECK;
int sb_recipe_keep(const struct sb_piece_store *store, const char *key,
		   const struct sb_piece *const *piece, size_t n,
		   struct sb_error *err) SB_MUST_CHECK;

/* "ab/ab34….gz" of a name. Owned: free(3). */
char *sb_piece_name(const char *hex, const char *suffix);
/* The same, to be written: the folder "ab" is there, or NULL with err. */
char *sb_piece_place(const struct sb_piece_store *store, const char *hex, const char *suffix,
		     struct sb_error *err) SB_MUST_CHECK;

void sb_piece_release(struct sb_piece *piece);
void sb_pieces_release(struct sb_pieces *pieces);

#endif
