#include "unit.h"
#include "slug/tar.h"

#include <stdio.h>
#include <string.h>

static struct sb_buffer header_of(const struct sb_tar_entry *entry)
{
	struct sb_buffer out = SB_BUFFER_INIT(1 << 20);

	sb_tar_header(&out, entry);
	return out;
}

static void tar_header_has_gnu_tar_s_fields(void **state)
{
	struct sb_tar_entry entry = { .path = "a/b", .size = 1234, .mtime = SB_TAR_EPOCH };
	SB_AUTO(sb_buffer) out = header_of(&entry);

	(void)state;
	assert_int_equal(out.n, 512);
	assert_string_equal(out.p, "a/b");
	assert_string_equal(out.p + 100, "0000644");
	assert_string_equal(out.p + 108, "0000000");
	assert_string_equal(out.p + 116, "0000000");
	assert_string_equal(out.p + 124, "00000002322");
	assert_string_equal(out.p + 136, "02263523000");
	assert_memory_equal(out.p + 156, "0", 2);
	assert_memory_equal(out.p + 257, "ustar  ", 8);
	for (size_t i = 265; i < 512; i++)
		assert_int_equal(out.p[i], 0);

	unsigned sum = 0;
	char text[9];

	for (size_t i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : (unsigned char)out.p[i];
	snprintf(text, sizeof(text), "%06o", sum);
	assert_string_equal(out.p + 148, text);
	assert_int_equal(out.p[155], ' ');
}

static void tar_kinds_have_their_modes(void **state)
{
	static const struct {
		enum sb_tar_kind kind;
		const char *mode, *name;
		char type;
	} kinds[] = {
		{ SB_TAR_FILE, "0000644", "x", '0' },
		{ SB_TAR_PROGRAM, "0000755", "x", '0' },
		{ SB_TAR_LINK, "0000777", "x", '2' },
		{ SB_TAR_DIR, "0000755", "x/", '5' },
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(kinds); i++) {
		struct sb_tar_entry entry = { .kind = kinds[i].kind, .path = "x", .link = "y" };
		SB_AUTO(sb_buffer) out = header_of(&entry);

		assert_string_equal(out.p, kinds[i].name);
		assert_string_equal(out.p + 100, kinds[i].mode);
		assert_int_equal(out.p[156], kinds[i].type);
		assert_string_equal(out.p + 157, kinds[i].kind == SB_TAR_LINK ? "y" : "");
	}
}

static void tar_long_names_come_first(void **state)
{
	char name[400];

	(void)state;
	for (size_t n = 98; n < 300; n++) {
		struct sb_tar_entry entry = { .kind = SB_TAR_LINK, .path = name, .link = name };

		memset(name, 'n', n);
		name[n] = '\0';

		SB_AUTO(sb_buffer) out = header_of(&entry);

		assert_int_equal(out.n, sb_tar_bytes(&entry));
		assert_int_equal(out.n, n < 100 ? 512 : 5 * 512);
		if (n < 100)
			continue;
		assert_string_equal(out.p, "././@LongLink");
		assert_int_equal(out.p[156], 'K');
		assert_string_equal(out.p + 512, name);
		assert_int_equal(out.p[1024 + 156], 'L');
		assert_string_equal(out.p + 1536, name);
		assert_memory_equal(out.p + 2048, name, 100);
	}
}

static void tar_large_numbers_are_base_256(void **state)
{
	struct sb_tar_entry entry = { .path = "x", .size = 8589934591, .mtime = -1 };
	SB_AUTO(sb_buffer) fits = header_of(&entry);

	(void)state;
	entry.size++;
	SB_AUTO(sb_buffer) large = header_of(&entry);

	assert_string_equal(fits.p + 124, "77777777777");
	assert_memory_equal(large.p + 124, "\x80\0\0\0\0\0\0\2\0\0\0\0", 12);
	assert_memory_equal(large.p + 136, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12);
}

static void tar_pads_to_whole_blocks(void **state)
{
	static const int64_t sizes[][2] = {
		{ 0, 0 }, { 1, 511 }, { 511, 1 }, { 512, 0 }, { 513, 511 }
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(sizes); i++) {
		SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(600);
		struct sb_tar_entry entry = { .path = "x", .size = sizes[i][0] };

		sb_tar_pad(&out, sizes[i][0]);
		assert_int_equal(out.n, sizes[i][1]);
		assert_int_equal(sb_tar_bytes(&entry), 512 + sizes[i][0] + sizes[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tar_header_has_gnu_tar_s_fields),
		cmocka_unit_test(tar_kinds_have_their_modes),
		cmocka_unit_test(tar_long_names_come_first),
		cmocka_unit_test(tar_large_numbers_are_base_256),
		cmocka_unit_test(tar_pads_to_whole_blocks),
	};

	return cmocka_run_group_tests_name("tar", tests, NULL, NULL);
}
