#include "base/base.h"
#include "check/token.h"

#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

#define DIGIT "0123456789"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define BASE62 DIGIT UPPER LOWER
#define URLSAFE BASE62 "-_"
#define HEX DIGIT "abcdef"

#define AWAY 200 /* bytes between an AWS key's id and its secret */

/* The number of bytes of `s` that are in `set`. */
static size_t run(struct sb_span s, const char *set)
{
	size_t n = 0;

	while (n < s.n && s.p[n] && strchr(set, s.p[n]))
		n++;
	return n;
}

static struct sb_span behind(struct sb_span s, size_t n)
{
	return (struct sb_span) { s.p + n, s.n - n };
}

/* "xxxxxxxx", "00000000", "…EXAMPLE": made up to be shown. */
static bool is_made_up(struct sb_span s)
{
	bool seen[256] = { false };
	size_t kinds = 0;

	for (size_t i = 0; i < s.n; i++) {
		kinds += !seen[(unsigned char)s.p[i]];
		seen[(unsigned char)s.p[i]] = true;
	}
	return kinds < 8 || sb_span_find(s, "EXAMPLE") || sb_span_find(s, "example") ||
	       sb_span_find(s, "1234567890") || sb_span_find(s, "abcdefgh") || sb_span_find(s, "xxxx") ||
	       sb_span_find(s, "XXXX");
}

