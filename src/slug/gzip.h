#ifndef SB_GZIP_H
#define SB_GZIP_H

#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/sha256.h"

/*
 * gzip members: made by libdeflate (by zlib where that is absent), with a header that holds no
 * time, no name and no system; and read back, strictly.
 *
 *	struct sb_gzip *gz = sb_gzip_new(6);
 *
 *	sb_gzip_member(gz, &out, raw);
 *	…
 *	sb_gzip_free(gz);
 *
 * The same bytes at the same level give the same member, on any machine and in any thread.
 */
struct sb_gzip;

struct sb_gzip *sb_gzip_new(int level) SB_MUST_CHECK; /* 1 to 9; 10 to 12 are libdeflate's only */
size_t sb_gzip_bound(size_t raw);                     /* what a member takes at most */

/* Appends one member; `out`'s ceiling leaves room for sb_gzip_bound. */
void sb_gzip_member(struct sb_gzip *gz, struct sb_buffer *out, struct sb_span raw);
void sb_gzip_free(struct sb_gzip *gz);

/* "libdeflate 1.14": part of every piece's key, because another compressor gives other bytes. */
const char *sb_gzip_compressor(void);

/* The member that ends a slug: 1024 zeros. The same bytes whatever the compressor. */
struct sb_span sb_gzip_end(void);

/*
 * Reads the members in a range of a file: every checksum and length is checked, and what stands
 * between or behind members is refused.
 */
struct sb_gunzip {
	int fd; /* borrowed; read by pread */
	off_t at, end;
	struct sb_sha256 *hash; /* gets the compressed bytes, or NULL; borrowed */
	void *state;
};

int sb_gunzip_open(struct sb_gunzip *out, int fd, off_t at, off_t end,
		   struct sb_error *err) SB_MUST_CHECK;
/* The next bytes, borrowed until the next call; empty at the end. */
int sb_gunzip_next(struct sb_gunzip *in, struct sb_span *part, struct sb_error *err) SB_MUST_CHECK;
void sb_gunzip_release(struct sb_gunzip *in);

#endif
