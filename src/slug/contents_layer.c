#include "base/base.h"
#include "slug/cuts.h"
#include "slug/pool.h"
#include "slug/tar.h"
#include "sys/files.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * A layer from a list of what a folder holds: the cuts and the bytes of folder_layer.c. A piece is
 * known by its entries' headers and its files' digests, which the list has.
 */
#define PART (256 << 10)

struct job {
	struct sb_pool pool;
	struct sb_ids ids;
	const struct sb_contents *all;
	int dir;
	char *part;
};

static void job_release(struct job *job)
{
	sb_pool_release(&job->pool);
	sb_ids_release(&job->ids);
	free(job->part);
}

static bool is_file(const struct sb_content *item)
{
	return item->kind == 'f' || item->kind == 'x';
}

static int read_link(const struct job *job, const struct sb_content *item, char link[PATH_MAX],
		     struct sb_error *err)
{
	ssize_t n = readlinkat(job->dir, item->path, link, PATH_MAX - 1);

	if (n < 0)
		return sb_fail_sys(err, "read the symlink %s", item->path);
	link[n] = '\0';
	return 0;
}

/* `link` is the room that a symlink's target is read into. */
static int entry_of(struct sb_tar_entry *out, const struct job *job, const struct sb_content *item,
		    char link[PATH_MAX], struct sb_error *err)
{
	*out = (struct sb_tar_entry) { .path = item->path, .mtime = SB_TAR_EPOCH };
	out->kind = item->kind == 'd'   ? SB_TAR_DIR
		    : item->kind == 'l' ? SB_TAR_LINK
		    : item->kind == 'x' ? SB_TAR_PROGRAM
					: SB_TAR_FILE;
	if (item->kind != 'd')
		out->mtime = sb_entry_mtime(item->sha256);
	if (is_file(item))
		out->size = item->size;
	if (item->kind != 'l')
		return 0;
	out->link = link;
	return read_link(job, item, link, err);
}

static int changed(const struct sb_content *item, struct sb_error *err)
{
	return sb_fail(err, SB_ESYS, "%s is not what it was when the layer was made", item->path);
}

