#ifndef SB_POOL_H
#define SB_POOL_H

#include "slug/recipe.h"

/*
 * Compression in parallel: one producer hands tar bytes in, threads turn them into the members of
 * pieces in the store. Which bytes come out depends on what went in only, never on the threads.
 *
 *	SB_AUTO(sb_pool) pool = { 0 };
 *
 *	sb_pool_open(&pool, store);
 *	size_t id = sb_pool_begin(&pool, NULL);
 *	sb_pool_add(&pool, bytes);            // as often as need be; waits while all buffers are
 *full sb_pool_end(&pool, …); … if (sb_pool_finish(&pool, err) < 0)   // all written, synced,
 *recipes kept return -1;
 *
 * Memory: (threads + 2) buffers of SB_MEMBER_BYTES in, one a thread out. A failure stops the rest;
 * sb_pool_finish tells it (sb_pool_failed tells earlier that there is one).
 */

struct sb_pool_piece {
	struct sb_piece piece;
	struct sb_sha256 hash;    /* of the members so far */
	char memo[SB_DIGEST_HEX]; /* its recipe's key, or "" */
	bool by_content;          /* look for a recipe by the raw bytes before compressing */
	bool reused;
	size_t chunks, written; /* members handed in; members in the file */
	int fd;
	char *tmp;
};

/* A list of pieces by number: what a folder, a group or a layer became, in the order of the slug.
 */
struct sb_ids {
	size_t *item;
	size_t n;
};

struct sb_pool_recipe {
	char key[SB_DIGEST_HEX];
	struct sb_ids ids;
};

struct sb_pool {
	struct sb_piece_store store;
	struct sb_pool_piece **piece; /* by number */
	size_t n;
	struct sb_pool_recipe *recipe; /* to be kept */
	size_t recipes;
	struct sb_pool_job *filling; /* of the piece that is open */
	struct sb_pool_works *works; /* threads, queue, locks */
};

void sb_pool_open(struct sb_pool *pool, const struct sb_piece_store *store);

/*
 * A new piece, and its number. `memo`: a key under which a recipe is kept for it; NULL: none.
 * With sb_pool_by_content, a piece of one member is looked up by its raw bytes first; the caller
 * does the same for larger ones, whose key it knows.
 */
size_t sb_pool_begin(struct sb_pool *pool, const char *memo);
size_t sb_pool_begin_by_content(struct sb_pool *pool);
void sb_pool_add(struct sb_pool *pool, struct sb_span bytes);
void sb_pool_end(struct sb_pool *pool, int64_t files, int64_t unpacked);

/* Pieces that are there already: taken over, with a number each added to `ids`. */
void sb_pool_reuse_take(struct sb_pool *pool, struct sb_pieces *pieces, struct sb_ids *ids);

/* Keeps a recipe, once all is done. */
void sb_pool_recipe(struct sb_pool *pool, const char *key, const struct sb_ids *ids);

bool sb_pool_failed(struct sb_pool *pool);
int sb_pool_keep(struct sb_pool *pool,
		 struct sb_error *err) SB_MUST_CHECK; /* the last part of finish */
int sb_pool_finish(struct sb_pool *pool, struct sb_error *err) SB_MUST_CHECK;
void sb_pool_release(struct sb_pool *pool);

void sb_ids_add(struct sb_ids *ids, size_t id);
void sb_ids_append(struct sb_ids *ids, const struct sb_ids *more);
void sb_ids_release(struct sb_ids *ids);

/* The key of a piece's recipe by its raw bytes. `hash` holds them; it is finished. */
void sb_pool_content_key(const struct sb_piece_store *store, struct sb_sha256 *hash,
			 char key[SB_DIGEST_HEX]);

/* Makes the layer of pieces in the order of `ids` (after sb_pool_finish). */
void sb_pool_layer(struct sb_pool *pool, const struct sb_ids *ids, struct sb_layer *out);

#endif
