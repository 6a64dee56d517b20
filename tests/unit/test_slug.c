#include "slugs.h"

/* A folder with all that is awkward in names, and in sizes. */
static void make_awkward(const char *name)
{
	sh("mkdir -p %s/empty %s/d/ee/f && cd %s && : >zero && printf x >one && printf "
	   "'#!/bin/sh\\n' >run && "
	   "chmod 755 run && head -c 511 /dev/zero >b511 && head -c 512 /dev/zero >b512 && "
	   "head -c 513 /dev/zero >b513 && head -c 3000000 /dev/zero >big && seq 400000 >numbers "
	   "&& "
	   "ln -s one link && ln -s $(printf '%%0300d' 0) longlink && ln -s /etc/passwd out && "
	   "ln -s ../../.. d/up && n=$(printf '%%099d' 0) && : >$n && : >${n}1 && : >${n}12 && "
	   "mkdir $n.d && : >$n.d/$n && n=$(printf '%%0250d' 0) && mkdir $n && echo deep >$n/$n && "
	   "ln -s $n/$n $n/l$n && mkdir $n/d${n%%?????}",
	   name, name, name);
	for (int c = 1; c < 256; c++) {
		char path[300];

		if (c == '/' || c == '.')
			continue;
		snprintf(path, sizeof(path), "%s/d/%c", name, c);
		FILE *f = fopen(at(path), "w");

		assert_non_null(f);
		fprintf(f, "byte %d\n", c);
		fclose(f);
	}
	sh("chmod 640 %s/one; chmod 700 %s/d/ee", name, name);
	settle_at(name);
	sh("find %s -type d -exec chmod 755 {} +; chmod 644 %s/one", name, name);
}

static void slug_gives_back_what_went_in(void **state)
{
	struct sb_piece_store store = store_at("store");
	struct sb_layer layer;
	struct sb_error err = { 0 };

	(void)state;
	make_awkward("in");
	layer = layer_of("in", NULL, &store);
	slug_of("a.tar.gz", &layer, 1);
	if (unpack_at("a.tar.gz", "out", NULL, &err) < 0)
		fail_msg("%s", err.text);

	SB_AUTO_FREE char *before = picture("in"), *after = picture("out");

	assert_string_equal(before, after);
	if (unpack_beside_at("a.tar.gz", "beside", NULL, &err) < 0)
		fail_msg("%s", err.text);
	SB_AUTO_FREE char *beside = picture("beside");

	assert_string_equal(before, beside);
	sh("mkdir pieces");
	SB_AUTO_CLOSE int dir = open_at("pieces");

	assert_int_equal(sb_layer_unpack(&layer, dir, &err), 0);
	SB_AUTO_FREE char *pieces = picture("pieces");

	assert_string_equal(before, pieces);
	sb_layer_release(&layer);
	close(store.dir);
}

/* Each extractor on this machine sees the same files. */
static void slug_is_read_by_every_tar(void **state)
{
	static const char *const tars[][2] = {
		{ "tar", "tar -xzf ../a.tar.gz" },
		{ "bsdtar", "bsdtar -xzf ../a.tar.gz" },
		{ "busybox", "busybox tar -xzf ../a.tar.gz" },
		{ "python3", "python3 -c \"import tarfile; t = tarfile.open('../a.tar.gz', "
			     "errors='surrogateescape', "
			     "encoding='utf-8'); t.extractall()\"" },
	};
	SB_AUTO_FREE char *before = picture("in");

	(void)state;
	for (size_t i = 0; i < SB_COUNT(tars); i++) {
		if (*sh("command -v %s >/dev/null || echo none", tars[i][0])) {
			print_message("# SKIP %s: not on this machine\n", tars[i][0]);
			continue;
		}
		for (int locale = 0; locale < 2; locale++) {
			const char *said =
				sh("rm -rf x && mkdir x && cd x && umask 022 && LC_ALL=%s %s 2>&1",
				   locale ? "C.UTF-8" : "C", tars[i][1]);

			if (*said && strcmp(tars[i][0], "busybox"))
				fail_msg("%s: %s", tars[i][0], said);
			/* busybox sets the times of files only */
			sh("cp -a in in0; for d in x in0; do find $d -depth ! -type f -exec touch "
			   "-hd @0 {} +; done");
			SB_AUTO_FREE char *x = picture("x"), *in0 = picture("in0");

			sh("rm -rf in0");
			if (strcmp(x, in0))
				fail_msg("%s reads another tree", tars[i][0]);
		}
	}
	free(before);
	before = NULL;
	assert_string_equal(sh("LC_ALL=C tar -tvzf a.tar.gz | awk '{print $2}' | sort -u"), "0/0");
}

static void slug_is_the_same_wherever_it_is_made(void **state)
{
	SB_AUTO_FREE char *first = strdup(sh("sha256sum <a.tar.gz | cut -c1-64"));
	static const struct {
		unsigned threads, mask;
		const char *tz, *store;
	} ways[] = {
		{ 1, 022, "UTC", "s1" },
		{ 8, 077, "Asia/Tokyo", "s2" },
		{ 3, 0, "America/Lima", "s3" },
		{ 2, 027, "UTC", "store" },
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(ways); i++) {
		struct sb_piece_store store = store_at(ways[i].store);
		struct sb_layer layer;

		store.threads = ways[i].threads;
		setenv("TZ", ways[i].tz, 1);
		mode_t mask = umask(ways[i].mask);
		sh("rm -rf moved; cp -a in moved");
		layer = layer_of("moved", NULL, &store);
		assert_string_equal(slug_of("b.tar.gz", &layer, 1), first);
		assert_int_equal(layer.reused, i == 3 ? layer.n : 0);
		umask(mask);
		sb_layer_release(&layer);
		close(store.dir);
	}
}

