#include "scratch.h"
#include "slug/gzip.h"

#include <fcntl.h>

static void write_file(const char *name, struct sb_span bytes)
{
	FILE *f = fopen(at(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
	fclose(f);
}

/* Inflates the whole of a file; -1 where it is refused. */
static int inflate_file(const char *name, struct sb_buffer *out, struct sb_error *err)
{
	SB_AUTO_CLOSE int fd = open(at(name), O_RDONLY);
	SB_AUTO(sb_gunzip) in = { 0 };
	struct sb_span part = { "", 1 };

	if (sb_gunzip_open(&in, fd, 0, lseek(fd, 0, SEEK_END), err) < 0)
		return -1;
	while (part.n) {
		if (sb_gunzip_next(&in, &part, err) < 0)
			return -1;
		sb_buffer_add(out, part);
	}
	return 0;
}

/* Bytes that compress somewhat, the same each time. */
static void fill(struct sb_buffer *out, size_t n)
{
	uint32_t x = 1;

	while (out->n < n) {
		x = x * 1664525 + 1013904223;
		sb_buffer_addf(out, "%u ", x >> 20);
	}
	out->n = n;
}

static void gzip_members_follow_one_another(void **state)
{
	static const size_t sizes[] = { 0, 1, 511, 65536, 1 << 20, 3000000 };
	SB_AUTO(sb_buffer) raw = SB_BUFFER_INIT(16 << 20);
	SB_AUTO(sb_buffer) members = SB_BUFFER_INIT(16 << 20);
	SB_AUTO(sb_buffer) back = SB_BUFFER_INIT(16 << 20);
	struct sb_error err = { 0 };

	(void)state;
	for (int level = 1; level <= 12; level += 5) {
		struct sb_gzip *gz = sb_gzip_new(level);

		sb_buffer_clear(&raw);
		sb_buffer_clear(&members);
		sb_buffer_clear(&back);
		for (size_t i = 0; i < SB_COUNT(sizes); i++) {
			SB_AUTO(sb_buffer) part = SB_BUFFER_INIT(4 << 20);
			size_t before = members.n;

			fill(&part, sizes[i]);
			sb_buffer_add(&raw, sb_buffer_span(&part));
			sb_gzip_member(gz, &members, sb_buffer_span(&part));
			assert_false(members.full);
			assert_true(members.n - before <= sb_gzip_bound(part.n));
			assert_memory_equal(members.p + before, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
		}
		sb_gzip_free(gz);
		write_file("m.gz", sb_buffer_span(&members));
		assert_int_equal(inflate_file("m.gz", &back, &err), 0);
		assert_int_equal(back.n, raw.n);
		assert_memory_equal(back.p, raw.p, raw.n);
		write_file("raw", sb_buffer_span(&raw));
		sh("gzip -dc m.gz | cmp - raw");
	}
}

static void gzip_end_is_1024_zeros(void **state)
{
	static const char zeros[1024];
	SB_AUTO(sb_buffer) back = SB_BUFFER_INIT(4096);
	struct sb_error err = { 0 };

	(void)state;
	write_file("end.gz", sb_gzip_end());
	assert_int_equal(inflate_file("end.gz", &back, &err), 0);
	assert_int_equal(back.n, 1024);
	assert_memory_equal(back.p, zeros, 1024);
}

/* Some bits say nothing (the header's time and system, the padding of the last byte): then the
 * content is whole. */
static void gzip_notices_damage_and_cuts(void **state)
{
	SB_AUTO(sb_buffer) raw = SB_BUFFER_INIT(10000);
	SB_AUTO(sb_buffer) member = SB_BUFFER_INIT(20000);
	struct sb_gzip *gz = sb_gzip_new(6);

	(void)state;
	fill(&raw, 300);
	sb_gzip_member(gz, &member, sb_buffer_span(&raw));
	sb_gzip_free(gz);
	for (size_t i = 0; i < member.n * 8; i++) {
		SB_AUTO(sb_buffer) back = SB_BUFFER_INIT(1 << 20);
		struct sb_error err = { 0 };

		member.p[i / 8] ^= (char)(1 << i % 8);
		write_file("bad.gz", sb_buffer_span(&member));
		if (inflate_file("bad.gz", &back, &err) == 0)
			assert_true(back.n == raw.n && !memcmp(back.p, raw.p, raw.n));
		else
			assert_int_equal(err.code, SB_EINPUT);
		member.p[i / 8] ^= (char)(1 << i % 8);
	}
	for (size_t n = 1; n < member.n; n++) {
		SB_AUTO(sb_buffer) back = SB_BUFFER_INIT(1 << 20);
		struct sb_error err = { 0 };

		write_file("cut.gz", (struct sb_span) { member.p, n });
		assert_int_equal(inflate_file("cut.gz", &back, &err), -1);
	}
	sb_buffer_adds(&member, "more");
	write_file("more.gz", sb_buffer_span(&member));
	struct sb_error err = { 0 };

	assert_int_equal(inflate_file("more.gz", &raw, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gzip_members_follow_one_another),
		cmocka_unit_test(gzip_end_is_1024_zeros),
		cmocka_unit_test(gzip_notices_damage_and_cuts),
	};

	return cmocka_run_group_tests_name("gzip", tests, scratch_make, scratch_drop);
}
