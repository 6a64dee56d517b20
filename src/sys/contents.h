#ifndef SB_CONTENTS_H
#define SB_CONTENTS_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/sha256.h"

/*
 * What a settled folder holds (sys/settle.h), so that it need not be read again to be known: of
 * each file its size and the SHA-256 of its bytes, of a symlink that of its target.
 *
 * In the order of a walk: in each folder by the names' bytes, a folder before what it holds.
 * sb_contents_order is that order; paths are relative, without "." or a slash at the end.
 *
 * Kept as text beside the folder, never in it; a text without its last line is none. Who can write
 * it can write the folder: it is as true as the folder is.
 */
struct sb_content {
	char *path; /* owned */
	char kind;  /* 'd' folder, 'f' file, 'x' program, 'l' symlink */
	int64_t size;
	char sha256[SB_DIGEST_HEX]; /* "" of a folder */
};

struct sb_contents {
	struct sb_content *item;
	size_t n;
};

#define SB_CONTENTS_BESIDE "../contents" /* where a layer's list is, from its tree */
#define SB_CONTENTS_MAX 200000 /* entries; of a larger folder no list is kept */

/* Takes a copy of `path`; `sha256` NULL: "". */
void sb_contents_add(struct sb_contents *list, const char *path, char kind, int64_t size,
		     const char *sha256);
int sb_contents_order(const char *one, const char *other);
void sb_contents_sort(struct sb_contents *list);
/* Borrowed, or NULL. The list is sorted. */
const struct sb_content *sb_contents_find(const struct sb_contents *list, const char *path);

/* Written into `dir` under `name`; a list that is too long is not. */
int sb_contents_write(const struct sb_contents *list, int dir, const char *name,
		      struct sb_error *err) SB_MUST_CHECK;
/* false: none is there, or what is there is none. */
bool sb_contents_read(struct sb_contents *out, int dir, const char *name) SB_MUST_CHECK;

void sb_contents_release(struct sb_contents *list);

#endif
