#include "unit.h"
#include "check/token.h"

#include <string.h>

/* Tokens are put together here from halves, so that no scanner takes this file for a leak. */
static const struct {
	const char *before, *halves[3], *after;
	const char *what; /* NULL: nothing may be found */
} rows[] = {
	{ "a = '", { "ghp_", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17" }, "'", "a GitHub token" },
	{ "", { "npm_", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17" }, "\n", "an npm token" },
	{ "", { "ghp_", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq16" }, "", NULL },
	{ "", { "ghp_", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17a" }, "", NULL },
	{ "x", { "ghp_", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17" }, "", NULL },
	{ "", { "github_pat_", "11AAAB2CI0xYzQpLmNoPqR", "_h3Kd9QwErTyUiOpAsDfGhJkLzXcVbNm1029384756QpWoEiRuTyAlSkDjFh" },
	  "", "a GitHub token" },
	{ "token: ", { "glpat-", "Zk3mQ9xW2-", "vB7nT5_cLd" }, "", "a GitLab token" },
	{ "", { "glpat-", "xxxxxxxxxx", "xxxxxxxxxx" }, "", NULL },
	{ "", { "xoxb-", "173458091221-4091827364518-", "Qz8vLm3KpT6wRn9XcYb2HdFs" }, "", "a Slack token" },
	{ "", { "xoxb-", "1-2-", "Qz8vLm3KpT6wRn9XcYb2HdFs" }, "", NULL },
	{ "https://", { "hooks.slack.com/services/", "T0A1B2C3D/B4E5F6G7H/", "Qz8vLm3KpT6wRn9XcYb2HdFs" }, "",
	  "a Slack webhook" },
	{ "https://", { "hooks.slack.com/services/", "T00000000/B00000000/", "XXXXXXXXXXXXXXXXXXXXXXXX" }, "",
	  NULL },
	{ "", { "sk_", "live_", "4eC39HqLyjWDarjtT1zdp7dc" }, "", "a Stripe live key" },
	{ "", { "sk_", "test_", "4eC39HqLyjWDarjtT1zdp7dc" }, "", NULL },
	{ "", { "SG.", "Zk3mQ9xW2-vB7nT5_cLdAq.", "Zk3mQ9xW2-vB7nT5_cLdAqZk3mQ9xW2-vB7nT5_cLdA" }, "",
	  "a SendGrid key" },
	{ "id=", { "AKIA", "Q3EGSIDF7HKWPLMN", " secret=" }, "Zk3mQ9xW2/vB7nT5+cLdAqZk3mQ9xW2uvB7nT5oc\n",
	  "an AWS key" },
	{ "id=", { "AKIA", "Q3EGSIDF7HKWPLMN", "" }, " alone is no secret", NULL },
	{ "id=", { "AKIA", "IOSFODNN7EXAMPLE", " " }, "Zk3mQ9xW2/vB7nT5+cLdAqZk3mQ9xW2uvB7nT5oc\n", NULL },
	{ "", { "sk-", "Zk3mQ9xW2vB7nT5cLdAq", "T3BlbkFJZk3mQ9xW2vB7nT5cLdAq" }, "", "an OpenAI key" },
	{ "ta", { "sk-", "Zk3mQ9xW2vB7nT5cLdAq", "T3BlbkFJZk3mQ9xW2vB7nT5cLdAq" }, "", NULL },
	{ "", { "dop_v1_", "9f86d081884c7d659a2feaa0c55ad015", "a3bf4f1b2b0b822cd15d6c15b0f00a08" }, "",
	  "a DigitalOcean token" },
	{ "", { "HRKU-AA", "Zk3mQ9xW2-vB7nT5_cLdAqZk3mQ9xW", "2-vB7nT5_cLdAqZk3mQ9xW2-vB7n" }, "",
	  "a Heroku key" },
	{ "", { "-----BEGIN ", "PRIVATE", " KEY-----\n" },
	  "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n", "a private key" },
	{ "", { "-----BEGIN ", "RSA PRIVATE", " KEY-----" },
	  "\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\\n", "a private key" },
	{ "", { "-----BEGIN ", "ENCRYPTED PRIVATE", " KEY-----\n" },
	  "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n", NULL },
	{ "", { "-----BEGIN ", "PUBLIC", " KEY-----\n" },
	  "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n", NULL },
	{ "", { "-----BEGIN ", "PRIVATE", " KEY-----\n…\n" }, "-----END KEY-----\n", NULL },
};

static void each_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		SB_AUTO_FREE char *text =
			sb_xasprintf("%s%s%s%s%s", rows[i].before, rows[i].halves[0], rows[i].halves[1],
				     rows[i].halves[2], rows[i].after);
		struct sb_token token;
		size_t from = 0;
		bool found = sb_token_next(&token, sb_span_of(text), &from);

		if (found != (rows[i].what != NULL) || (found && strcmp(token.what, rows[i].what)))
			fail_msg("row %zu: %s", i, found ? token.what : "nothing");
		if (!found)
			continue;
		assert_int_equal(token.span.p - text, strlen(rows[i].before));
		assert_false(sb_token_next(&token, sb_span_of(text), &from));
	}
}

/* Only every other pair of bytes is looked at: which one may not matter, nor what was found before. */
static void at_every_place(void **state)
{
	SB_AUTO_FREE char *token = sb_xasprintf("%s_%s_%s", "sk", "live", "4eC39HqLyjWDarjtT1zdp7dc");
	char blanks[10] = "";

	(void)state;
	for (size_t n = 0; n < 9; n++) {
		SB_AUTO_FREE char *text = sb_xasprintf("%s%s\n%s%s\n", blanks, token, blanks, token);
		struct sb_token found;
		size_t from = 0;

		assert_true(sb_token_next(&found, sb_span_of(text), &from));
		assert_int_equal(found.span.p - text, n);
		assert_true(sb_token_next(&found, sb_span_of(text), &from));
		assert_int_equal(found.span.p - text, 2 * n + strlen(token) + 1);
		assert_false(sb_token_next(&found, sb_span_of(text), &from));
		blanks[n] = ' ';
	}
}

static void what_is_shown_is_not_the_token(void **state)
{
	SB_AUTO_FREE char *text = sb_xasprintf("%s_%s_%s", "sk", "live", "4eC39HqLyjWDarjtT1zdp7dc");
	struct sb_token token;
	size_t from = 0;

	(void)state;
	assert_true(sb_token_next(&token, sb_span_of(text), &from));

	SB_AUTO_FREE char *shown = sb_token_masked(&token);

	assert_string_equal(shown, "sk_live…");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form),
		cmocka_unit_test(at_every_place),
		cmocka_unit_test(what_is_shown_is_not_the_token),
	};

	return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
