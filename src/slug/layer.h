#ifndef SB_LAYER_H
#define SB_LAYER_H

#include <stdatomic.h>

#include "base/json.h"
#include "base/settings.h"
#include "base/sha256.h"
#include "check/ignore.h"
#include "source/tree.h"
#include "sys/settle.h"

/*
 * A layer: a part of the slug that is made, kept and reused as a whole, as a list of
 * pieces. A piece is a file of gzip members that hold whole tar entries.
 *
 *	SB_AUTO(sb_layer) app = { 0 };
 *	struct sb_piece_store pieces = { … };
 *
 *	if (sb_layer_from_tree(&app, "app", repo, tree, &ignore, ignore_key, &pieces, settings, err)
 *< 0 || sb_layer_from_folder(&deps, "python", deps_dir, deps_key, &pieces, settings, err) < 0)
 *		return -1;
 *
 * From a tree: cut at subtree boundaries, keyed by (path, tree id, ignore rules, format): an
 * unchanged subtree is neither read nor compressed. From a folder: cut in path order, at top-level
 * packages and sizes, keyed by the bytes of the tar. Cuts, bytes and order depend on nothing but
 * the content, so equal content is equal bytes on every machine. Pieces are compressed in parallel,
 * SB_MEMBER_BYTES at a time, so memory does not grow with trees, files or processors (8 at most).
 *
 * In the store (slug/recipe.h): pieces named by their own SHA-256, and recipes that name pieces by
 * what they were made from. All of it is synced before a layer is done.
 */

#define SB_MEMBER_BYTES (1 << 20) /* of tar in one gzip member; a larger piece has several */
#define SB_SLUG_FORMAT "1"        /* part of every key: change it when bytes change */

struct sb_piece {
	char *path; /* the file that holds it. Owned. */
	char sha256[SB_DIGEST_HEX];
	int64_t size;  /* compressed */
	int64_t raw;   /* tar bytes */
	int64_t files; /* regular files and their bytes */
	int64_t unpacked;
};

struct sb_layer {
	char *name;
	char key[SB_DIGEST_HEX]; /* of what it was made from */
	struct sb_piece *piece;
	size_t n;
	size_t reused; /* pieces that were found in the store */
	int64_t size, raw, files, unpacked;
};

/* Where pieces are kept: an open folder, `pieces/`, with two-digit folders below. */
struct sb_piece_store {
	int dir;          /* borrowed */
	const char *path; /* the same as a path; borrowed */
	bool no_cache;    /* make all of them again */
	unsigned threads; /* that compress; 0: one a processor, 8 at most */
	atomic_bool *stop; /* once true, what is being made fails; NULL: it is not stopped. Borrowed. */
	int level;        /* set by sb_layer_from_… from the settings */
};

int sb_layer_from_tree(struct sb_layer *out, const char *name, struct sb_repo *repo,
		       const char *tree, const struct sb_ignore *ignore, const char *ignore_key,
		       const struct sb_piece_store *store, const struct sb_settings *settings,
		       struct sb_error *err) SB_MUST_CHECK;

/* `key` NULL: keyed by content. Sockets, pipes and devices are refused by name; what is no program
 * becomes 0644, other files and folders 0755; times stay, except a folder's own, which is 1980. */
int sb_layer_from_folder(struct sb_layer *out, const char *name, int dir, const char *key,
			 const struct sb_piece_store *store, const struct sb_settings *settings,
			 struct sb_error *err) SB_MUST_CHECK;

/*
 * The same bytes from a folder whose contents are known (sys/contents.h) and have not changed since:
 * what is in a piece that is kept is not even opened. A file that has other bytes than the list says
 * is SB_ESYS.
 */
int sb_layer_from_contents(struct sb_layer *out, const char *name, int dir,
			   const struct sb_contents *contents, const char *key,
			   const struct sb_piece_store *store, const struct sb_settings *settings,
			   struct sb_error *err) SB_MUST_CHECK;

/* For the manifest: {name, key, size, files, unpacked, pieces:[{sha256,size}]}. New reference. */
json_t *sb_layer_json(const struct sb_layer *layer) SB_MUST_CHECK;

void sb_layer_release(struct sb_layer *layer);

#endif
