#include "base/base.h"
#include "slug/tar.h"

#include <string.h>

/* GNU tar's header: POSIX ustar's fields, its own magic, and other things in `prefix`. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[8], uname[32], gname[32], major[8], minor[8], rest[167];
};
_Static_assert(sizeof(struct header) == SB_TAR_BLOCK, "a tar header is one block");

#define LONG_NAME \
	100 /* from this length on a name does not stay in the header: some readers want a NUL */

static void put_octal(char *field, size_t width, uint64_t value)
{
	field[width - 1] = '\0';
	for (size_t i = width - 1; i-- > 0; value >>= 3)
		field[i] = (char)('0' + (value & 7));
}

/* Eleven octal digits where they do, else base 256 with the top bit set (GNU). */
static void put_number(char field[12], int64_t value)
{
	uint64_t bits = (uint64_t)value;

	if (value >= 0 && bits < 1ULL << 33) {
		put_octal(field, 12, bits);
		return;
	}
	memset(field, value < 0 ? 0xff : 0, 12);
	for (size_t i = 12; i-- > 4; bits >>= 8)
		field[i] = (char)(bits & 255);
	field[0] = (char)(value < 0 ? 0xff : 0x80);
}

static void put_block(struct sb_buffer *out, struct header *h)
{
	const unsigned char *p = (const unsigned char *)h;
	uint64_t sum = 0;

	memcpy(h->magic, "ustar  ", 8);
	put_octal(h->uid, sizeof(h->uid), 0);
	put_octal(h->gid, sizeof(h->gid), 0);
	memset(h->sum, ' ', sizeof(h->sum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += p[i];
	put_octal(h->sum, 7, sum);
	sb_buffer_add(out, (struct sb_span) { (const char *)h, sizeof(*h) });
}

/* An entry of type L or K: the next one's name or target. */
static void put_long(struct sb_buffer *out, char type, const char *text, const char *tail)
{
	struct header h = { .name = "././@LongLink", .type = type };
	size_t n = strlen(text) + strlen(tail) + 1;

	put_octal(h.mode, sizeof(h.mode), 0644);
	put_number(h.size, (int64_t)n);
	put_number(h.mtime, 0);
	put_block(out, &h);
	sb_buffer_adds(out, text);
	sb_buffer_adds(out, tail);
	sb_buffer_addc(out, '\0');
	sb_tar_pad(out, (int64_t)n);
}

static void copy_cut(char field[100], const char *text, const char *tail)
{
	size_t n = strlen(text), room = 100;

	memcpy(field, text, n < room ? n : room);
	if (n < room)
		memcpy(field + n, tail, strlen(tail) < room - n ? strlen(tail) : room - n);
}

static const char *tail_of(const struct sb_tar_entry *entry)
{
	return entry->kind == SB_TAR_DIR ? "/" : "";
}

void sb_tar_header(struct sb_buffer *out, const struct sb_tar_entry *entry)
{
	static const struct {
		unsigned mode;
		char type;
	} kinds[] = {
		[SB_TAR_FILE] = { 0644, '0' },
		[SB_TAR_PROGRAM] = { 0755, '0' },
		[SB_TAR_LINK] = { 0777, '2' },
		[SB_TAR_DIR] = { 0755, '5' },
	};
	const char *tail = tail_of(entry);
	struct header h = { .type = kinds[entry->kind].type };
	bool has_content = h.type == '0';

	if (entry->kind == SB_TAR_LINK) {
		if (strlen(entry->link) >= LONG_NAME)
			put_long(out, 'K', entry->link, "");
		copy_cut(h.link, entry->link, "");
	}
	if (strlen(entry->path) + strlen(tail) >= LONG_NAME)
		put_long(out, 'L', entry->path, tail);
	copy_cut(h.name, entry->path, tail);
	put_octal(h.mode, sizeof(h.mode), kinds[entry->kind].mode);
	put_number(h.size, has_content ? entry->size : 0);
	put_number(h.mtime, entry->mtime);
	put_block(out, &h);
}

static int64_t padded(int64_t size)
{
	return (size + SB_TAR_BLOCK - 1) / SB_TAR_BLOCK * SB_TAR_BLOCK;
}

void sb_tar_pad(struct sb_buffer *out, int64_t size)
{
	static const char zeros[SB_TAR_BLOCK];

	sb_buffer_add(out, (struct sb_span) { zeros, (size_t)(padded(size) - size) });
}

static int64_t long_bytes(size_t length)
{
	return length < LONG_NAME ? 0 : SB_TAR_BLOCK + padded((int64_t)length + 1);
}

int64_t sb_tar_bytes(const struct sb_tar_entry *entry)
{
	int64_t n = SB_TAR_BLOCK + long_bytes(strlen(entry->path) + strlen(tail_of(entry)));

	if (entry->kind == SB_TAR_LINK)
		n += long_bytes(strlen(entry->link));
	else if (entry->kind != SB_TAR_DIR)
		n += padded(entry->size);
	return n;
}
