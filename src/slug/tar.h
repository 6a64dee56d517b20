#ifndef SB_TAR_H
#define SB_TAR_H

#include "base/buffer.h"

/*
 * The bytes of gnutar entries. Written by hand, not by a library, because the same entry
 * must be the same bytes in every locale and for every byte in a name.
 *
 *	struct sb_tar_entry entry = { .path = "a/b", .kind = SB_TAR_FILE, .size = n, … };
 *
 *	sb_tar_header(&out, &entry);
 *	…                               // n bytes of content
 *	sb_tar_pad(&out, n);
 *
 * Owner 0:0 without names; modes are 0644, 0755, and 0777 for a symlink. A name or a target of
 * more than 99 bytes stands in a GNU long-name entry before its own; a size or a time that eleven
 * octal digits cannot hold is written in base 256.
 */

#define SB_TAR_BLOCK 512
#define SB_TAR_EPOCH 315532800 /* 1980-01-01: the mtime of a folder; ZIP's first day */

enum sb_tar_kind { SB_TAR_FILE, SB_TAR_PROGRAM, SB_TAR_LINK, SB_TAR_DIR };

struct sb_tar_entry {
	enum sb_tar_kind kind;
	const char *path; /* "a/b": no "./" before it, no "/" behind it */
	const char *link; /* where a symlink points to */
	int64_t size;     /* of a regular file */
	int64_t mtime;
};

void sb_tar_header(struct sb_buffer *out, const struct sb_tar_entry *entry);
void sb_tar_pad(struct sb_buffer *out, int64_t size); /* zeros up to the next block */

/* What an entry takes in the archive: header, content, padding. */
int64_t sb_tar_bytes(const struct sb_tar_entry *entry);

#endif
