#ifndef SB_TOKEN_H
#define SB_TOKEN_H

#include "base/span.h"

/*
 * Tokens of known form: a provider's prefix, a length, an alphabet, and the checksum
 * where the provider puts one in (GitHub, npm). Nothing is guessed by how random a
 * text looks. One pass, a table of first bytes; a text of any size.
 *
 *	size_t from = 0;
 *
 *	while (sb_token_next(&token, text, &from))
 *		report(token.what, token.span);
 *
 * What is plainly made up, such as xxxx… or EXAMPLE, is passed over.
 */
struct sb_token {
	struct sb_span span;
	const char *what;   /* "a GitHub token" */
	const char *revoke; /* where it is made invalid */
	bool key;           /* a private key: in tests it is as good as none */
};

bool sb_token_next(struct sb_token *out, struct sb_span text, size_t *from) SB_MUST_CHECK;

/* The first letters of it, the rest as dots. Owned: free(3). */
char *sb_token_masked(const struct sb_token *token) SB_MUST_CHECK;

#endif