static uint32_t crc32_of(struct sb_span s)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < s.n; i++) {
		crc ^= (unsigned char)s.p[i];
		for (int k = 0; k < 8; k++)
			crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

/* GitHub's and npm's: the last six letters are the CRC-32 of those before, in base 62. */
static bool checksum_holds(struct sb_span body)
{
	struct sb_span sum = behind(body, body.n - 6);
	uint64_t value = 0;

	for (size_t i = 0; i < sum.n; i++)
		value = value * 62 + (uint64_t)(strchr(BASE62, sum.p[i]) - BASE62);
	return value == crc32_of((struct sb_span) { body.p, body.n - 6 });
}

/* ---- forms: each gets what starts with its prefix, and gives the length of the token or 0 ---- */

/* `n` bytes of the set and no more behind the prefix. */
static size_t fixed(struct sb_span s, size_t prefix, const char *set, size_t n)
{
	return run(behind(s, prefix), set) == n ? prefix + n : 0;
}

static size_t checked(struct sb_span s)
{
	size_t n = fixed(s, 4, BASE62, 36);

	return n && checksum_holds((struct sb_span) { s.p + 4, 36 }) ? n : 0;
}

static size_t github_fine(struct sb_span s)
{
	struct sb_span rest = behind(s, 11); /* github_pat_ */

	return run(rest, BASE62) == 22 && rest.n > 23 && rest.p[22] == '_' &&
			       run(behind(rest, 23), BASE62) == 59
		       ? 11 + 22 + 1 + 59
		       : 0;
}

static size_t gitlab(struct sb_span s)
{
	return fixed(s, 6, URLSAFE, 20);
}

/* xoxb-1234567890-1234567890-…: numbers, then what is secret */
static size_t slack(struct sb_span s)
{
	size_t at = 5, numbers = 0, n;

	for (; (n = run(behind(s, at), DIGIT)) >= 10 && n <= 14 && at + n < s.n && s.p[at + n] == '-';
	     numbers++)
		at += n + 1;
	n = run(behind(s, at), BASE62);
	return numbers >= 1 && n >= 24 && n <= 64 ? at + n : 0;
}

static size_t slack_hook(struct sb_span s)
{
	static const char prefix[] = "hooks.slack.com/services/T";
	size_t at = sizeof(prefix) - 1, n = run(behind(s, at), UPPER DIGIT);

	if (n < 8 || n > 12 || !sb_span_starts(behind(s, at + n), "/B"))
		return 0;
	at += n + 2;
	n = run(behind(s, at), UPPER DIGIT);
	if (n < 8 || n > 12 || !sb_span_starts(behind(s, at + n), "/"))
		return 0;
	at += n + 1;
	n = run(behind(s, at), BASE62);
	return n == 24 && !is_made_up((struct sb_span) { s.p + at, n }) ? at + n : 0;
}

static size_t stripe(struct sb_span s)
{
	size_t n = run(behind(s, 8), BASE62); /* sk_live_, rk_live_ */

	return n >= 24 && n <= 250 ? 8 + n : 0;
}

static size_t sendgrid(struct sb_span s)
{
	struct sb_span rest = behind(s, 3);

	return run(rest, URLSAFE) == 22 && rest.n > 23 && rest.p[22] == '.' &&
			       run(behind(rest, 23), URLSAFE) == 43
		       ? 3 + 22 + 1 + 43
		       : 0;
}

/* sk-…T3BlbkFJ…: the middle is "OpenAI" in base 64 */
static size_t openai(struct sb_span s)
{
	size_t n = run(behind(s, 3), URLSAFE);
	struct sb_span body = { s.p + 3, n };
	const char *mark = n >= 40 && n <= 250 ? sb_span_find(body, "T3BlbkFJ") : NULL;

	return mark && mark - body.p >= 20 && body.p + body.n - mark >= 28 ? 3 + n : 0;
}

static size_t anthropic(struct sb_span s)
{
	size_t n = run(behind(s, 13), URLSAFE); /* sk-ant-api03- */

	return n == 95 && s.p[13 + 93] == 'A' && s.p[13 + 94] == 'A' ? 13 + n : 0;
}

static size_t pypi(struct sb_span s)
{
	size_t n = run(behind(s, 5), URLSAFE); /* pypi-AgEIcHlwaS5vcmc… */

	return n >= 100 && n <= 2000 ? 5 + n : 0;
}

static size_t digitalocean(struct sb_span s)
{
	return fixed(s, 7, HEX, 64);
}

static size_t heroku(struct sb_span s)
{
	return fixed(s, 7, URLSAFE, 58);
}

/* The bytes behind -----BEGIN of a head that stands for an unprotected private key, or 0. */
static size_t key_head(struct sb_span s)
{
	static const char *const heads[] = { "PRIVATE KEY-----", "RSA PRIVATE KEY-----",
					     "EC PRIVATE KEY-----", "DSA PRIVATE KEY-----",
					     "OPENSSH PRIVATE KEY-----" };

	for (size_t i = 0; i < SB_COUNT(heads); i++)
		if (sb_span_starts(s, heads[i]))
			return strlen(heads[i]);
	return 0;
}

/* With 64 letters of a key behind the head; real line ends, or the two letters \n. */
static size_t private_key(struct sb_span s)
{
	size_t head = key_head(behind(s, 11)), letters = 0, i = 0; /* "-----BEGIN " */
	struct sb_span body = behind(s, 11 + head);

	for (; head && i < body.n && i < 2000 && letters < 64; i++) {
		char c = body.p[i];

		if (c == '\\' && i + 1 < body.n && body.p[i + 1] == 'n')
			i++;
		else if (c && strchr(BASE62 "+/=", c))
			letters++;
		else if (!c || !strchr(" \t\r\n\"'+,", c))
			return 0;
	}
	return letters == 64 ? 11 + head + i : 0;
}

static const struct form {
	const char *prefix;
	size_t (*length)(struct sb_span s);
	const char *what, *revoke;
} forms[] = {
	{ "ghp_", checked, "a GitHub token", "github.com/settings/tokens" },
	{ "gho_", checked, "a GitHub token", "github.com/settings/applications" },
	{ "ghu_", checked, "a GitHub token", "github.com/settings/applications" },
	{ "ghs_", checked, "a GitHub token", "github.com/settings/installations" },
	{ "ghr_", checked, "a GitHub token", "github.com/settings/applications" },
	{ "github_pat_", github_fine, "a GitHub token", "github.com/settings/tokens" },
	{ "npm_", checked, "an npm token", "npmjs.com, Access Tokens" },
	{ "glpat-", gitlab, "a GitLab token", "GitLab, Access tokens" },
	{ "xoxb-", slack, "a Slack token", "api.slack.com/apps" },
	{ "xoxp-", slack, "a Slack token", "api.slack.com/apps" },
	{ "xoxa-", slack, "a Slack token", "api.slack.com/apps" },
	{ "xoxs-", slack, "a Slack token", "api.slack.com/apps" },
	{ "hooks.slack.com/services/T", slack_hook, "a Slack webhook", "api.slack.com/apps" },
	{ "sk_live_", stripe, "a Stripe live key", "dashboard.stripe.com/apikeys" },
	{ "rk_live_", stripe, "a Stripe live key", "dashboard.stripe.com/apikeys" },
	{ "SG.", sendgrid, "a SendGrid key", "app.sendgrid.com/settings/api_keys" },
	{ "sk-ant-api03-", anthropic, "an Anthropic key", "console.anthropic.com/settings/keys" },
	{ "sk-", openai, "an OpenAI key", "platform.openai.com/api-keys" },
	{ "pypi-AgEIcHlwaS5vcmc", pypi, "a PyPI token", "pypi.org/manage/account" },
	{ "dop_v1_", digitalocean, "a DigitalOcean token", "cloud.digitalocean.com/account/api" },
	{ "HRKU-AA", heroku, "a Heroku key", "dashboard.heroku.com/account" },
	{ "-----BEGIN ", private_key, "a private key", "whatever trusts it" },
};

/* A secret of 40 letters near an AWS key's id, which alone is no secret. */
static size_t aws(struct sb_span text, size_t at)
{
	struct sb_span id = { text.p + at, 20 };
	size_t from = at > AWAY ? at - AWAY : 0, to = at + 20 + AWAY < text.n ? at + 20 + AWAY : text.n;

	if (run(behind(text, at), UPPER DIGIT) != 20 || is_made_up(id))
		return 0;
	while (from < to) {
		struct sb_span rest = { text.p + from, text.n - from };
		size_t n = run(rest, BASE62 "+/");
		struct sb_span secret = { rest.p, n };

		if (n == 40 && run(secret, HEX) != 40 && !is_made_up(secret))
			return 20;
		from += n + 1;
	}
	return 0;
}

enum { AT = 1, BEFORE = 2 }; /* a form may start here, one byte before here */

/* What a pair of bytes tells; made at the first use. */
static const unsigned char *pairs(void)
{
	static unsigned char table[65536];
	static bool made;

	for (size_t i = 0; i <= SB_COUNT(forms) && !made; i++) {
		const char *prefix = i < SB_COUNT(forms) ? forms[i].prefix : "AKIA";

		table[(unsigned char)prefix[0] | (unsigned char)prefix[1] << 8] |= AT;
		table[(unsigned char)prefix[1] | (unsigned char)prefix[2] << 8] |= BEFORE;
	}
	made = true;
	return table;
}

static bool at_start(struct sb_span text, size_t i)
{
	return !i || !text.p[i - 1] || !strchr(URLSAFE, text.p[i - 1]);
}

static bool look_at(struct sb_token *out, struct sb_span text, size_t i)
{
	struct sb_span s = behind(text, i);
	size_t n;

	if (sb_span_starts(s, "AKIA") && s.n >= 20 && at_start(text, i) && (n = aws(text, i))) {
		*out = (struct sb_token) { { s.p, n }, "an AWS key", "console.aws.amazon.com/iam", false };
		return true;
	}
	for (size_t k = 0; k < SB_COUNT(forms); k++) {
		if (!sb_span_starts(s, forms[k].prefix) ||
		    (forms[k].length != slack_hook && !at_start(text, i)))
			continue;
		n = forms[k].length(s);
		if (!n || is_made_up(behind((struct sb_span) { s.p, n }, strlen(forms[k].prefix))))
			continue;
		*out = (struct sb_token) { { s.p, n }, forms[k].what, forms[k].revoke,
					   forms[k].length == private_key };
		return true;
	}
	return false;
}

/* Prefixes have three bytes at least, so that every other pair is looked at only. */
bool sb_token_next(struct sb_token *out, struct sb_span text, size_t *from)
{
	const unsigned char *table = pairs(), *p = (const unsigned char *)text.p;

	for (size_t i = *from + 1; i + 8 < text.n; i += 2) {
		unsigned char tells = table[p[i] | p[i + 1] << 8];

		if (!tells)
			continue;

		size_t at = i - 1;

		if (!(tells & BEFORE && look_at(out, text, at)) &&
		    !(tells & AT && look_at(out, text, ++at)))
			continue;
		*from = at + out->span.n;
		return true;
	}
	*from = text.n;
	return false;
}

char *sb_token_masked(const struct sb_token *token)
{
	if (token->key)
		return sb_xstrdup("-----BEGIN … PRIVATE KEY-----");
	return sb_xasprintf("%.*s…", (int)(token->span.n < 16 ? 2 : 7), token->span.p);
}
