#include "base/base.h"
#include "slug/pool.h"
#include "slug/tar.h"
#include "source/room.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/*
 * A layer from a git tree. Where the cuts fall is decided by names and ids alone, so that it can be
 * decided without reading a file:
 *
 *	subtree   a folder of more than SMALL entries, whatever their depth. Has a recipe under
 *	          (path, tree id, ignore rules): found, nothing below it is opened.
 *	group     a run of a subtree's own entries in git's order, small folders with all they hold
 *	          among them. Ends where an id's bits say so, so an insertion shifts one or two.
 *	          Has a recipe under its entries: found, no blob is read.
 *	piece     a run of a group's entries, cut by size and by id bits.
 *
 * A subtree's own groups come first, the first of them with the folder's own entry, then the
 * subtrees in it.
 */
#define SMALL 64     /* entries; as many or fewer are put among the parent's */
#define GROUP_MIN 64 /* entries in a group before its end may be looked for */
#define GROUP_MAX 512
#define PIECE_MIN (256 << 10) /* tar bytes in a piece before its end may be looked for */
#define PIECE_MAX (768 << 10)
#define LINK_MAX 4096

struct item {
	char *path;
	char oid[SB_OID_MAX + 1];
	enum sb_kind kind;
	int64_t size; /* known once the group is made */
};

struct items {
	struct item *item;
	size_t n;
};

struct work {
	struct sb_repo *repo;
	const struct sb_ignore *ignore;
	const char *ignore_key;
	struct sb_pool pool;
	struct sb_room room; /* of all files that were not in the store */
	int64_t seen;        /* of the blob that is being read */
};

static void item_release(struct item *item)
{
	free(item->path);
}

static void items_release(struct items *items)
{
	for (size_t i = 0; i < items->n; i++)
		item_release(&items->item[i]);
	free(items->item);
	*items = (struct items) { 0 };
}

static void work_release(struct work *work)
{
	sb_pool_release(&work->pool);
}

static void add_item(struct items *items, const char *path, enum sb_kind kind, const char *oid)
{
	struct item item = { .path = sb_xstrdup(path), .kind = kind };

	sb_span_copy(item.oid, sizeof(item.oid), sb_span_of(oid));
	sb_grow(&items->item, items->n, sizeof(item));
	items->item[items->n++] = item;
}

static bool is_folder(enum sb_kind kind)
{
	return kind == SB_DIR || kind == SB_SUBMODULE;
}

/* The last `bits` bits of an id are zero: once in 2^bits. */
static bool cuts(const char *oid, unsigned bits)
{
	char *end;
	size_t n = strlen(oid);
	unsigned long low = n < 8 ? 1 : strtoul(oid + n - 8, &end, 16);

	return !(low & ((1UL << bits) - 1));
}

/* Bytes of one blob into a piece. */

static int take_part(void *ctx, struct sb_span part, struct sb_error *err)
{
	struct work *work = ctx;

	(void)err;
	work->seen += (int64_t)part.n;
	sb_pool_add(&work->pool, part);
	return 0;
}

static int read_link(struct sb_buffer *out, struct work *work, const struct item *item,
		     struct sb_error *err)
{
	if (sb_blob_read(out, work->repo, item->oid, err) < 0)
		return sb_wrap(err, "%s", item->path);
	if (!out->n || memchr(out->p, '\0', out->n)) {
		sb_fail(err, SB_EINPUT, "a symlink that points to nothing, or past a NUL");
		sb_error_where(err, "%s", item->path);
		return -1;
	}
	return 0;
}

static int add_blob(struct work *work, const struct item *item, struct sb_error *err)
{
	work->seen = 0;
	if (sb_blob_stream(work->repo, item->oid, take_part, work, err) < 0)
		return sb_wrap(err, "%s", item->path);
	if (work->seen != item->size)
		return sb_fail(err, SB_EINPUT, "%s: git gave %" PRId64 " bytes of %" PRId64,
			       item->path, work->seen, item->size);
	return 0;
}

static int add_entry(struct work *work, const struct item *item, struct sb_error *err)
{
	static const enum sb_tar_kind kinds[] = {
		[SB_FILE] = SB_TAR_FILE, [SB_PROGRAM] = SB_TAR_PROGRAM, [SB_LINK] = SB_TAR_LINK,
		[SB_DIR] = SB_TAR_DIR,   [SB_SUBMODULE] = SB_TAR_DIR,
	};
	SB_AUTO(sb_buffer) link = SB_BUFFER_INIT(LINK_MAX);
	SB_AUTO(sb_buffer) head = SB_BUFFER_INIT(4 * LINK_MAX);
	struct sb_tar_entry entry = { .kind = kinds[item->kind],
				      .path = item->path,
				      .size = item->size };

	entry.mtime = is_folder(item->kind) ? SB_TAR_EPOCH : sb_entry_mtime(item->oid);
	if (item->kind == SB_LINK) {
		if (read_link(&link, work, item, err) < 0)
			return -1;
		entry.link = link.p;
	}
	sb_tar_header(&head, &entry);
	sb_pool_add(&work->pool, sb_buffer_span(&head));
	if (is_folder(item->kind) || item->kind == SB_LINK)
		return 0;
	if (add_blob(work, item, err) < 0)
		return -1;
	sb_buffer_clear(&head);
	sb_tar_pad(&head, item->size);
	sb_pool_add(&work->pool, sb_buffer_span(&head));
	return 0;
}

