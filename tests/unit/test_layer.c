#include "slugs.h"
#include "source/repo.h"

static struct sb_layer tree_layer(const char *repo_name, const char *rev, const char *ignore_text,
				  const struct sb_piece_store *store)
{
	SB_AUTO(sb_repo) repo = { 0 };
	SB_AUTO(sb_ignore) ignore = { 0 };
	struct sb_commit commit;
	struct sb_layer layer = { 0 };
	struct sb_error err = { 0 };
	char oid[SB_OID_MAX + 1];

	assert_int_equal(sb_ignore_parse(&ignore, sb_span_of(ignore_text)), 0);
	if (sb_repo_open(&repo, at(repo_name), &err) < 0 ||
	    sb_repo_resolve(&repo, rev, oid, &err) < 0 ||
	    sb_repo_commit(&repo, oid, &commit, &err) < 0 ||
	    sb_layer_from_tree(&layer, "app", &repo, commit.tree, &ignore, ignore_text, store,
			       &slug_settings, &err) < 0)
		fail_msg("%s", err.text);
	return layer;
}

/* 40 folders of 100 files, 1000 in one folder, a deep one, and a few odd things. */
static void make_repo(void)
{
	sh("mkdir r && cd r && git init -q -b main && for d in $(seq 40); do mkdir -p many/d$d; "
	   "seq $d 100 $((d*100+10000)) | split -l 1 - many/d$d/f; done");
	sh("cd r && mkdir wide && seq 1000 | split -a 3 -l 1 - wide/w && for i in wide/w*; do seq "
	   "$(cat $i) >>$i; done");
	sh("cd r && d=deep && for i in $(seq 60); do d=$d/$i; mkdir -p $d; echo $i >$d/file; done");
	sh("cd r && mkdir odd && : >odd/empty && echo run >odd/run && chmod +x odd/run && ln -s "
	   "../wide odd/link && "
	   "ln -s $(printf '%%0200d' 1) odd/long && seq 1000000 >odd/big && printf 'x' "
	   ">'odd/tab\tnew\nline' && "
	   "git add -A && git update-index --add --cacheinfo "
	   "160000,1111111111111111111111111111111111111111,odd/sub && "
	   "git commit -qm one && git update-server-info");
}

static void layer_of_a_tree_holds_the_tree(void **state)
{
	struct sb_piece_store store = store_at("store");
	struct sb_error err = { 0 };

	(void)state;
	make_repo();
	struct sb_layer layer = tree_layer("r", "main", "", &store);

	assert_true(layer.n > 4);
	assert_int_equal(layer.reused, 0);
	slug_of("r.tar.gz", &layer, 1);
	if (unpack_at("r.tar.gz", "r.out", NULL, &err) < 0)
		fail_msg("%s", err.text);
	sh("rmdir r.out/odd/sub && mkdir r.co && cd r && git archive main | tar -x -C ../r.co && "
	   "rmdir ../r.co/odd/sub");
	sh("diff -r --no-dereference r.out r.co");
	assert_string_equal(sh("find r.out -type f -perm 755"), "r.out/odd/run");
	assert_string_equal(
		sh("find r.out -mindepth 1 -type d ! -newermt @315532799 -o -type d ! -perm 755"),
		"");
	assert_string_equal(sh("tar -tzf r.tar.gz | sort | uniq -d"), "");
	assert_int_equal(layer.files, strtol(sh("find r.out -type f -printf x | wc -c"), NULL, 10));
	sb_layer_release(&layer);
	close(store.dir);
}

static void layer_of_a_tree_is_found_again(void **state)
{
	struct sb_piece_store store = store_at("store"), fresh = store_at("store2");
	struct sb_layer layer = tree_layer("r", "main", "", &store);

	(void)state;
	assert_int_equal(layer.reused, layer.n);
	sb_layer_release(&layer);

	fresh.threads = 1;
	layer = tree_layer("r", "main", "", &fresh);
	assert_int_equal(layer.reused, 0);
	slug_of("again.tar.gz", &layer, 1);
	sb_layer_release(&layer);
	fresh.no_cache = true;
	layer = tree_layer("r", "main", "", &fresh);
	assert_int_equal(layer.reused, 0);
	slug_of("again2.tar.gz", &layer, 1);
	sh("cmp r.tar.gz again.tar.gz && cmp r.tar.gz again2.tar.gz");
	sb_layer_release(&layer);
	close(store.dir);
	close(fresh.dir);
}

