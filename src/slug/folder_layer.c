#include "base/base.h"
#include "slug/cuts.h"
#include "slug/pool.h"
#include "slug/tar.h"
#include "sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A layer from a folder: its entries in order of their names' bytes, a folder's own before what it
 * holds, in pieces as slug/cuts.h says. Pieces are known by the bytes of their tar, so those that
 * did not shift are not compressed again, whatever the layer's key.
 */
#define DEPTH_MAX 256
#define PART (256 << 10)

struct walk {
	struct sb_pool pool;
	struct sb_ids ids;
	struct sb_sha256 content;       /* of all entries, for a layer without a key */
	bool counts;                    /* what is added goes into `content` */
	struct sb_cuts cuts;
	bool open;               /* a piece is */
	int64_t files, unpacked; /* of it */
	char *part;
};

static void walk_release(struct walk *walk)
{
	sb_pool_release(&walk->pool);
	sb_ids_release(&walk->ids);
	sb_sha256_release(&walk->content);
	free(walk->part);
}

static int end_piece(struct walk *walk, struct sb_error *err)
{
	if (!walk->open)
		return 0;
	sb_pool_end(&walk->pool, walk->files, walk->unpacked);
	walk->open = false;
	walk->cuts.bytes = walk->files = walk->unpacked = 0;
	return sb_pool_failed(&walk->pool) ? sb_pool_finish(&walk->pool, err) : 0;
}

static void begin_piece(struct walk *walk)
{
	if (!walk->open)
		sb_ids_add(&walk->ids, sb_pool_begin_by_content(&walk->pool));
	walk->open = true;
}

static void add(struct walk *walk, struct sb_span bytes)
{
	if (walk->counts)
		sb_sha256_add(&walk->content, bytes);
	sb_pool_add(&walk->pool, bytes);
}

static int changed(const char *path, struct sb_error *err)
{
	return sb_fail(err, SB_ESYS, "%s changed while it was read", path);
}

/* Calls `take` with all of a file, which has `size` bytes and not one more or less. */
static int read_file(struct walk *walk, int fd, const char *path, int64_t size,
		     void (*take)(struct walk *walk, void *ctx, struct sb_span part), void *ctx,
		     struct sb_error *err)
{
	off_t at = 0;

	for (;;) {
		ssize_t n = pread(fd, walk->part, PART, at);

		if (n < 0)
			return sb_fail_sys(err, "read %s", path);
		at += n;
		if (at > size || (!n && at < size))
			return changed(path, err);
		if (!n)
			return 0;
		take(walk, ctx, (struct sb_span) { walk->part, (size_t)n });
	}
}

static void take_content(struct walk *walk, void *ctx, struct sb_span part)
{
	(void)ctx;
	add(walk, part);
}

static void take_digest(struct walk *walk, void *ctx, struct sb_span part)
{
	(void)walk;
	sb_sha256_add(ctx, part);
}

static int pour(struct walk *walk, int fd, const struct sb_tar_entry *entry, struct sb_buffer *head,
		struct sb_error *err)
{
	add(walk, sb_buffer_span(head));
	if (read_file(walk, fd, entry->path, entry->size, take_content, NULL, err) < 0)
		return -1;
	sb_buffer_clear(head);
	sb_tar_pad(head, entry->size);
	add(walk, sb_buffer_span(head));
	walk->files++;
	walk->unpacked += entry->size;
	return 0;
}

/* A file larger than a member: a piece of its own, hashed first, so that it may be found. */
static int add_large(struct walk *walk, int fd, const struct sb_tar_entry *entry,
		     struct sb_buffer *head, struct sb_error *err)
{
	struct sb_sha256 hash = { 0 };
	char key[SB_DIGEST_HEX];
	SB_AUTO(sb_pieces) found = { 0 };

	if (end_piece(walk, err) < 0)
		return -1;
	sb_sha256_add(&hash, sb_buffer_span(head));
	if (read_file(walk, fd, entry->path, entry->size, take_digest, &hash, err) < 0) {
		sb_sha256_release(&hash);
		return -1;
	}
	sb_pool_content_key(&walk->pool.store, &hash, key);
	if (walk->counts)
		sb_sha256_field(&walk->content, key);
	if (sb_recipe_find(&found, &walk->pool.store, key)) {
		sb_pool_reuse_take(&walk->pool, &found, &walk->ids);
		return 0;
	}
	sb_ids_add(&walk->ids, sb_pool_begin(&walk->pool, key));
	walk->open = true;

	bool counts = walk->counts;

	walk->counts = false; /* the key stands for it */
	if (pour(walk, fd, entry, head, err) < 0)
		return -1;
	walk->counts = counts;
	return end_piece(walk, err);
}

static int add_file(struct walk *walk, int fd, const struct sb_tar_entry *entry,
		    struct sb_error *err)
{
	SB_AUTO(sb_buffer) head = SB_BUFFER_INIT(4 * PATH_MAX);
	int64_t bytes = sb_tar_bytes(entry);

	sb_tar_header(&head, entry);
	if (sb_cut_before(&walk->cuts, entry->path, bytes) && end_piece(walk, err) < 0)
		return -1;
	if (bytes > SB_PIECE_MAX)
		return add_large(walk, fd, entry, &head, err);
	begin_piece(walk);
	if (pour(walk, fd, entry, &head, err) < 0)
		return -1;
	return sb_cut_after(&walk->cuts, entry->path, bytes, true) ? end_piece(walk, err) : 0;
}

