#ifndef SB_TREE_H
#define SB_TREE_H

#include "source/repo.h"

/*
 * The files of a commit. One level is read at a time (sb_tree_read), so that an
 * unchanged subtree, known by its id, need never be opened.
 *
 *	SB_AUTO(sb_tree) root = { 0 };
 *
 *	if (sb_tree_read(&root, repo, commit.tree, "", err) < 0)
 *		return -1;
 *	for (size_t i = 0; i < root.n; i++)
 *		look(&root.entry[i]);
 *
 * Names are checked here, once: ".", "..", ".git" in any case or spelling (HFS, NTFS),
 * "/", NUL, empty, over 255 bytes, two entries of one name, unknown modes: SB_EINPUT
 * with the path. Whoever holds a struct sb_entry may use its name with openat.
 */

enum sb_kind { SB_FILE, SB_PROGRAM, SB_LINK, SB_DIR, SB_SUBMODULE };

struct sb_entry {
	enum sb_kind kind;
	unsigned mode; /* as stored: 0100644, … */
	char oid[SB_OID_MAX + 1];
	const char *name; /* any byte but NUL and '/'; borrowed from the tree */
};

struct sb_tree {
	struct sb_entry *entry; /* in git's order */
	size_t n;
	void *object; /* holds the names */
	size_t bytes; /* of the object */
};

#define SB_PATH_MAX 1024         /* bytes of a path in a tree */
#define SB_TREE_BYTES (8 << 20)  /* of a tree object */
#define SB_TREE_ENTRIES (200000) /* in one tree object */
#define SB_LINK_MAX 4095         /* bytes of a symlink's target */

/* `path` is for messages only. */
int sb_tree_read(struct sb_tree *out, struct sb_repo *repo, const char *tree, const char *path,
		 struct sb_error *err) SB_MUST_CHECK;

/* The same from the bytes of a tree object with SHA-1 ids, which the names are borrowed from;
 * opens nothing. */
int sb_tree_parse(struct sb_tree *out, struct sb_span raw, const char *path,
		  struct sb_error *err) SB_MUST_CHECK;

const struct sb_entry *sb_tree_entry(const struct sb_tree *tree, const char *name); /* or NULL */
void sb_tree_release(struct sb_tree *tree);

/* Looks a path up: 1 found (out is filled, its name NULL), 0 not there, -1 failed. Symlinks are not
 * followed. */
int sb_tree_find(struct sb_repo *repo, const char *tree, const char *path, struct sb_entry *out,
		 struct sb_error *err) SB_MUST_CHECK;

int sb_blob_size(struct sb_repo *repo, const char *oid, int64_t *size,
		 struct sb_error *err) SB_MUST_CHECK;

/* All of it; SB_ELIMIT past the buffer's ceiling, before it is read. */
int sb_blob_read(struct sb_buffer *out, struct sb_repo *repo, const char *oid,
		 struct sb_error *err) SB_MUST_CHECK;

/* In parts, memory bounded; `take` returns -1 to stop. */
int sb_blob_stream(struct sb_repo *repo, const char *oid,
		   int (*take)(void *ctx, struct sb_span part, struct sb_error *err), void *ctx,
		   struct sb_error *err) SB_MUST_CHECK;

/*
 * Every entry below `tree`, parents before children, in the order of a tar of ours:
 * names by bytes, a folder's own entry before what it holds. `visit` gets the path from
 * the root ("a/b/c"), and returns 0, -1 to stop with err, or SB_SKIP for a folder not to enter.
 * Limits are counted with multiplicity while walking (a tree bomb ends in time).
 */
#define SB_SKIP 1
struct sb_walk_limits {
	int64_t files, depth; /* 0: as many as there are */
};
int sb_tree_walk(struct sb_repo *repo, const char *tree, const struct sb_walk_limits *limits,
		 int (*visit)(void *ctx, const char *path, const struct sb_entry *entry,
			      struct sb_error *err),
		 void *ctx, struct sb_error *err) SB_MUST_CHECK;

/*
 * The same for a visitor to whom most folders say nothing. `quiet` is asked about a folder by its
 * own entries alone, wherever it stands; a folder that is quiet, and all below it too, is visited
 * itself but not entered: how many entries it has, how deep they go and how long their paths are is
 * noted in the store under its tree id (sys/notes.h), so an unchanged one is not read again. It fails
 * where the walk fails, with the same words, but for one thing: those entries of a quiet folder count
 * too that `visit` would have left out (SB_SKIP); who leaves out walks again without a survey when
 * this fails with SB_ELIMIT, or sets no limit for files.
 * `visit` may return SB_ENTER for a folder: all of it is visited, quiet or not.
 */
#define SB_ENTER 2
struct sb_survey {
	const struct sb_settings *settings;
	const char *about; /* names the question: another when `quiet` or what it makes of `ctx` changes */
	bool (*quiet)(void *ctx, const struct sb_tree *level);
	void *ctx;
};
int sb_tree_survey(struct sb_repo *repo, const char *tree, const struct sb_walk_limits *limits,
		   const struct sb_survey *survey,
		   int (*visit)(void *ctx, const char *path, const struct sb_entry *entry,
				struct sb_error *err),
		   void *ctx, struct sb_error *err) SB_MUST_CHECK;

/* Seconds of an entry's mtime from its digest: 1980-01-01 plus 30 bits. See DESIGN "Reproducible".
 */
int64_t sb_entry_mtime(const char *hex);

/* Writes the tree below `dir` (an empty folder's descriptor): modes and mtimes fixed, blobs
 * unchanged, symlinks as they are but never followed, submodules as empty folders. `skip` (or NULL)
 * leaves a path out. */
int sb_tree_checkout(struct sb_repo *repo, const char *tree, int dir,
		     const struct sb_settings *settings,
		     bool (*skip)(void *ctx, const char *path, bool is_dir), void *ctx,
		     struct sb_error *err) SB_MUST_CHECK;

#endif
