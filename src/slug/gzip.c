#include "base/base.h"
#include "slug/gzip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#if __has_include(<libdeflate.h>)
#include <libdeflate.h>
#define SB_LIBDEFLATE 1
#endif

#define HEAD_BYTES 10
#define TAIL_BYTES 8

struct sb_gzip {
	int level;
#ifdef SB_LIBDEFLATE
	struct libdeflate_compressor *deflate;
#endif
};

static void no_memory(void)
{
	fputs("slugbuild: out of memory\n", stderr);
	exit(4);
}

struct sb_gzip *sb_gzip_new(int level)
{
	struct sb_gzip *gz = sb_xcalloc(1, sizeof(*gz));

	gz->level = level < 1 ? 1 : level > 12 ? 12 : level;
#ifdef SB_LIBDEFLATE
	gz->deflate = libdeflate_alloc_compressor(gz->level);
	if (!gz->deflate)
		no_memory();
#else
	gz->level = gz->level > 9 ? 9 : gz->level;
#endif
	return gz;
}

#ifdef SB_LIBDEFLATE
static size_t deflate_bound(size_t raw)
{
	return libdeflate_deflate_compress_bound(NULL, raw);
}

static size_t deflate_raw(struct sb_gzip *gz, struct sb_span raw, char *out, size_t room)
{
	return libdeflate_deflate_compress(gz->deflate, raw.p, raw.n, out, room);
}
#else
static size_t deflate_bound(size_t raw)
{
	return compressBound((uLong)raw) + 64;
}

static size_t deflate_raw(struct sb_gzip *gz, struct sb_span raw, char *out, size_t room)
{
	z_stream z = { 0 };

	if (deflateInit2(&z, gz->level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		no_memory();
	z.next_in = (Bytef *)(uintptr_t)raw.p;
	z.avail_in = (uInt)raw.n;
	z.next_out = (Bytef *)out;
	z.avail_out = (uInt)room;
	int end = deflate(&z, Z_FINISH);
	size_t n = end == Z_STREAM_END ? (size_t)z.total_out : 0;

	deflateEnd(&z);
	return n;
}
#endif

size_t sb_gzip_bound(size_t raw)
{
	return HEAD_BYTES + deflate_bound(raw) + TAIL_BYTES;
}

static uint32_t checksum(struct sb_span raw)
{
#ifdef SB_LIBDEFLATE
	return libdeflate_crc32(0, raw.p, raw.n);
#else
	return (uint32_t)crc32(0, (const Bytef *)raw.p, (uInt)raw.n);
#endif
}

static void put_le32(struct sb_buffer *out, uint32_t value)
{
	for (int i = 0; i < 4; i++, value >>= 8)
		sb_buffer_addc(out, (char)(value & 255));
}

void sb_gzip_member(struct sb_gzip *gz, struct sb_buffer *out, struct sb_span raw)
{
	static const char head[HEAD_BYTES] = { 0x1f, (char)0x8b, 8, 0, 0, 0, 0, 0, 0, (char)0xff };
	size_t room = deflate_bound(raw.n);

	sb_buffer_add(out, (struct sb_span) { head, sizeof(head) });
	char *at = sb_buffer_reserve(out, room);

	if (!at)
		return; /* `full` says so */
	out->n += deflate_raw(gz, raw, at, room);
	put_le32(out, checksum(raw));
	put_le32(out, (uint32_t)raw.n);
}

void sb_gzip_free(struct sb_gzip *gz)
{
	if (!gz)
		return;
#ifdef SB_LIBDEFLATE
	libdeflate_free_compressor(gz->deflate);
#endif
	free(gz);
}

const char *sb_gzip_compressor(void)
{
#ifdef SB_LIBDEFLATE
	return "libdeflate " LIBDEFLATE_VERSION_STRING;
#else
	return "zlib " ZLIB_VERSION;
#endif
}

struct sb_span sb_gzip_end(void)
{
	static const unsigned char end[] = {
		0x1f, 0x8b, 8,    0,    0,    0,    0,    0,    0,    0xff,       /* header */
		0x63, 0x60, 0x18, 0x05, 0xa3, 0x60, 0x14, 0x8c, 0x54, 0x00, 0x00, /* 1024 zeros */
		0x2e, 0xaf, 0xb5, 0xef, 0,    4,    0,    0,                      /* CRC, length */
	};

	return (struct sb_span) { (const char *)end, sizeof(end) };
}

/* Reading. */

struct state {
	z_stream z;
	bool in_member;
	unsigned char in[64 << 10], out[128 << 10];
};

static int damaged(struct sb_error *err, const char *how)
{
	return sb_fail(err, SB_EINPUT, "a damaged slug: %s", how);
}

int sb_gunzip_open(struct sb_gunzip *out, int fd, off_t at, off_t end, struct sb_error *err)
{
	struct state *s = sb_xcalloc(1, sizeof(*s));

	if (inflateInit2(&s->z, 15 + 16) != Z_OK) {
		free(s);
		return sb_fail(err, SB_ESYS, "zlib has no memory");
	}
	*out = (struct sb_gunzip) { .fd = fd, .at = at, .end = end, .hash = out->hash, .state = s };
	return 0;
}

static int fill(struct sb_gunzip *in, struct state *s, struct sb_error *err)
{
	size_t want = sizeof(s->in);

	if (in->end - in->at < (off_t)want)
		want = (size_t)(in->end - in->at);
	ssize_t n = pread(in->fd, s->in, want, in->at);

	if (n < 0)
		return sb_fail_sys(err, "read the slug");
	if (n == 0 && want)
		return damaged(err, "it is shorter than it was");
	in->at += n;
	s->z.next_in = s->in;
	s->z.avail_in = (uInt)n;
	if (in->hash)
		sb_sha256_add(in->hash, (struct sb_span) { (const char *)s->in, (size_t)n });
	return 0;
}

/* Inflates what is there. 1: `out` has bytes or a member ended. */
static int inflate_some(struct state *s, struct sb_error *err)
{
	if (!s->in_member) {
		inflateReset(&s->z);
		s->in_member = true;
	}
	switch (inflate(&s->z, Z_NO_FLUSH)) {
	case Z_STREAM_END:
		s->in_member = false;
		return 0;
	case Z_OK:
	case Z_BUF_ERROR:
		return 0;
	case Z_MEM_ERROR:
		return sb_fail(err, SB_ESYS, "zlib has no memory");
	default:
		return damaged(err, s->z.msg ? s->z.msg : "no gzip member");
	}
}

int sb_gunzip_next(struct sb_gunzip *in, struct sb_span *part, struct sb_error *err)
{
	struct state *s = in->state;

	s->z.next_out = s->out;
	s->z.avail_out = sizeof(s->out);
	while (s->z.avail_out == sizeof(s->out)) {
		if (!s->z.avail_in && fill(in, s, err) < 0)
			return -1;
		if (!s->z.avail_in) {
			if (s->in_member)
				return damaged(err, "it ends inside a gzip member");
			break;
		}
		if (inflate_some(s, err) < 0)
			return -1;
	}
	*part = (struct sb_span) { (const char *)s->out, sizeof(s->out) - s->z.avail_out };
	return 0;
}

void sb_gunzip_release(struct sb_gunzip *in)
{
	struct state *s = in->state;

	if (s)
		inflateEnd(&s->z);
	free(s);
	*in = (struct sb_gunzip) { .fd = -1 };
}