/* Groups and their pieces. */

static void entries_key(struct work *work, const struct item *item, size_t n,
			char key[SB_DIGEST_HEX])
{
	static const char *const kinds[] = { "file", "program", "link", "dir", "dir" };
	struct sb_sha256 hash = { 0 };

	sb_recipe_key(&hash, &work->pool.store, "entries");
	for (size_t i = 0; i < n; i++) {
		sb_sha256_field(&hash, item[i].path);
		sb_sha256_field(&hash, kinds[item[i].kind]);
		sb_sha256_field(&hash, is_folder(item[i].kind) ? "" : item[i].oid);
	}
	sb_sha256_finish(&hash, key);
}

static int make_piece(struct work *work, const struct item *item, size_t n, struct sb_ids *ids,
		      struct sb_error *err)
{
	char key[SB_DIGEST_HEX];
	SB_AUTO(sb_pieces) found = { 0 };
	int64_t files = 0, unpacked = 0;

	entries_key(work, item, n, key);
	if (sb_recipe_find(&found, &work->pool.store, key)) {
		sb_pool_reuse_take(&work->pool, &found, ids);
		return 0;
	}
	sb_ids_add(ids, sb_pool_begin(&work->pool, key));
	for (size_t i = 0; i < n; i++) {
		if (add_entry(work, &item[i], err) < 0)
			return -1;
		if (item[i].kind == SB_FILE || item[i].kind == SB_PROGRAM) {
			files++;
			unpacked += item[i].size;
		}
	}
	sb_pool_end(&work->pool, files, unpacked);
	return sb_pool_failed(&work->pool) ? sb_pool_finish(&work->pool, err) : 0;
}

/* How many of the entries make the next piece. */
static size_t piece_length(const struct item *item, size_t n)
{
	int64_t bytes = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t more = SB_TAR_BLOCK + (is_folder(item[i].kind) ? 0 : item[i].size);

		if (i && bytes + more > PIECE_MAX)
			return i;
		bytes += more;
		if (bytes >= PIECE_MIN && cuts(item[i].oid, 2))
			return i + 1;
	}
	return n;
}

static int find_sizes(struct work *work, struct items *group, struct sb_error *err)
{
	for (size_t i = 0; i < group->n; i++) {
		struct item *item = &group->item[i];

		if (is_folder(item->kind))
			continue;
		if (sb_blob_size(work->repo, item->oid, &item->size, err) < 0)
			return sb_wrap(err, "%s", item->path);
		if (sb_room_take(&work->room, item->path, item->size, err) < 0)
			return -1;
	}
	return 0;
}

static int end_group(struct work *work, struct items *group, struct sb_ids *ids,
		     struct sb_error *err)
{
	char key[SB_DIGEST_HEX];
	SB_AUTO(sb_pieces) found = { 0 };
	SB_AUTO(sb_ids) own = { 0 };

	if (!group->n)
		return 0;
	entries_key(work, group->item, group->n, key);
	if (sb_recipe_find(&found, &work->pool.store, key)) {
		sb_pool_reuse_take(&work->pool, &found, ids);
		items_release(group);
		return 0;
	}
	if (find_sizes(work, group, err) < 0)
		return -1;
	for (size_t at = 0; at < group->n;) {
		size_t n = piece_length(group->item + at, group->n - at);

		if (make_piece(work, group->item + at, n, &own, err) < 0)
			return -1;
		at += n;
	}
	if (own.n > 1) /* one piece has its recipe under the very same key */
		sb_pool_recipe(&work->pool, key, &own);
	sb_ids_append(ids, &own);
	items_release(group);
	return 0;
}

/* Trees. */

static bool is_ignored(void *ctx, const char *path, bool is_dir)
{
	const struct work *work = ctx;

	return work->ignore && sb_ignore_matches(work->ignore, path, is_dir);
}

static bool ignored(struct work *work, const char *path, const struct sb_entry *entry)
{
	return is_ignored(work, path, is_folder(entry->kind));
}

static char *join(const char *folder, const char *name)
{
	return *folder ? sb_xasprintf("%s/%s", folder, name) : sb_xstrdup(name);
}

/* All that a folder holds, itself first, as long as it is small: 1; else 0. */
static int collect(struct work *work, const char *path, const char *oid, struct items *out,
		   struct sb_error *err)
{
	SB_AUTO(sb_tree) tree = { 0 };

	add_item(out, path, SB_DIR, oid);
	if (sb_tree_read(&tree, work->repo, oid, path, err) < 0)
		return -1;
	for (size_t i = 0; i < tree.n; i++) {
		const struct sb_entry *entry = &tree.entry[i];
		SB_AUTO_FREE char *name = join(path, entry->name);
		int small = 1;

		if (ignored(work, name, entry))
			continue;
		if (out->n >= SMALL)
			return 0;
		if (entry->kind == SB_DIR)
			small = collect(work, name, entry->oid, out, err);
		else
			add_item(out, name, entry->kind, entry->oid);
		if (small <= 0)
			return small;
	}
	return 1;
}

