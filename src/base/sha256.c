#include "base/base.h"
#include "base/sha256.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(bool ok)
{
	if (!ok) {
		fputs("slugbuild: SHA-256 failed in libcrypto\n", stderr);
		exit(4);
	}
}

static const EVP_MD *sha256;

/* Looked up once, and without libcrypto's own settings: both take longer than most of the sums. */
static void look_up(void)
{
	must(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1);
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	must(sha256 != NULL);
}

static void start(struct sb_sha256 *hash)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (hash->ctx)
		return;
	pthread_once(&once, look_up);
	hash->ctx = EVP_MD_CTX_new();
	must(hash->ctx && EVP_DigestInit_ex(hash->ctx, sha256, NULL) == 1);
}

void sb_sha256_add(struct sb_sha256 *hash, struct sb_span bytes)
{
	start(hash);
	must(EVP_DigestUpdate(hash->ctx, bytes.p, bytes.n) == 1);
}

void sb_sha256_field(struct sb_sha256 *hash, const char *cstr)
{
	sb_sha256_add(hash, (struct sb_span) { cstr, strlen(cstr) + 1 });
}

void sb_sha256_finish(struct sb_sha256 *hash, char hex[SB_DIGEST_HEX])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[32];
	unsigned n = 0;

	start(hash);
	must(EVP_DigestFinal_ex(hash->ctx, raw, &n) == 1 && n == sizeof(raw));
	for (size_t i = 0; i < sizeof(raw); i++) {
		hex[2 * i] = digits[raw[i] >> 4];
		hex[2 * i + 1] = digits[raw[i] & 15];
	}
	hex[64] = '\0';
	sb_sha256_release(hash);
}

void sb_sha256_release(struct sb_sha256 *hash)
{
	EVP_MD_CTX_free(hash->ctx);
	hash->ctx = NULL;
}

void sb_sha256_of(struct sb_span bytes, char hex[SB_DIGEST_HEX])
{
	struct sb_sha256 hash = { 0 };

	sb_sha256_add(&hash, bytes);
	sb_sha256_finish(&hash, hex);
}

bool sb_is_digest(const char *hex)
{
	struct sb_span s = sb_span_of(hex);

	return s.n == 64 && sb_span_all(s, "0123456789abcdef");
}