static int pour(struct job *job, const struct sb_content *item, struct sb_error *err)
{
	SB_AUTO_CLOSE int fd = openat(job->dir, item->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	SB_AUTO(sb_sha256) hash = { 0 };
	char hex[SB_DIGEST_HEX];
	int64_t size = 0;
	ssize_t n;

	if (fd < 0)
		return sb_fail_sys(err, "read %s", item->path);
	while ((n = read(fd, job->part, PART)) > 0) {
		struct sb_span part = { job->part, (size_t)n };

		size += n;
		if (size > item->size)
			return changed(item, err);
		sb_sha256_add(&hash, part);
		sb_pool_add(&job->pool, part);
	}
	if (n < 0)
		return sb_fail_sys(err, "read %s", item->path);
	sb_sha256_finish(&hash, hex);
	return strcmp(hex, item->sha256) ? changed(item, err) : 0;
}

static int add(struct job *job, const struct sb_content *item, struct sb_error *err)
{
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(4 * PATH_MAX);
	struct sb_tar_entry entry;
	char link[PATH_MAX];

	if (entry_of(&entry, job, item, link, err) < 0)
		return -1;
	sb_tar_header(&bytes, &entry);
	sb_pool_add(&job->pool, sb_buffer_span(&bytes));
	if (!is_file(item))
		return 0;
	if (pour(job, item, err) < 0)
		return -1;
	sb_buffer_clear(&bytes);
	sb_tar_pad(&bytes, item->size);
	sb_pool_add(&job->pool, sb_buffer_span(&bytes));
	return 0;
}

/* All that decides a piece's bytes. */
static void piece_key(const struct job *job, size_t from, size_t to, char key[SB_DIGEST_HEX])
{
	struct sb_sha256 hash = { 0 };

	sb_recipe_key(&hash, &job->pool.store, "entries");
	for (size_t i = from; i < to; i++) {
		const struct sb_content *item = &job->all->item[i];
		const char kind[2] = { item->kind, '\0' };

		sb_sha256_field(&hash, item->path);
		sb_sha256_field(&hash, kind);
		sb_sha256_field(&hash, item->sha256);
	}
	sb_sha256_finish(&hash, key);
}

static int make_piece(struct job *job, size_t from, size_t to, struct sb_error *err)
{
	SB_AUTO(sb_pieces) found = { 0 };
	char key[SB_DIGEST_HEX];
	int64_t files = 0, unpacked = 0;

	if (from == to)
		return 0;
	piece_key(job, from, to, key);
	if (sb_recipe_find(&found, &job->pool.store, key)) {
		sb_pool_reuse_take(&job->pool, &found, &job->ids);
		return 0;
	}
	sb_ids_add(&job->ids, sb_pool_begin(&job->pool, key));
	for (size_t i = from; i < to; i++) {
		const struct sb_content *item = &job->all->item[i];

		if (add(job, item, err) < 0)
			return -1;
		files += is_file(item);
		unpacked += is_file(item) ? item->size : 0;
	}
	sb_pool_end(&job->pool, files, unpacked);
	return sb_pool_failed(&job->pool) ? sb_pool_finish(&job->pool, err) : 0;
}

static int entry_bytes(const struct job *job, const struct sb_content *item, int64_t *bytes,
		       struct sb_error *err)
{
	struct sb_tar_entry entry;
	char link[PATH_MAX];

	if (entry_of(&entry, job, item, link, err) < 0)
		return -1;
	*bytes = sb_tar_bytes(&entry);
	return 0;
}

static int make_pieces(struct job *job, struct sb_error *err)
{
	struct sb_cuts cuts = { 0 };
	size_t from = 0;

	for (size_t i = 0; i < job->all->n; i++) {
		const struct sb_content *item = &job->all->item[i];
		int64_t bytes;
		bool large;

		if (entry_bytes(job, item, &bytes, err) < 0)
			return -1;
		large = is_file(item) && bytes > SB_PIECE_MAX;
		if (sb_cut_before(&cuts, item->path, bytes)) {
			if (make_piece(job, from, i, err) < 0)
				return -1;
			from = i;
		}
		if (sb_cut_after(&cuts, item->path, bytes, is_file(item)) || large) {
			if (make_piece(job, from, i + 1, err) < 0)
				return -1;
			from = i + 1;
			cuts.bytes = 0;
		}
	}
	return make_piece(job, from, job->all->n, err);
}

int sb_layer_from_contents(struct sb_layer *out, const char *name, int dir,
			   const struct sb_contents *contents, const char *key,
			   const struct sb_piece_store *store, const struct sb_settings *settings,
			   struct sb_error *err)
{
	SB_AUTO(job) job = { .all = contents, .dir = dir };
	SB_AUTO(sb_layer) made = { 0 };
	SB_AUTO(sb_pieces) found = { 0 };
	struct sb_piece_store with = *store;
	char recipe[SB_DIGEST_HEX];

	with.level = (int)settings->level;
	sb_pool_open(&job.pool, &with);
	sb_layer_recipe(&job.pool.store, key, recipe);
	if (sb_recipe_find(&found, &job.pool.store, recipe)) {
		sb_pool_reuse_take(&job.pool, &found, &job.ids);
	} else {
		job.part = sb_xcalloc(1, PART);
		if (make_pieces(&job, err) < 0)
			return -1;
		sb_pool_recipe(&job.pool, recipe, &job.ids);
	}
	if (sb_pool_finish(&job.pool, err) < 0)
		return -1;
	made.name = sb_xstrdup(name);
	sb_span_copy(made.key, sizeof(made.key), sb_span_of(key));
	sb_pool_layer(&job.pool, &job.ids, &made);
	*out = SB_STEAL(made);
	return 0;
}
