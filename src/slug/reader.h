#ifndef SB_READER_H
#define SB_READER_H

#include "slug/gzip.h"
#include "slug/slug.h"

/*
 * Reads a slug, or a run of its pieces, entry by entry: libarchive's tar reader over our own strict
 * gzip reader. Refuses what we never write: hard links, devices, sparse files, another tar format,
 * absolute paths, "..".
 *
 *	SB_AUTO(sb_reader) reader = { 0 };
 *	struct sb_slug_entry entry;
 *
 *	if (sb_reader_open(&reader, fd, 0, size, hash, err) < 0)
 *		return -1;
 *	while ((more = sb_reader_next(&reader, &entry, err)) > 0)
 *		…
 */
struct sb_reader {
	struct sb_gunzip *in; /* owned, as all below */
	void *archive;
	char *path;           /* of the entry */
	struct sb_error *err; /* of the call that runs; borrowed */
	bool failed;          /* err is filled already */
};

/* `hash` (or NULL) gets all bytes of the range, in order, once sb_reader_next has said 0. */
int sb_reader_open(struct sb_reader *out, int fd, int64_t at, int64_t size, struct sb_sha256 *hash,
		   struct sb_error *err) SB_MUST_CHECK;

/* 1: `entry` is filled (borrowed until the next call); 0: the end, and all of it was sound; -1. */
int sb_reader_next(struct sb_reader *reader, struct sb_slug_entry *entry,
		   struct sb_error *err) SB_MUST_CHECK;

/* The entry's next bytes: 1, 0 at its end, -1. `part` is borrowed until the next call. */
int sb_reader_data(struct sb_reader *reader, struct sb_span *part,
		   struct sb_error *err) SB_MUST_CHECK;

/* The size of a whole slug, whose end is as we write it. */
int sb_reader_measure(int64_t *size, int fd, struct sb_error *err) SB_MUST_CHECK;

/* Whether `path` is `folder` or lies in it. */
bool sb_path_below(const char *path, const char *folder);

void sb_reader_release(struct sb_reader *reader);

#endif