struct seen {
	size_t n;
	int64_t bytes;
	bool big, link;
};

static int see(void *ctx, const struct sb_slug_entry *entry)
{
	struct seen *seen = ctx;

	seen->n++;
	seen->bytes += entry->size;
	seen->big = seen->big || (!strcmp(entry->path, "big") && entry->size == 3000000);
	seen->link = seen->link || (entry->link && !strcmp(entry->link, "/etc/passwd"));
	return 0;
}

static void slug_lists_and_gives_single_files(void **state)
{
	SB_AUTO_FREE char *digest = strdup(sh("sha256sum <a.tar.gz | cut -c1-64"));
	SB_AUTO_CLOSE int fd = open(at("a.tar.gz"), O_RDONLY);
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(1000);
	struct seen seen = { 0 };
	struct sb_error err = { 0 };

	(void)state;
	assert_int_equal(sb_slug_list(fd, digest, see, &seen, &err), 0);
	assert_true(seen.big && seen.link);
	assert_int_equal(seen.n,
			 strtoul(sh("find in -mindepth 1 | tr -dc '\\n' | wc -c; "), NULL, 10) - 1);
	assert_int_equal(sb_slug_file(&out, fd, "one", &err), 0);
	assert_string_equal(out.p, "x");
	assert_int_equal(sb_slug_file(&out, fd, "two", &err), -1);
	assert_int_equal(err.code, SB_ENOENT);
	assert_int_equal(sb_slug_file(&out, fd, "link", &err), -1);
	assert_int_equal(err.code, SB_ENOENT);
	assert_int_equal(sb_slug_file(&out, fd, "big", &err), -1);
	assert_int_equal(err.code, SB_ELIMIT);
	digest[0] = digest[0] == '0' ? '1' : '0';
	assert_int_equal(sb_slug_list(fd, digest, see, &seen, &err), -1);
	assert_int_equal(err.code, SB_EINPUT);
}

static void slug_over_its_limit_names_the_largest(void **state)
{
	struct sb_piece_store store = store_at("store");
	struct sb_layer layer = layer_of("in", NULL, &store);
	struct sb_settings small = { .level = 6, .slug_bytes = 1000 };
	SB_AUTO_CLOSE int dir = open(scratch, O_RDONLY | O_DIRECTORY);
	struct sb_slug slug = { 0 };
	struct sb_error err = { 0 };

	(void)state;
	assert_int_equal(sb_slug_write(&slug, &layer, 1, dir, "c.tar.gz", &small, &err), -1);
	assert_int_equal(err.code, SB_ELIMIT);
	assert_non_null(strstr(err.fix, "     2.9 MiB  big\n     2.6 MiB  numbers\n"));
	assert_non_null(strstr(err.fix, ".slugignore"));
	assert_int_equal(slug.size, 0);
	assert_true(access(at("c.tar.gz"), F_OK) < 0);
	sb_layer_release(&layer);
	close(store.dir);
}

static void slug_of_nothing_is_a_slug(void **state)
{
	struct sb_error err = { 0 };

	(void)state;
	slug_of("none.tar.gz", NULL, 0);
	assert_string_equal(sh("tar -tzf none.tar.gz"), "");
	if (unpack_at("none.tar.gz", "none", NULL, &err) < 0)
		fail_msg("%s", err.text);
}

static void slug_misses_a_piece(void **state)
{
	struct sb_piece_store store = store_at("lost");
	struct sb_layer layer = layer_of("in", NULL, &store);
	SB_AUTO_CLOSE int dir = open(scratch, O_RDONLY | O_DIRECTORY);
	struct sb_slug slug = { 0 };
	struct sb_error err = { 0 };

	(void)state;
	assert_int_equal(truncate(layer.piece[0].path, 5), 0);
	assert_int_equal(sb_slug_write(&slug, &layer, 1, dir, "d.tar.gz", &slug_settings, &err),
			 -1);
	assert_int_equal(err.code, SB_ESYS);
	assert_string_equal(sh("ls -A | grep -e d.tar -e tmp- || :"), "");
	sb_layer_release(&layer);
	layer = layer_of("in", NULL, &store); /* made again */
	slug_of("d.tar.gz", &layer, 1);
	sh("cmp a.tar.gz d.tar.gz");
	sb_layer_release(&layer);
	close(store.dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slug_gives_back_what_went_in),
		cmocka_unit_test(slug_is_read_by_every_tar),
		cmocka_unit_test(slug_is_the_same_wherever_it_is_made),
		cmocka_unit_test(slug_lists_and_gives_single_files),
		cmocka_unit_test(slug_over_its_limit_names_the_largest),
		cmocka_unit_test(slug_of_nothing_is_a_slug),
		cmocka_unit_test(slug_misses_a_piece),
	};

	return cmocka_run_group_tests_name("slug", tests, scratch_make, scratch_drop);
}
