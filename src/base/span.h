#ifndef SB_SPAN_H
#define SB_SPAN_H

#include "base/base.h"

/*
 * A borrowed run of bytes: a pointer and a length, no NUL, nothing to free.
 * Parsers take spans and cut pieces off them; they never look for a NUL.
 */
struct sb_span {
	const char *p;
	size_t n;
};

/* For printf: "%.*s". */
#define SB_SPAN_ARG(s) (int)(s).n, (s).p

struct sb_span sb_span_of(const char *cstr);

/* Moves what precedes `sep` from `rest` to `out` and drops `sep`; false where there is none. */
bool sb_span_cut(struct sb_span *rest, char sep, struct sb_span *out) SB_MUST_CHECK;

/* Like cut at '\n', but the last line needs none; a '\r' before it is dropped. False at the end. */
bool sb_span_line(struct sb_span *rest, struct sb_span *line) SB_MUST_CHECK;

struct sb_span sb_span_trim(struct sb_span s); /* without blanks, tabs, CR, LF at both ends */
bool sb_span_is(struct sb_span s, const char *cstr);
bool sb_span_starts(struct sb_span s, const char *prefix);
bool sb_span_ends(struct sb_span s, const char *suffix);
const char *sb_span_find(struct sb_span s, const char *needle); /* borrowed from s, or NULL */
bool sb_span_all(struct sb_span s, const char *set); /* non-empty, and every byte is in `set` */
size_t sb_span_count(struct sb_span s, char byte);
void sb_span_copy(char *out, size_t size, struct sb_span s); /* s.n < size */
char *sb_span_dup(struct sb_span s) SB_MUST_CHECK;           /* owned: free(3) */

#endif