/* A change costs a piece or two, and gives what making all of it again gives. */
static void layer_of_too_many_bytes_is_not_made(void **state)
{
	static const struct {
		int64_t bytes, blob;
		const char *says;
	} rows[] = {
		{ 250000, 0, "the files up to here have" },
		{ 0, 99999, "a file of 100000 bytes; the limit is 99999" },
		{ 1000000, 100000, NULL },
	};
	struct sb_piece_store store = store_at("room");
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_ignore none = { 0 };
	struct sb_error err = { 0 };
	char tree[SB_OID_MAX + 1];

	(void)state;
	snprintf(tree, sizeof(tree), "%s",
		 sh("git init -q room-repo; cd room-repo; head -c 100000 /dev/zero >a; for f in b "
		    "c d; "
		    "do cp a $f; done; git add .; git write-tree"));
	assert_int_equal(sb_repo_open(&repo, at("room-repo"), &err), 0);
	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		SB_AUTO(sb_layer) layer = { 0 };
		struct sb_settings settings = slug_settings;

		settings.max_bytes = rows[i].bytes;
		settings.max_blob = rows[i].blob;
		assert_int_equal(sb_layer_from_tree(&layer, "app", &repo, tree, &none, "", &store,
						    &settings, &err),
				 rows[i].says ? -1 : 0);
		if (rows[i].says)
			assert_non_null(strstr(err.text, rows[i].says));
	}
}

static void layer_of_a_changed_tree_reuses_the_rest(void **state)
{
	static const char *const edits[] = {
		"echo change >>wide/waab",
		"echo new >wide/waaba",
		"rm many/d7/faa",
		"echo x >deep/1/2/3/4/5/6/new",
		"echo x >aaa",
		"mkdir many/new && echo x >many/new/x",
		"git mv many/d3 many/e3",
		"chmod +x many/d9/fab",
		"rm odd/link && echo file >odd/link",
		"rm -r wide && echo file >wide",
	};
	struct sb_piece_store store = store_at("store");

	(void)state;
	for (size_t i = 0; i < SB_COUNT(edits); i++) {
		char name[16];

		sh("cd r && %s && git add -A && git commit -qm edit", edits[i]);
		snprintf(name, sizeof(name), "fresh%zu", i);
		struct sb_piece_store fresh = store_at(name);
		struct sb_layer layer = tree_layer("r", "main", "", &store);
		struct sb_layer all = tree_layer("r", "main", "", &fresh);

		assert_true(layer.n - layer.reused <= 3);
		slug_of("edit.tar.gz", &layer, 1);
		slug_of("all.tar.gz", &all, 1);
		sh("cmp edit.tar.gz all.tar.gz");
		sb_layer_release(&layer);
		sb_layer_release(&all);
		close(fresh.dir);
	}
	close(store.dir);
}

static void layer_of_a_tree_leaves_out_what_is_ignored(void **state)
{
	struct sb_piece_store store = store_at("store");
	struct sb_layer layer = tree_layer("r", "main", "many\n*.md\nodd/big\n", &store);

	(void)state;
	slug_of("ignore.tar.gz", &layer, 1);
	assert_string_equal(sh("tar -tzf ignore.tar.gz | grep -e ^many -e odd/big || :"), "");
	assert_string_equal(sh("tar -tzf ignore.tar.gz | grep odd/run"), "odd/run");
	sb_layer_release(&layer);
	layer = tree_layer("r", "main", "/*\n", &store);
	assert_int_equal(layer.n, 0);
	sb_layer_release(&layer);
	close(store.dir);
}

