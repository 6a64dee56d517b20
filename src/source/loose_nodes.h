#ifndef SB_LOOSE_NODES_H
#define SB_LOOSE_NODES_H

#include "source/loose.h"

/* The insides of struct sb_loose, for loose*.c. */

struct sb_loose_node {
	struct sb_loose_node *above; /* NULL: the root */
	char *name;
	enum sb_kind kind;
	size_t id;                    /* its place in the list, from 1: the object's id */
	char *oid;                    /* of the repository's object, or NULL */
	char *link;                   /* or NULL */
	int64_t at, size;             /* in the spool; of a folder's file only the size */
	struct sb_loose_node **child; /* of a folder */
	size_t n, depth;
};

struct sb_loose {
	struct sb_loose_node **node; /* all of them; the first one is the root */
	size_t n;
	void *names;  /* tsearch(3), by folder and name */
	int dir;      /* of a folder; -1: none */
	int spool;    /* -1: none yet */
	size_t id_digits;
	int64_t max_files, max_depth, max_blob;
	struct sb_repo base; /* git NULL: none */
};

/* One more name in a folder; SB_EINPUT where it may not be, or is there already. NULL with err. */
struct sb_loose_node *sb_loose_node_add(struct sb_loose *loose, struct sb_loose_node *above,
					struct sb_span name, enum sb_kind kind, struct sb_error *err);
struct sb_loose_node *sb_loose_node_find(struct sb_loose *loose, struct sb_loose_node *above,
					 struct sb_span name); /* or NULL */

/* "a/b/c", "" for the root. Owned: free(3). */
char *sb_loose_node_path(const struct sb_loose_node *node) SB_MUST_CHECK;

#endif
