#ifndef SB_BACKEND_H
#define SB_BACKEND_H

#include "source/object.h"

/*
 * The two ways to read a repository: libgit2 (git2_*.c), and git itself (cat_*.c)
 * where libgit2 cannot: SHA-256 ids, reftables. Whoever holds a struct sb_repo
 * does not see which one it is. Ids given here are whole, and of this repository.
 */
struct sb_backend {
	int (*header)(struct sb_repo *repo, const char *hex, enum sb_object_type *type,
		      int64_t *size, struct sb_error *err);
	int (*read)(struct sb_object **out, struct sb_repo *repo, const char *hex,
		    enum sb_object_type type, size_t max, struct sb_error *err);
	int (*stream)(struct sb_repo *repo, const char *hex,
		      int (*take)(void *ctx, struct sb_span part, struct sb_error *err), void *ctx,
		      struct sb_error *err); /* of a blob */
	bool (*descends)(struct sb_repo *repo, const char *hex, const char *ancestor);
	int (*resolve)(struct sb_repo *repo, const char *rev, char oid[SB_OID_MAX + 1],
		       struct sb_error *err);
	/* Symbolic refs followed, tags not peeled; "" where there is none. */
	int (*ref)(struct sb_repo *repo, const char *ref, char oid[SB_OID_MAX + 1],
		   struct sb_error *err);
	int (*head)(struct sb_repo *repo, char ref[SB_REF_MAX + 1], struct sb_error *err);
	void (*close)(struct sb_repo *repo);
};

extern const struct sb_backend sb_git2_backend, sb_cat_backend;

/* Opens by git what libgit2 refused because of extensions.<extension>. `path` as for sb_repo_open.
 */
int sb_cat_open(struct sb_repo *repo, const char *path, const char *extension,
		struct sb_error *err) SB_MUST_CHECK;

#endif
