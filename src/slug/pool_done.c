#include "base/base.h"
#include "slug/pool.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* The part of a pool that knows no threads: numbers, recipes, what becomes of pieces. */

#define SYNC_ONE_BY_ONE 16 /* new pieces; from there on one sync of the filesystem costs less */

void sb_pool_reuse_take(struct sb_pool *pool, struct sb_pieces *pieces, struct sb_ids *ids)
{
	for (size_t i = 0; i < pieces->n; i++) {
		struct sb_pool_piece *p = sb_xcalloc(1, sizeof(*p));

		p->fd = -1;
		p->reused = true;
		p->piece = SB_STEAL(pieces->item[i]);
		sb_grow(&pool->piece, pool->n, sizeof(struct sb_pool_piece *));
		pool->piece[pool->n] = p;
		sb_ids_add(ids, pool->n++);
	}
	sb_pieces_release(pieces);
}

void sb_pool_recipe(struct sb_pool *pool, const char *key, const struct sb_ids *ids)
{
	sb_grow(&pool->recipe, pool->recipes, sizeof(*pool->recipe));

	struct sb_pool_recipe *r = &pool->recipe[pool->recipes++];

	*r = (struct sb_pool_recipe) { 0 };
	sb_span_copy(r->key, sizeof(r->key), sb_span_of(key));
	sb_ids_append(&r->ids, ids);
}

/* The pieces are on disk before a recipe, or a release, names them. */
static int sync_pieces(struct sb_pool *pool, struct sb_error *err)
{
	size_t fresh = 0;

	for (size_t i = 0; i < pool->n; i++)
		fresh += !pool->piece[i]->reused;
	if (fresh > SYNC_ONE_BY_ONE)
		return syncfs(pool->store.dir) < 0 ? sb_fail_sys(err, "sync %s", pool->store.path)
						   : 0;
	for (size_t i = 0; i < pool->n; i++) {
		const char *path = pool->piece[i]->piece.path;

		if (pool->piece[i]->reused)
			continue;
		SB_AUTO_CLOSE int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 || fsync(fd) < 0)
			return sb_fail_sys(err, "sync %s", path);
	}
	return 0;
}

static int keep_recipe(struct sb_pool *pool, const char *key, const struct sb_ids *ids,
		       struct sb_error *err)
{
	const struct sb_piece **list = sb_xcalloc(ids->n, sizeof(*list));

	for (size_t i = 0; i < ids->n; i++)
		list[i] = &pool->piece[ids->item[i]]->piece;
	int kept = sb_recipe_keep(&pool->store, key, list, ids->n, err);

	free(list);
	return kept;
}

int sb_pool_keep(struct sb_pool *pool, struct sb_error *err)
{
	if (sync_pieces(pool, err) < 0)
		return -1;
	for (size_t i = 0; i < pool->n; i++) {
		const struct sb_pool_piece *p = pool->piece[i];

		if (p->memo[0] && !p->reused &&
		    keep_recipe(pool, p->memo, &(struct sb_ids) { &i, 1 }, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < pool->recipes; i++)
		if (keep_recipe(pool, pool->recipe[i].key, &pool->recipe[i].ids, err) < 0)
			return -1;
	return 0;
}

void sb_pool_content_key(const struct sb_piece_store *store, struct sb_sha256 *hash,
			 char key[SB_DIGEST_HEX])
{
	char raw[SB_DIGEST_HEX];
	struct sb_sha256 named = { 0 };

	sb_sha256_finish(hash, raw);
	sb_recipe_key(&named, store, "bytes");
	sb_sha256_field(&named, raw);
	sb_sha256_finish(&named, key);
}

void sb_ids_add(struct sb_ids *ids, size_t id)
{
	sb_grow(&ids->item, ids->n, sizeof(*ids->item));
	ids->item[ids->n++] = id;
}

void sb_ids_append(struct sb_ids *ids, const struct sb_ids *more)
{
	for (size_t i = 0; i < more->n; i++)
		sb_ids_add(ids, more->item[i]);
}

void sb_ids_release(struct sb_ids *ids)
{
	free(ids->item);
	*ids = (struct sb_ids) { 0 };
}

void sb_pool_layer(struct sb_pool *pool, const struct sb_ids *ids, struct sb_layer *out)
{
	out->piece = sb_xcalloc(ids->n, sizeof(*out->piece));
	for (size_t i = 0; i < ids->n; i++) {
		struct sb_pool_piece *p = pool->piece[ids->item[i]];

		out->piece[out->n++] = SB_STEAL(p->piece);
		out->reused += p->reused;
		out->size += out->piece[i].size;
		out->raw += out->piece[i].raw;
		out->files += out->piece[i].files;
		out->unpacked += out->piece[i].unpacked;
	}
}
