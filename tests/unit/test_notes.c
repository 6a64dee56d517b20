#include "scratch.h"
#include "sys/notes.h"

#include <string.h>

static struct sb_settings settings;

static int begin(void **state)
{
	static char root[4096];

	if (scratch_make(state) < 0)
		return -1;
	snprintf(root, sizeof(root), "%s", at("root"));
	settings.root = root;
	return 0;
}

static void key_of(char key[SB_DIGEST_HEX], const char *file)
{
	SB_AUTO(sb_sha256) hash = { 0 };

	sb_note_key(&hash, "test");
	sb_note_add_file(&hash, at(file));
	sb_note_add_text(&hash, at(file));
	sb_sha256_finish(&hash, key);
}

static void notes_are_found_until_what_they_are_about_changes(void **state)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(4096);
	char one[SB_DIGEST_HEX], two[SB_DIGEST_HEX];

	(void)state;
	sh("mkdir -p root/store/notes && echo one >about");
	key_of(one, "about");
	assert_false(sb_note_find(&out, &settings, "test", one));
	sb_note_keep(&settings, "test", one, sb_span_of("the answer\n"));
	assert_true(sb_note_find(&out, &settings, "test", one));
	assert_string_equal(out.p, "the answer\n");
	sh("echo two >about");
	key_of(two, "about");
	assert_string_not_equal(one, two);
	assert_false(sb_note_find(&out, &settings, "test", two));
	sb_note_forget(&settings, "test", one);
	assert_false(sb_note_find(&out, &settings, "test", one));
	assert_string_equal(sh("ls -A root/store/notes"), "");
}

static void half_a_note_is_none_and_without_a_store_there_are_none(void **state)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(4096);
	char key[SB_DIGEST_HEX];

	(void)state;
	key_of(key, "about");
	sb_note_keep(&settings, "test", key, sb_span_of("an answer that is cut"));
	sh("truncate -s 9 root/store/notes/test-*");
	assert_false(sb_note_find(&out, &settings, "test", key));
	sh("rm -r root/store/notes");
	sb_note_keep(&settings, "test", key, sb_span_of("lost"));
	assert_false(sb_note_find(&out, &settings, "test", key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notes_are_found_until_what_they_are_about_changes),
		cmocka_unit_test(half_a_note_is_none_and_without_a_store_there_are_none),
	};

	return cmocka_run_group_tests(tests, begin, scratch_drop);
}