static void layer_of_a_folder_reuses_its_pieces(void **state)
{
	static const char key[] =
		"00000000000000000000000000000000000000000000000000000000000000aa";
	static const char other[] =
		"00000000000000000000000000000000000000000000000000000000000000bb";
	struct sb_piece_store store = store_at("store3");

	(void)state;
	sh("p=f/.slugbuild/python/lib/python3.11/site-packages; for i in $(seq 12); do mkdir -p "
	   "$p/pack$i; "
	   "for j in $(seq 60); do seq $i $((i*j*7)) >$p/pack$i/m$j.py; done; done; seq 700000 "
	   ">$p/pack5/large.so");
	settle_at("f");
	struct sb_layer layer = layer_of("f", key, &store);
	size_t n = layer.n;

	assert_true(n > 3);
	assert_int_equal(layer.reused, 0);
	assert_string_equal(layer.key, key);
	sb_layer_release(&layer);
	sh("mv f g && mkdir f"); /* known by its key: the folder is not looked at */
	layer = layer_of("f", key, &store);
	assert_int_equal(layer.reused, n);
	assert_int_equal(layer.n, n);
	sb_layer_release(&layer);
	sh("rmdir f && mv g f && echo change "
	   ">>f/.slugbuild/python/lib/python3.11/site-packages/pack3/m7.py");
	settle_at("f");
	layer = layer_of("f", other, &store);
	assert_true(layer.n - layer.reused <= 2);
	sb_layer_release(&layer);
	layer = layer_of("f", NULL, &store);
	assert_int_equal(layer.reused, layer.n);
	assert_true(sb_is_digest(layer.key));
	char content[SB_DIGEST_HEX];

	memcpy(content, layer.key, sizeof(content));
	sb_layer_release(&layer);
	struct sb_piece_store fresh = store_at("store4");

	layer = layer_of("f", NULL, &fresh);
	assert_string_equal(layer.key, content);
	SB_AUTO_JSON json_t *json = sb_layer_json(&layer);

	assert_string_equal(sb_json_text(json, "key", ""), content);
	assert_int_equal(json_array_size(sb_json_at(json, "pieces")), layer.n);
	sb_layer_release(&layer);
	close(store.dir);
	close(fresh.dir);
}

static void layer_of_a_folder_refuses_what_is_no_file(void **state)
{
	struct sb_piece_store store = store_at("store");
	SB_AUTO(sb_layer) layer = { 0 };
	struct sb_error err = { 0 };

	(void)state;
	sh("mkdir -p odd/in && mkfifo odd/in/pipe");
	SB_AUTO_CLOSE int dir = open_at("odd");

	assert_int_equal(
		sb_layer_from_folder(&layer, "odd", dir, NULL, &store, &slug_settings, &err), -1);
	assert_int_equal(err.code, SB_EBUILD);
	assert_string_equal(err.where, "in/pipe");
	assert_string_equal(sh("ls -A store | grep tmp- || :"), "");
	close(store.dir);
}

/* A store that was hurt gives other pieces, never a broken slug. */
static void layer_is_made_again_where_the_store_is_hurt(void **state)
{
	static const char *const hurts[] = {
		"find store5 -name '*.gz' | head -n 1 | xargs rm",
		"find store5 -name '*.list' -exec truncate -s 70 {} +",
		"find store5 -name '*.list' -exec truncate -s 0 {} +",
		"find store5 -name '*.gz' -exec truncate -s 1 {} +",
		"find store5 -name '*.list' -exec sed -i 's/ [0-9]/ x/' {} +",
		"rm -rf store5/*",
	};
	struct sb_piece_store store = store_at("store5");

	(void)state;
	struct sb_layer layer = tree_layer("r", "main", "", &store);

	slug_of("whole.tar.gz", &layer, 1);
	sb_layer_release(&layer);
	for (size_t i = 0; i < SB_COUNT(hurts); i++) {
		sh("%s", hurts[i]);
		layer = tree_layer("r", "main", "", &store);
		slug_of("hurt.tar.gz", &layer, 1);
		sh("cmp whole.tar.gz hurt.tar.gz");
		sb_layer_release(&layer);
	}
	close(store.dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layer_of_a_tree_holds_the_tree),
		cmocka_unit_test(layer_of_a_tree_is_found_again),
		cmocka_unit_test(layer_of_too_many_bytes_is_not_made),
		cmocka_unit_test(layer_of_a_changed_tree_reuses_the_rest),
		cmocka_unit_test(layer_of_a_tree_leaves_out_what_is_ignored),
		cmocka_unit_test(layer_of_a_folder_reuses_its_pieces),
		cmocka_unit_test(layer_of_a_folder_refuses_what_is_no_file),
		cmocka_unit_test(layer_is_made_again_where_the_store_is_hurt),
	};

	return cmocka_run_group_tests_name("layer", tests, scratch_make, scratch_drop);
}
