#include "slugs.h"
#include "slug/gzip.h"

/* Slugs by other hands: a tar made by the shell, its members and the end as ours. */
static void forge(const char *name, const char *make_tar)
{
	SB_AUTO(sb_buffer) raw = SB_BUFFER_INIT(1 << 20);
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(1 << 20);
	SB_AUTO_CLOSE int dir = open(scratch, O_RDONLY | O_DIRECTORY);
	struct sb_gzip *gz = sb_gzip_new(6);
	struct sb_error err = { 0 };

	sh("rm -rf forge && mkdir forge && cd forge && %s", make_tar);
	assert_int_equal(sb_read_file(&raw, dir, "forge/t.tar", &err), 0);
	sb_gzip_member(gz, &out, (struct sb_span) { raw.p, raw.n - 1024 });
	sb_gzip_free(gz);
	sb_buffer_add(&out, sb_gzip_end());
	assert_int_equal(sb_write_file(dir, name, 0600, sb_buffer_span(&out), &err), 0);
}

#define TAR "tar --format=gnu -b1 -P "

static void unpack_refuses_what_leads_outside(void **state)
{
	static const char *const bad[][2] = {
		{ "echo x >a && " TAR "-cf t.tar --transform s,a,../evil, a",
		  "a path leads outside" },
		{ "echo x >a && " TAR "-cf t.tar --transform s,a,x/../../evil, a",
		  "a path leads outside" },
		{ "echo x >a && " TAR "-cf t.tar --transform s,a,/tmp/slugbuild-evil, a",
		  "a path leads outside" },
		{ "echo x >a && " TAR "-cf t.tar --transform s,a,./a, a", "a path leads outside" },
		{ "echo x >a && ln a b && " TAR "-cf t.tar a b", "it has a hard link" },
		{ "mkfifo a && " TAR "-cf t.tar a", "it has a device, a socket or a pipe" },
		{ "echo x >a && tar --format=pax -b1 -cf t.tar a", "it is no GNU tar archive" },
		{ "echo x >a && tar --format=ustar -b1 -cf t.tar a", "it is no GNU tar archive" },
		{ "echo x >a && truncate -s 1M a && " TAR "-S -cf t.tar a",
		  "it has a sparse file" },
		{ "ln -s .. l && echo x >evil && " TAR
		  "-cf t.tar --transform 's,evil,l/evil,;s,^l$,l,' l evil",
		  "" },
		{ "ln -s /tmp l && echo x >evil && " TAR
		  "-cf t.tar --transform s,evil,l/evil, l evil",
		  "" },
		{ "ln -s /tmp l && mkdir evil && " TAR
		  "-cf t.tar --transform s,evil,l/evil, l evil",
		  "" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * SB_COUNT(bad); i++) {
		struct sb_error err = { 0 };
		const char *const *row = bad[i / 2];

		forge("bad.tar.gz", row[0]);
		sh("rm -rf bad && mkdir bad");
		assert_int_equal((i % 2 ? unpack_beside_at : unpack_at)("bad.tar.gz", "bad", NULL, &err), -1);
		if (!strstr(err.text, row[1]))
			fail_msg("%s: %s", row[0], err.text);
		assert_string_equal(
			sh("ls -d evil bad/../evil /tmp/evil /tmp/slugbuild-evil 2>/dev/null || :"),
			"");
	}
}

static void unpack_replaces_what_an_earlier_layer_left(void **state)
{
	static const char *const later[][2] = {
		{ "ln -s /tmp x && mkdir y && echo dir >y/f && " TAR "-cf t.tar x && " TAR
		  "-rf t.tar --transform s,^y,x, y",
		  "cat two/x/f" },
		{ "echo one >x && " TAR "-cf t.tar x && echo two >x && " TAR "-rf t.tar x",
		  "cat two/x" },
		{ "ln -s /tmp/victim x && " TAR "-cf t.tar x && rm x && echo two >x && " TAR
		  "-rf t.tar x",
		  "cat two/x" },
		{ "echo one >x && " TAR "-cf t.tar x && ln -sf two x && " TAR "-rf t.tar x",
		  "readlink two/x" },
	};
	static const char *const want[] = { "dir", "two", "two", "two" };

	(void)state;
	for (size_t i = 0; i < SB_COUNT(later); i++) {
		struct sb_error err = { 0 };

		forge("two.tar.gz", later[i][0]);
		sh("rm -rf two");
		if (unpack_at("two.tar.gz", "two", NULL, &err) < 0)
			fail_msg("%s: %s", later[i][0], err.text);
		assert_string_equal(sh("%s", later[i][1]), want[i]);
	}
}

static void unpack_leaves_out_what_is_skipped(void **state)
{
	static const char *const skip[] = { ".slugbuild/python", "b", NULL };
	struct sb_error err = { 0 };

	(void)state;
	forge("skip.tar.gz",
	      "mkdir -p .slugbuild/python/x .slugbuild/python2 b bb && : >b/x && : >bb/x && "
	      ": >.slugbuild/python/f && " TAR "-cf t.tar .slugbuild b bb");
	assert_int_equal(unpack_at("skip.tar.gz", "skip", skip, &err), 0);
	assert_string_equal(sh("cd skip && find . -mindepth 1 | sort | tr '\\n' ' '"),
			    "./.slugbuild ./.slugbuild/python2 ./bb ./bb/x ");
}

static void unpack_reads_only_the_part_it_is_given(void **state)
{
	struct sb_piece_store store = store_at("store");
	struct sb_layer layers[2];
	struct sb_error err = { 0 };

	(void)state;
	sh("mkdir -p one two.d part && echo 1 >one/f && echo 2 >two.d/g");
	layers[0] = layer_of("one", NULL, &store);
	layers[1] = layer_of("two.d", NULL, &store);
	slug_of("part.tar.gz", layers, 2);
	SB_AUTO_CLOSE int fd = open(at("part.tar.gz"), O_RDONLY);
	SB_AUTO_CLOSE int dir = open_at("part");

	assert_int_equal(sb_slug_unpack_part(fd, layers[0].size, layers[1].size, dir, NULL, &err),
			 0);
	assert_string_equal(sh("ls part"), "g");
	assert_int_equal(sb_slug_unpack_part(fd, 0, 0, dir, NULL, &err), 0);
	sb_layer_release(&layers[0]);
	sb_layer_release(&layers[1]);
	close(store.dir);
}

/* Folders that change with every file, files of all sizes up to those that are no load for a thread. */
static void files_made_in_parallel_are_those_made_in_turn(void **state)
{
	struct sb_piece_store store = store_at("store");
	struct sb_error err = { 0 };

	(void)state;
	sh("mkdir many && cd many && for i in $(seq 40); do mkdir -p d$i/x e$i && for k in $(seq 80); do "
	   "echo $i $k >d$i/f$k; done && ln -s ../f1 d$i/x/l && seq $i 999$i >d$i/x/n && : >e$i/none && "
	   "chmod 755 d$i/f7; done && for n in 524287 524288 524289 2000000; do head -c $n /dev/zero >z$n; done");
	settle_at("many");
	struct sb_layer layer = layer_of("many", NULL, &store);

	slug_of("many.tar.gz", &layer, 1);
	sb_layer_release(&layer);
	close(store.dir);
	if (unpack_at("many.tar.gz", "in_turn", NULL, &err) < 0 ||
	    unpack_beside_at("many.tar.gz", "parallel", NULL, &err) < 0)
		fail_msg("%s", err.text);
	SB_AUTO_FREE char *in_turn = picture("in_turn"), *parallel = picture("parallel");

	assert_string_equal(parallel, in_turn);
}

static void what_a_thread_cannot_make_is_told(void **state)
{
	struct sb_error err = { 0 };

	(void)state;
	forge("busy.tar.gz", "mkdir d && for i in $(seq 300); do : >d/f$i; done && " TAR "-cf t.tar d");
	sh("mkdir -p busy/d/f7/in_the_way");
	assert_int_equal(unpack_beside_at("busy.tar.gz", "busy", NULL, &err), -1);
	if (!strstr(err.text, "d/f7"))
		fail_msg("%s", err.text);
}

/* Each flipped bit and each cut: refused, or the same files. Never a word outside the folder. */
static void unpack_refuses_damaged_slugs(void **state)
{
	struct sb_piece_store store = store_at("store");
	SB_AUTO(sb_buffer) slug = SB_BUFFER_INIT(1 << 20);
	SB_AUTO_CLOSE int dir = open(scratch, O_RDONLY | O_DIRECTORY);
	struct sb_error err = { 0 };
	size_t refused = 0;

	(void)state;
	sh("mkdir -p small/d && seq 200 >small/d/f && ln -s f small/d/l && echo x >small/x");
	settle_at("small");
	struct sb_layer layer = layer_of("small", NULL, &store);

	slug_of("s.tar.gz", &layer, 1);
	sb_layer_release(&layer);
	close(store.dir);
	SB_AUTO_FREE char *good = picture("small");

	assert_int_equal(sb_read_file(&slug, dir, "s.tar.gz", &err), 0);
	for (size_t i = 0; i < slug.n * 8; i += 5) {
		slug.p[i / 8] ^= (char)(1 << i % 8);
		assert_int_equal(
			sb_write_file(dir, "flip.tar.gz", 0600, sb_buffer_span(&slug), &err), 0);
		slug.p[i / 8] ^= (char)(1 << i % 8);
		assert_int_equal(sb_remove_tree(dir, "flip", &err), 0);
		if ((i % 2 ? unpack_beside_at : unpack_at)("flip.tar.gz", "flip", NULL, &err) < 0) {
			assert_int_equal(err.code, SB_EINPUT);
			refused++;
			continue;
		}
		SB_AUTO_FREE char *now = picture("flip");

		assert_string_equal(now, good);
	}
	assert_true(refused > slug.n * 8 / 5 * 9 / 10);
	for (size_t n = 0; n < slug.n; n++) {
		assert_int_equal(sb_write_file(dir, "cut.tar.gz", 0600,
					       (struct sb_span) { slug.p, n }, &err),
				 0);
		assert_int_equal(sb_remove_tree(dir, "cut", &err), 0);
		assert_int_equal((n % 2 ? unpack_beside_at : unpack_at)("cut.tar.gz", "cut", NULL, &err), -1);
		assert_int_equal(err.code, SB_EINPUT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unpack_refuses_what_leads_outside),
		cmocka_unit_test(unpack_replaces_what_an_earlier_layer_left),
		cmocka_unit_test(unpack_leaves_out_what_is_skipped),
		cmocka_unit_test(unpack_reads_only_the_part_it_is_given),
		cmocka_unit_test(files_made_in_parallel_are_those_made_in_turn),
		cmocka_unit_test(what_a_thread_cannot_make_is_told),
		cmocka_unit_test(unpack_refuses_damaged_slugs),
	};

	return cmocka_run_group_tests_name("unpack", tests, scratch_make, scratch_drop);
}
