#ifndef SB_SHA256_H
#define SB_SHA256_H

#include "base/span.h"

/*
 * SHA-256, by libcrypto (which uses the processor's own instructions).
 *
 *	struct sb_sha256 hash = { 0 };
 *	char hex[SB_DIGEST_HEX];
 *
 *	sb_sha256_add(&hash, bytes);
 *	sb_sha256_finish(&hash, hex);
 *
 * A struct of zeros is ready for use; finish (or release) gives its memory back.
 * Where libcrypto itself fails there is no safe way on: the program ends, status 4.
 */

#define SB_DIGEST_HEX 65 /* 64 hex digits and a NUL */

struct sb_sha256 {
	void *ctx; /* EVP_MD_CTX */
};

void sb_sha256_add(struct sb_sha256 *hash, struct sb_span bytes);

/* Adds the string and its NUL, so that a sequence of fields has one reading only. */
void sb_sha256_field(struct sb_sha256 *hash, const char *cstr);

void sb_sha256_finish(struct sb_sha256 *hash, char hex[SB_DIGEST_HEX]);
void sb_sha256_release(struct sb_sha256 *hash);

void sb_sha256_of(struct sb_span bytes, char hex[SB_DIGEST_HEX]);
bool sb_is_digest(const char *hex); /* exactly 64 lower-case hex digits */

#endif
