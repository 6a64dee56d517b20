#include "unit.h"
#include "base/buffer.h"
#include "base/clean.h"
#include "base/findings.h"
#include "base/list.h"
#include "base/sha256.h"
#include "base/utf8.h"

#include <errno.h>
#include <string.h>

static void buffer_stops_at_its_ceiling(void **state)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(4);

	(void)state;
	sb_buffer_adds(&out, "abc");
	sb_buffer_adds(&out, "de");
	assert_true(out.full);
	assert_string_equal(out.p, "abc");
	sb_buffer_addc(&out, 'd');
	assert_int_equal(out.n, 3);
	sb_buffer_clear(&out);
	sb_buffer_addf(&out, "%d", 1234);
	assert_string_equal(out.p, "1234");
}

static void list_is_an_environment(void **state)
{
	SB_AUTO(sb_list) env = { 0 };

	(void)state;
	sb_list_setenv(&env, "A", "1");
	sb_list_setenv(&env, "AB", "2");
	sb_list_setenv(&env, "A", "3");
	assert_int_equal(env.n, 2);
	assert_string_equal(sb_list_getenv(&env, "A"), "3");
	assert_null(sb_list_getenv(&env, "B"));

	SB_AUTO_FREE char *joined = sb_list_join(&env, " ");

	assert_string_equal(joined, "A=3 AB=2");
}

static void error_keeps_its_code_and_shows_what_is_cut(void **state)
{
	struct sb_error err = { 0 };
	char text[3000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(sb_fail(&err, SB_ELIMIT, "%s", text), -1);
	assert_true(sb_span_ends(sb_span_of(err.text), "…"));
	sb_fail(&err, SB_EINPUT, "bad");
	sb_error_fix(&err, "do it");
	sb_wrap(&err, "outer");
	assert_string_equal(err.text, "outer: bad");
	assert_string_equal(err.fix, "do it");
	assert_int_equal(err.code, SB_EINPUT);
	errno = ENOSPC;
	sb_fail_sys(&err, "write");
	assert_non_null(strstr(err.fix, "slugbuild gc"));
	assert_int_equal(sb_exit_status(SB_EAGAIN), 75);
}

static void utf8_is_strict(void **state)
{
	static const char *const bad[] = {
		"\x80",     "\xc0\xaf", "\xed\xa0\x80",    "\xf4\x90\x80\x80",
		"\xe2\x80", "\xff",     "\xf0\x80\x80\x80"
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(bad); i++)
		assert_false(sb_is_utf8(sb_span_of(bad[i])));
	assert_true(sb_is_utf8(sb_span_of("aä€𝄞")));
	assert_int_equal(sb_utf8_columns(sb_span_of("aä€𝄞")), 4);
}

static void cleaned(const char *text, const char *expect, const struct sb_list *masks, bool colour)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(65536);

	sb_clean(&out, sb_span_of(text), masks, colour);
	assert_string_equal(sb_buffer_span(&out).p, expect);
}

static void clean_shows_what_would_not_be_seen(void **state)
{
	(void)state;
	cleaned("a\tb", "a\tb", NULL, false);
	cleaned("\x1b]52;c;x\x07", "\\x1b]52;c;x\\x07", NULL, true);
	cleaned("50%\r100%", "50%\\x0d100%", NULL, false);
	cleaned("\xff\xc3", "\\xff\\xc3", NULL, false);
	cleaned("\xc2\x9b"
		"31m",
		"\\u009b31m", NULL, true);
	cleaned("a\xe2\x80\xae"
		"b",
		"a\\u202eb", NULL, false);
	cleaned("\xf3\xa0\x81\x81", "\\U000e0041", NULL, false);
	cleaned("\x1b[31mred", "\\x1b[31mred", NULL, false);
	cleaned("\x1b[1;31mred", "\x1b[1;31mred\x1b[0m", NULL, true);
	cleaned("\x1b[2Jgone", "\\x1b[2Jgone", NULL, true);
}

static void clean_masks_values(void **state)
{
	SB_AUTO(sb_list) masks = { 0 };

	(void)state;
	sb_mask_add(&masks, "KEY", "abcdefgh");
	sb_mask_add(&masks, "LONGER", "abcdefghij");
	sb_mask_add(&masks, "URL", "postgres://user:pass_word@host/db");
	sb_mask_add(&masks, "PEM", "first line\nsecond line\n");
	sb_mask_add(&masks, "SHORT", "abc");
	sb_mask_add(&masks, "MODE", "Production");
	sb_mask_add(&masks, "EMPTY", "");
	cleaned("<abcdefgh>", "<[KEY hidden]>", &masks, false);
	cleaned("abcdefghij", "[LONGER hidden]", &masks, false);
	cleaned("for pass_word at", "for [URL hidden] at", &masks, false);
	cleaned("second line", "[PEM hidden]", &masks, false);
	cleaned("abc production", "abc production", &masks, false);
}

static void findings_are_sorted_and_counted(void **state)
{
	SB_AUTO(sb_findings) list = { 0 };
	struct sb_finding *off;

	(void)state;
	sb_finding_at(sb_findings_add(&list, "b", SB_WARNING, "w"), "a", 1, 1);
	sb_finding_at(sb_findings_add(&list, "a", SB_ERROR, "%s", "late"), "f", 9, 0);
	sb_finding_at(sb_findings_add(&list, "a", SB_ERROR, "early"), "f", 2, 0);
	off = sb_findings_add(&list, "c", SB_OFF, "never");
	sb_finding_fix(off, "x");
	sb_finding_at(off, "p", 1, 1);
	assert_null(off->path);
	sb_findings_sort(&list);
	assert_int_equal(list.n, 3);
	assert_int_equal(list.errors, 2);
	assert_int_equal(list.warnings, 1);
	assert_string_equal(list.item[0].text, "early");
	assert_string_equal(list.item[2].text, "w");
}

static void sha256_fields_have_one_reading(void **state)
{
	SB_AUTO(sb_sha256) one = { 0 };
	SB_AUTO(sb_sha256) two = { 0 };
	char a[SB_DIGEST_HEX], b[SB_DIGEST_HEX];

	(void)state;
	sb_sha256_of(sb_span_of("abc"), a);
	assert_string_equal(a, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_true(sb_is_digest(a));
	sb_sha256_field(&one, "ab");
	sb_sha256_field(&one, "c");
	sb_sha256_finish(&one, a);
	sb_sha256_field(&two, "a");
	sb_sha256_field(&two, "bc");
	sb_sha256_finish(&two, b);
	assert_string_not_equal(a, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffer_stops_at_its_ceiling),
		cmocka_unit_test(list_is_an_environment),
		cmocka_unit_test(error_keeps_its_code_and_shows_what_is_cut),
		cmocka_unit_test(utf8_is_strict),
		cmocka_unit_test(clean_shows_what_would_not_be_seen),
		cmocka_unit_test(clean_masks_values),
		cmocka_unit_test(findings_are_sorted_and_counted),
		cmocka_unit_test(sha256_fields_have_one_reading),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
