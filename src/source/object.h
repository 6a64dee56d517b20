#ifndef SB_OBJECT_H
#define SB_OBJECT_H

#include "source/repo.h"

/*
 * Objects by id, whichever way the repository is read (backend.h). Ids are
 * lower-case hex digits, as many as this repository's have.
 *
 *	SB_AUTO_OBJECT struct sb_object *tag = NULL;
 *
 *	if (sb_object_read(&tag, repo, hex, SB_OBJECT_TAG, SB_COMMIT_BYTES, err) < 0)
 *		return -1;
 *	parse(tag->bytes);
 */

enum sb_object_type {
	SB_OBJECT_UNKNOWN,
	SB_OBJECT_COMMIT,
	SB_OBJECT_TREE,
	SB_OBJECT_BLOB,
	SB_OBJECT_TAG
};

struct sb_object {
	struct sb_span bytes;
	void *own;
	void (*drop)(void *own);
};

#define SB_AUTO_OBJECT __attribute__((cleanup(sb_object_put)))

const char *sb_object_type_name(enum sb_object_type type); /* "commit", … */
enum sb_object_type sb_object_type_of(struct sb_span name);

/* -1 with SB_EINPUT where `hex` is no id of this repository; else the id in lower case. */
int sb_object_id(char out[SB_OID_MAX + 1], const struct sb_repo *repo, const char *hex,
		 struct sb_error *err) SB_MUST_CHECK;

/* Type and size; SB_EINPUT where it is missing or cannot be read. */
int sb_object_header(struct sb_repo *repo, const char *hex, enum sb_object_type *type,
		     int64_t *size, struct sb_error *err) SB_MUST_CHECK;

/* An object of that type with at most `max` bytes. Owned: sb_object_free. */
int sb_object_read(struct sb_object **out, struct sb_repo *repo, const char *hex,
		   enum sb_object_type type, size_t max, struct sb_error *err) SB_MUST_CHECK;

bool sb_object_has(struct sb_repo *repo, const char *hex);

struct sb_object *sb_object_new(struct sb_span bytes, void *own,
				void (*drop)(void *own)) SB_MUST_CHECK;
void sb_object_free(struct sb_object *object); /* NULL is fine */
void sb_object_put(struct sb_object **p);

/* Whether the repository was only promised some of its objects: packs of what it was cloned with say
 * so. It is a partial clone. */
bool sb_object_promised(const struct sb_repo *repo);

/* The failures that both ways of reading tell of. Return -1. */
int sb_object_missing(const struct sb_repo *repo, const char *hex, struct sb_error *err);
int sb_object_unfit(const char *hex, enum sb_object_type type, enum sb_object_type found,
		    int64_t size, size_t max, struct sb_error *err); /* 0: it fits */

#endif
