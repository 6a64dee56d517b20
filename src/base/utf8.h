#ifndef SB_UTF8_H
#define SB_UTF8_H

#include "base/span.h"

/*
 * One character at a time, strictly: no overlong forms, no surrogates, nothing
 * above U+10FFFF.
 */

/* How many bytes the first character has, and which it is; 0 where the bytes are none. */
size_t sb_utf8_next(struct sb_span text, uint32_t *rune);

/* All of it is UTF-8. */
bool sb_is_utf8(struct sb_span text);

/* How many characters; a byte that is none counts as one. */
size_t sb_utf8_columns(struct sb_span text);

#endif