struct subtree {
	struct items group;
	struct sb_ids own, below;
};

static void subtree_release(struct subtree *s)
{
	items_release(&s->group);
	sb_ids_release(&s->own);
	sb_ids_release(&s->below);
}

static void subtree_key(const struct work *work, const char *path, const char *oid,
			char key[SB_DIGEST_HEX])
{
	struct sb_sha256 hash = { 0 };

	sb_recipe_key(&hash, &work->pool.store, "subtree");
	sb_sha256_field(&hash, path);
	sb_sha256_field(&hash, oid);
	sb_sha256_field(&hash, work->ignore && work->ignore->n ? work->ignore_key : "");
	sb_sha256_finish(&hash, key);
}

static int make_subtree(struct work *work, const char *path, const char *oid, const char *key,
			struct sb_ids *ids, struct sb_error *err);

/* A folder in a subtree: one of its own, or a few entries of the parent's group. */
static int add_folder(struct work *work, struct subtree *s, const char *path, const char *oid,
		      struct sb_error *err)
{
	char key[SB_DIGEST_HEX];
	SB_AUTO(sb_pieces) found = { 0 };
	SB_AUTO(items) small = { 0 };

	subtree_key(work, path, oid, key);
	if (sb_recipe_find(&found, &work->pool.store, key)) {
		sb_pool_reuse_take(&work->pool, &found, &s->below);
		return 0;
	}
	int is_small = collect(work, path, oid, &small, err);

	if (is_small <= 0)
		return is_small ? -1 : make_subtree(work, path, oid, key, &s->below, err);
	for (size_t i = 0; i < small.n; i++) {
		sb_grow(&s->group.item, s->group.n, sizeof(*s->group.item));
		s->group.item[s->group.n++] = SB_STEAL(small.item[i]);
	}
	return 0;
}

static int add_child(struct work *work, struct subtree *s, const char *path,
		     const struct sb_entry *entry, struct sb_error *err)
{
	if (entry->kind != SB_DIR)
		add_item(&s->group, path, entry->kind, entry->oid);
	else if (add_folder(work, s, path, entry->oid, err) < 0)
		return -1;
	if (s->group.n >= GROUP_MAX || (s->group.n >= GROUP_MIN && cuts(entry->oid, 6)))
		return end_group(work, &s->group, &s->own, err);
	return 0;
}

static int make_subtree(struct work *work, const char *path, const char *oid, const char *key,
			struct sb_ids *ids, struct sb_error *err)
{
	SB_AUTO(subtree) s = { 0 };
	SB_AUTO(sb_tree) tree = { 0 };

	if (strlen(path) > SB_PATH_MAX)
		return sb_fail(err, SB_ELIMIT, "a path of more than %d bytes: %.80s…", SB_PATH_MAX,
			       path);
	if (sb_tree_read(&tree, work->repo, oid, path, err) < 0)
		return -1;
	if (*path)
		add_item(&s.group, path, SB_DIR, oid);
	for (size_t i = 0; i < tree.n; i++) {
		SB_AUTO_FREE char *name = join(path, tree.entry[i].name);

		if (!ignored(work, name, &tree.entry[i]) &&
		    add_child(work, &s, name, &tree.entry[i], err) < 0)
			return -1;
	}
	if (end_group(work, &s.group, &s.own, err) < 0)
		return -1;
	sb_ids_append(&s.own, &s.below);
	sb_pool_recipe(&work->pool, key, &s.own);
	sb_ids_append(ids, &s.own);
	return 0;
}

int sb_layer_from_tree(struct sb_layer *out, const char *name, struct sb_repo *repo,
		       const char *tree, const struct sb_ignore *ignore, const char *ignore_key,
		       const struct sb_piece_store *store, const struct sb_settings *settings,
		       struct sb_error *err)
{
	SB_AUTO(work)
	work = { .repo = repo,
		 .ignore = ignore,
		 .ignore_key = ignore_key ? ignore_key : "",
		 .room = { .repo = repo, .tree = tree, .settings = settings, .skip = is_ignored, .ctx = &work } };
	SB_AUTO(sb_ids) ids = { 0 };
	SB_AUTO(sb_pieces) found = { 0 };
	SB_AUTO(sb_layer) made = { 0 };
	struct sb_piece_store with = *store;

	with.level = (int)settings->level;
	sb_pool_open(&work.pool, &with);
	subtree_key(&work, "", tree, made.key);
	if (sb_recipe_find(&found, &with, made.key))
		sb_pool_reuse_take(&work.pool, &found, &ids);
	else if (make_subtree(&work, "", tree, made.key, &ids, err) < 0)
		return -1;
	if (sb_pool_finish(&work.pool, err) < 0)
		return -1;
	made.name = sb_xstrdup(name);
	sb_pool_layer(&work.pool, &ids, &made);
	*out = SB_STEAL(made);
	return 0;
}