static int add_plain(struct walk *walk, const struct sb_tar_entry *entry, struct sb_error *err)
{
	SB_AUTO(sb_buffer) head = SB_BUFFER_INIT(4 * PATH_MAX);
	int64_t bytes = sb_tar_bytes(entry);

	if (sb_cut_before(&walk->cuts, entry->path, bytes) && end_piece(walk, err) < 0)
		return -1;
	begin_piece(walk);
	sb_tar_header(&head, entry);
	add(walk, sb_buffer_span(&head));
	(void)sb_cut_after(&walk->cuts, entry->path, bytes, false);
	return 0;
}

static int walk_folder(struct walk *walk, int dir, const char *path, int depth,
		       struct sb_error *err);

static int visit_file(struct walk *walk, int dir, const char *name, struct sb_tar_entry *entry,
		      struct sb_error *err)
{
	SB_AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return sb_fail_sys(err, "read %s", entry->path);
	if (!S_ISREG(st.st_mode))
		return changed(entry->path, err);
	entry->kind = st.st_mode & 0111 ? SB_TAR_PROGRAM : SB_TAR_FILE;
	entry->size = st.st_size;
	entry->mtime = st.st_mtime;
	return add_file(walk, fd, entry, err);
}

static int visit_link(struct walk *walk, int dir, const char *name, struct sb_tar_entry *entry,
		      struct sb_error *err)
{
	char link[PATH_MAX];
	ssize_t n = readlinkat(dir, name, link, sizeof(link) - 1);

	if (n < 0)
		return sb_fail_sys(err, "read the symlink %s", entry->path);
	link[n] = '\0';
	entry->kind = SB_TAR_LINK;
	entry->link = link;
	return add_plain(walk, entry, err);
}

static int visit_dir(struct walk *walk, int dir, const char *name, struct sb_tar_entry *entry,
		     int depth, struct sb_error *err)
{
	SB_AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return sb_fail_sys(err, "open %s", entry->path);
	entry->kind = SB_TAR_DIR;
	entry->mtime = SB_TAR_EPOCH;
	if (add_plain(walk, entry, err) < 0)
		return -1;
	return walk_folder(walk, fd, entry->path, depth + 1, err);
}

static const char *kind_name(mode_t mode)
{
	return S_ISFIFO(mode) ? "a named pipe" : S_ISSOCK(mode) ? "a socket" : "a device";
}

static int visit(struct walk *walk, int dir, const char *name, const char *path, int depth,
		 struct sb_error *err)
{
	struct sb_tar_entry entry = { .path = path };
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return sb_fail_sys(err, "look at %s", path);
	entry.mtime = st.st_mtime;
	if (S_ISREG(st.st_mode))
		return visit_file(walk, dir, name, &entry, err);
	if (S_ISLNK(st.st_mode))
		return visit_link(walk, dir, name, &entry, err);
	if (S_ISDIR(st.st_mode))
		return visit_dir(walk, dir, name, &entry, depth, err);
	sb_fail(err, SB_EBUILD, "%s is %s: a slug holds files, folders and symlinks", path,
		kind_name(st.st_mode));
	sb_error_where(err, "%s", path);
	return -1;
}

static int walk_folder(struct walk *walk, int dir, const char *path, int depth,
		       struct sb_error *err)
{
	SB_AUTO(sb_list) names = { 0 };

	if (depth > DEPTH_MAX)
		return sb_fail(err, SB_ELIMIT, "folders over %d deep: %.80s…", DEPTH_MAX, path);
	if (sb_list_dir(&names, dir, ".", err) < 0)
		return sb_wrap(err, "%s", *path ? path : "layer");
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.item[i];
		SB_AUTO_FREE char *at =
			*path ? sb_xasprintf("%s/%s", path, name) : sb_xstrdup(name);

		if (visit(walk, dir, name, at, depth, err) < 0)
			return -1;
	}
	return 0;
}

static int make_layer(struct walk *walk, int dir, const char *key, struct sb_layer *made,
		      struct sb_error *err)
{
	char recipe[SB_DIGEST_HEX] = "";
	SB_AUTO(sb_pieces) found = { 0 };

	walk->counts = !key;
	if (key)
		sb_layer_recipe(&walk->pool.store, key, recipe);
	if (key && sb_recipe_find(&found, &walk->pool.store, recipe)) {
		sb_pool_reuse_take(&walk->pool, &found, &walk->ids);
	} else {
		walk->part = sb_xcalloc(1, PART);
		if (walk_folder(walk, dir, "", 0, err) < 0 || end_piece(walk, err) < 0)
			return -1;
		if (key)
			sb_pool_recipe(&walk->pool, recipe, &walk->ids);
	}
	if (sb_pool_finish(&walk->pool, err) < 0)
		return -1;
	sb_sha256_finish(&walk->content, made->key);
	if (key)
		sb_span_copy(made->key, sizeof(made->key), sb_span_of(key));
	return 0;
}

int sb_layer_from_folder(struct sb_layer *out, const char *name, int dir, const char *key,
			 const struct sb_piece_store *store, const struct sb_settings *settings,
			 struct sb_error *err)
{
	SB_AUTO(walk) walk = { 0 };
	SB_AUTO(sb_layer) made = { 0 };
	struct sb_piece_store with = *store;

	with.level = (int)settings->level;
	sb_pool_open(&walk.pool, &with);
	if (make_layer(&walk, dir, key, &made, err) < 0)
		return -1;
	made.name = sb_xstrdup(name);
	sb_pool_layer(&walk.pool, &walk.ids, &made);
	*out = SB_STEAL(made);
	return 0;
}
