#ifndef SB_BUFFER_H
#define SB_BUFFER_H

#include "base/error.h"
#include "base/span.h"

/*
 * Owned bytes that grow up to a ceiling given at birth. There is always a NUL
 * behind the last byte, so that text can be handed on as a C string.
 *
 *	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(1 << 20);
 *
 *	sb_buffer_addf(&out, "%s\n", name);
 *	if (out.full)
 *		return sb_fail(err, SB_ELIMIT, "more than %zu bytes", out.max);
 *
 * Appending past the ceiling adds nothing and sets `full`, which stays set:
 * build first, look once.
 */
struct sb_buffer {
	char *p;
	size_t n, room, max;
	bool full;
};

#define SB_BUFFER_INIT(ceiling) { .max = (ceiling) }

void sb_buffer_add(struct sb_buffer *buffer, struct sb_span bytes);
void sb_buffer_adds(struct sb_buffer *buffer, const char *cstr);
void sb_buffer_addc(struct sb_buffer *buffer, char byte);
void sb_buffer_addf(struct sb_buffer *buffer, const char *fmt, ...) SB_PRINTF(2, 3);

/* Room for `n` more bytes to be written at p + n by the caller; NULL past the ceiling. */
char *sb_buffer_reserve(struct sb_buffer *buffer, size_t n) SB_MUST_CHECK;

struct sb_span sb_buffer_span(const struct sb_buffer *buffer);

/* The text as a string of its own; the buffer is left empty. Owned: free(3). Never NULL. */
char *sb_buffer_detach(struct sb_buffer *buffer) SB_MUST_CHECK;

void sb_buffer_clear(struct sb_buffer *buffer); /* empty, its memory and ceiling kept */
void sb_buffer_release(struct sb_buffer *buffer);

#endif
