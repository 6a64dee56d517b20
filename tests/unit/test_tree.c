#include "hashes.h"
#include "scratch.h"
#include "source/tree.h"

#include <fcntl.h>
#include <sys/stat.h>

#define ID20 "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22\23\24"

static int parse(struct sb_tree *tree, const char *bytes, size_t n, struct sb_error *err)
{
	return sb_tree_parse(tree, (struct sb_span) { bytes, n }, "app", err);
}
#define PARSE(tree, bytes, err) parse(tree, bytes, sizeof(bytes) - 1, err)

static void tree_knows_each_kind_of_entry(void **state)
{
	static const char raw[] =
		"100666 a\0" ID20 "100755 b\0" ID20 "120000 c\0" ID20 "40000 d\0" ID20
		"160000 e\0" ID20 "040000 f\0" ID20 "100600 g\0" ID20 "100744 h\0" ID20;
	static const enum sb_kind kind[] = { SB_FILE,      SB_PROGRAM, SB_LINK, SB_DIR,
					     SB_SUBMODULE, SB_DIR,     SB_FILE, SB_PROGRAM };
	SB_AUTO(sb_tree) tree = { 0 };
	struct sb_error err = { 0 };

	(void)state;
	assert_int_equal(PARSE(&tree, raw, &err), 0);
	assert_int_equal(tree.n, SB_COUNT(kind));
	for (size_t i = 0; i < tree.n; i++)
		assert_int_equal(tree.entry[i].kind, kind[i]);
	assert_string_equal(tree.entry[1].oid, "0102030405060708090a0b0c0d0e0f1011121314");
	assert_string_equal(sb_tree_entry(&tree, "d")->name, "d");
	assert_null(sb_tree_entry(&tree, "nope"));
}

static void tree_refuses_names_that_mean_something_else(void **state)
{
	static const char *const bad[] = {
		".",
		"..",
		".git",
		".GIT",
		".gIt",
		"git~1",
		"GIT~1",
		".git ",
		".git.",
		".git . .",
		"git~1...",
		".git::$INDEX_ALLOCATION",
		".git:x",
		"a\\.git\\x",
		".git\\x",
		"\\.git",
		"",
		"a/b",
		"/",
		".g\u200cit",
		"\u200d.git",
		".git\ufeff",
		".\u202eg\u206ait",
		".Gi\u200ft ",
		"git~1\u200c",
	};
	static const char *const good[] = {
		".gitignore", ".gitmodules", "git",       "git~2",  ".git-x",     "x.git",
		".gitx",      "...",         "a\\b",      " ",      ".g\u2028it", "\xff\xfe",
		"\x1b[31m",   "a\nb",        "caf\u00e9", "git~10",
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(bad) + SB_COUNT(good); i++) {
		bool is_bad = i < SB_COUNT(bad);
		const char *name = is_bad ? bad[i] : good[i - SB_COUNT(bad)];
		SB_AUTO(sb_buffer) raw = SB_BUFFER_INIT(1000);
		SB_AUTO(sb_tree) tree = { 0 };
		struct sb_error err = { 0 };

		sb_buffer_addf(&raw, "100644 %s", name);
		sb_buffer_add(&raw, (struct sb_span) { "\0" ID20, 21 });
		int rc = parse(&tree, raw.p, raw.n, &err);

		if (rc != (is_bad ? -1 : 0))
			fail_msg("\"%s\" was %s", name, is_bad ? "accepted" : err.text);
		if (is_bad) {
			assert_int_equal(err.code, SB_EINPUT);
			assert_memory_equal(err.where, "app/", 4);
		}
	}
}

static void tree_refuses_long_names(void **state)
{
	struct sb_error err = { 0 };

	(void)state;
	for (size_t n = 255; n <= 256; n++) {
		SB_AUTO(sb_buffer) raw = SB_BUFFER_INIT(1000);
		SB_AUTO(sb_tree) tree = { 0 };

		sb_buffer_adds(&raw, "100644 ");
		for (size_t i = 0; i < n; i++)
			sb_buffer_addc(&raw, 'x');
		sb_buffer_add(&raw, (struct sb_span) { "\0" ID20, 21 });
		assert_int_equal(parse(&tree, raw.p, raw.n, &err), n == 255 ? 0 : -1);
	}
}

#define ROW(bytes, says) \
	{ \
		bytes, sizeof(bytes) - 1, says \
	}
static void tree_refuses_what_git_never_writes(void **state)
{
	static const struct {
		const char *raw;
		size_t n;
		const char *says;
	} bad[] = {
		ROW("100644 a\0" ID20 "100644 a\0" ID20, "\"app/a\" stands twice in its folder"),
		ROW("100644 a\0" ID20 "100644 a.b\0" ID20 "40000 a\0" ID20,
		    "\"app/a\" stands twice in its folder"),
		ROW("100644 b\0" ID20 "100644 a\0" ID20,
		    "\"app/a\" is out of order in its tree object"),
		ROW("40000 a\0" ID20 "100644 a.b\0" ID20,
		    "\"app/a.b\" is out of order in its tree object"),
		ROW("104755 a\0" ID20, "\"app/a\" has mode 104755, which is none of git's"),
		ROW("10644 a\0" ID20, "\"app/a\" has mode 10644, which is none of git's"),
		ROW("20666 a\0" ID20, "\"app/a\" has mode 20666, which is none of git's"),
		ROW("40755 a\0" ID20, "\"app/a\" has mode 40755, which is none of git's"),
		ROW("120777 a\0" ID20, "\"app/a\" has mode 120777, which is none of git's"),
		ROW("0000100644 a\0" ID20, "\"app/a\" has mode 0000100644, which is none of git's"),
		ROW("100648 a\0" ID20, "\"app/a\" has mode 100648, which is none of git's"),
		ROW(" a\0" ID20, "\"app/a\" has mode , which is none of git's"),
		ROW("100644 a\0"
		    "1234567890123456789",
		    "the tree object of \"app/\" is cut off"),
		ROW("100644 a", "the tree object of \"app/\" is cut off"),
		ROW("100644", "the tree object of \"app/\" is cut off"),
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(bad); i++) {
		SB_AUTO(sb_tree) tree = { 0 };
		struct sb_error err = { 0 };

		assert_int_equal(parse(&tree, bad[i].raw, bad[i].n, &err), -1);
		assert_string_equal(err.text, bad[i].says);
		assert_int_equal(err.code, SB_EINPUT);
		assert_null(tree.entry);
	}
}

/* A repository with one of everything; returns the id of HEAD's tree. */
static int open_sample(struct sb_repo *repo, char tree[SB_OID_MAX + 1])
{
	struct sb_error err = { 0 };
	struct sb_commit commit;
	char oid[SB_OID_MAX + 1];

	if (access(at("sample"), F_OK) < 0)
		sh("git init -q sample; cd sample; mkdir -p a/deep x; echo 1 >a/deep/f; echo 2 "
		   ">a.b;"
		   "echo 3 >x/prog; chmod 755 x/prog; ln -s ../a/deep/f x/link; : >empty;"
		   "ln -s /etc/passwd out; printf 'a\\r\\nb' >crlf; echo 'crlf text eol=lf' "
		   ">.gitattributes;"
		   "git -c core.autocrlf=false add -f a a.b x empty out .gitattributes;"
		   "git update-index --add --cacheinfo 100644,$(git hash-object --no-filters -w "
		   "crlf),crlf;"
		   "git update-index --add --cacheinfo "
		   "160000," ONES ",sub;"
		   "head -c 9000000 /dev/urandom >big; git add big;"
		   "git commit -qm one; git repack -adq");
	if (sb_repo_open(repo, at("sample"), &err) < 0 ||
	    sb_repo_resolve(repo, "HEAD", oid, &err) < 0 ||
	    sb_repo_commit(repo, oid, &commit, &err) < 0)
		fail_msg("%s", err.text);
	memcpy(tree, commit.tree, sizeof(commit.tree));
	return 0;
}

static int note(void *ctx, const char *path, const struct sb_entry *entry, struct sb_error *err)
{
	(void)err;
	sb_buffer_addf(ctx, "%s%s ", path, entry->kind == SB_DIR ? "/" : "");
	return entry->kind == SB_DIR && !strcmp(path, "x") ? SB_SKIP : 0;
}

static void tree_walks_in_the_order_of_a_slug(void **state)
{
	SB_AUTO(sb_buffer) seen = SB_BUFFER_INIT(4096);
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_error err = { 0 };
	char tree[SB_OID_MAX + 1];

	(void)state;
	open_sample(&repo, tree);
	assert_int_equal(sb_tree_walk(&repo, tree, NULL, note, &seen, &err), 0);
	assert_string_equal(seen.p, ".gitattributes a/ a/deep/ a/deep/f a.b big crlf empty out sub "
				    "x/ ");
}

static void tree_stops_at_limits_of_a_walk(void **state)
{
	SB_AUTO(sb_buffer) seen = SB_BUFFER_INIT(4096);
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_error err = { 0 };
	char tree[SB_OID_MAX + 1];

	(void)state;
	open_sample(&repo, tree);
	assert_int_equal(sb_tree_walk(&repo, tree, &(struct sb_walk_limits) { .files = 5 }, note,
				      &seen, &err),
			 -1);
	assert_int_equal(err.code, SB_ELIMIT);
	assert_string_equal(err.where, "big");
	assert_int_equal(sb_tree_walk(&repo, tree, &(struct sb_walk_limits) { .depth = 2 }, note,
				      &seen, &err),
			 -1);
	assert_int_equal(err.code, SB_ELIMIT);
	assert_string_equal(err.where, "a/deep");
	assert_int_equal(
		sb_tree_walk(&repo, tree, &(struct sb_walk_limits) { 15, 3 }, note, &seen, &err),
		0);
}

static void tree_ends_a_bomb_in_time(void **state)
{
	SB_AUTO(sb_repo) repo = { 0 };
	SB_AUTO(sb_buffer) seen = SB_BUFFER_INIT(1);
	struct sb_error err = { 0 };
	char tree[SB_OID_MAX + 1];

	(void)state;
	sh("git init -q bomb; cd bomb; t=$(printf '100644 blob %%s\\tf\\n' $(git hash-object -w "
	   "--stdin "
	   "</dev/null) | git mktree); for i in 1 2 3 4 5 6 7 8 9 10; do t=$(for n in 0 1 2 3 4 5 "
	   "6 7 8"
	   " 9; do printf '040000 tree %%s\\t%%s\\n' $t $n; done | git mktree); done; echo $t "
	   ">../bomb.id");
	snprintf(tree, sizeof(tree), "%s", sh("cat bomb.id"));
	assert_int_equal(sb_repo_open(&repo, at("bomb"), &err), 0);
	assert_int_equal(sb_tree_walk(&repo, tree, &(struct sb_walk_limits) { 200000, 64 }, note,
				      &seen, &err),
			 -1);
	assert_int_equal(err.code, SB_ELIMIT);
}

static void tree_finds_paths(void **state)
{
	static const struct {
		const char *path;
		int found;
		enum sb_kind kind;
	} rows[] = {
		{ "", 1, SB_DIR },           { "a", 1, SB_DIR },
		{ "a/", 1, SB_DIR },         { "a/deep/f", 1, SB_FILE },
		{ "x/prog", 1, SB_PROGRAM }, { "x/link", 1, SB_LINK },
		{ "x/link/f", 0, 0 },        { "a/nope", 0, 0 },
		{ "a.b/f", 0, 0 },           { "..", 0, 0 },
		{ "sub", 1, SB_SUBMODULE },  { "sub/x", 0, 0 },
	};
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_error err = { 0 };
	char tree[SB_OID_MAX + 1];

	(void)state;
	open_sample(&repo, tree);
	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		struct sb_entry entry = { 0 };

		assert_int_equal(sb_tree_find(&repo, tree, rows[i].path, &entry, &err),
				 rows[i].found);
		if (rows[i].found)
			assert_int_equal(entry.kind, rows[i].kind);
		assert_null(entry.name);
	}
}

static int count(void *ctx, struct sb_span part, struct sb_error *err)
{
	int64_t *n = ctx;

	*n += (int64_t)part.n;
	return *n > 6000000 && *n < 7000000 ? sb_fail(err, SB_ECANCEL, "enough") : 0;
}

static void blobs_come_whole_and_in_parts(void **state)
{
	SB_AUTO(sb_buffer) small = SB_BUFFER_INIT(3), big = SB_BUFFER_INIT(10 << 20);
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_error err = { 0 };
	struct sb_entry entry;
	char tree[SB_OID_MAX + 1];
	int64_t size = 0, n = 0;

	(void)state;
	open_sample(&repo, tree);
	assert_int_equal(sb_tree_find(&repo, tree, "crlf", &entry, &err), 1);
	assert_int_equal(sb_blob_read(&small, &repo, entry.oid, &err), -1);
	assert_int_equal(err.code, SB_ELIMIT);
	assert_int_equal(small.n, 0);
	small.max = 4;
	assert_int_equal(sb_blob_read(&small, &repo, entry.oid, &err), 0);
	assert_string_equal(small.p, "a\r\nb");

	assert_int_equal(sb_tree_find(&repo, tree, "big", &entry, &err), 1);
	assert_int_equal(sb_blob_size(&repo, entry.oid, &size, &err), 0);
	assert_int_equal(size, 9000000);
	assert_int_equal(sb_blob_stream(&repo, entry.oid, count, &n, &err),
			 -1); /* stopped midway */
	assert_string_equal(err.text, "enough");
	for (int i = 0; i < 2; i++) {
		sb_buffer_clear(&big);
		if (sb_blob_read(&big, &repo, entry.oid, &err) < 0)
			fail_msg("%s", err.text);
		assert_int_equal(big.n, 9000000);
	}
	FILE *file = fopen(at("sample/big"), "rb");
	char *bytes = sb_xcalloc(1, 9000000);

	assert_int_equal(fread(bytes, 1, 9000000, file), 9000000);
	assert_memory_equal(bytes, big.p, 9000000);
	fclose(file);
	free(bytes);
	assert_int_equal(sb_blob_size(&repo, tree, &size, &err), -1);
	assert_int_equal(sb_blob_size(&repo, ONES, &size, &err), -1);
	assert_string_equal(err.text, "object " ONES " is missing from the repository");
}

static void small_deltas_of_big_blobs_are_read_through_git(void **state)
{
	SB_AUTO(sb_buffer) small = SB_BUFFER_INIT(8 << 20);
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_error err = { 0 };
	char oid[SB_OID_MAX + 1];

	(void)state;
	/* big enough that libgit2 would need more memory than it gets, to make the small one */
	snprintf(oid, sizeof(oid), "%s",
		 sh("git init -q delta; cd delta; head -c 9000000 /dev/urandom >a; head -c 8000000 "
		    "a >b;"
		    "cp a c; echo x >>c; git add a b c; git commit -qm x; git repack -adfq;"
		    "git verify-pack -v .git/objects/pack/*.idx | grep -q ' 1 [0-9a-f]*$';"
		    "git rev-parse HEAD:b"));
	assert_int_equal(sb_repo_open(&repo, at("delta"), &err), 0);
	if (sb_blob_read(&small, &repo, oid, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(small.n, 8000000);
	assert_non_null(repo.git_program);
}

static bool skip_x(void *ctx, const char *path, bool is_dir)
{
	(void)ctx;
	return (is_dir && !strcmp(path, "x")) || !strcmp(path, "big");
}

static void tree_checks_out_modes_times_and_bytes(void **state)
{
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_error err = { 0 };
	char tree[SB_OID_MAX + 1];
	SB_AUTO_CLOSE int dir = -1, dir2 = -1;

	(void)state;
	open_sample(&repo, tree);
	sb_settings_init(&settings);
	sh("mkdir out out2");
	dir = open(at("out"), O_RDONLY | O_DIRECTORY);
	mode_t mask = umask(0077);
	int rc = sb_tree_checkout(&repo, tree, dir, &settings, NULL, NULL, &err);

	umask(mask);
	if (rc < 0)
		fail_msg("%s", err.text);
	assert_string_equal(sh("cd out; find . -printf '%%P %%y %%m %%l\\n' | LC_ALL=C sort"),
			    " d 755 \n"
			    ".gitattributes f 644 \n"
			    "a d 755 \n"
			    "a.b f 644 \n"
			    "a/deep d 755 \n"
			    "a/deep/f f 644 \n"
			    "big f 644 \n"
			    "crlf f 644 \n"
			    "empty f 644 \n"
			    "out l 777 /etc/passwd\n"
			    "sub d 755 \n"
			    "x d 755 \n"
			    "x/link l 777 ../a/deep/f\n"
			    "x/prog f 755 ");
	sh("cmp sample/big out/big; cmp sample/crlf out/crlf");
	assert_string_equal(sh("find out -type d -printf '%%T@\\n' | uniq"),
			    "315532800.0000000000");
	/* The first 30 bits of its id after 1980; "1\n" is blob d00491fd… with SHA-1. */
	sh("id=$(git -C sample rev-parse HEAD:a/deep/f | cut -c1-8);"
	   "test $(stat -c %%Y out/a/deep/f) = $((315532800 + (0x$id >> 2)))");
	dir2 = open(at("out2"), O_RDONLY | O_DIRECTORY);
	assert_int_equal(sb_tree_checkout(&repo, tree, dir2, &settings, skip_x, NULL, &err), 0);
	assert_string_equal(sh("cd out2; LC_ALL=C ls -A | tr '\\n' ' '"),
			    ".gitattributes a a.b crlf empty out sub ");
}

static void tree_checkout_keeps_to_its_limits(void **state)
{
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_error err = { 0 };
	char tree[SB_OID_MAX + 1];

	(void)state;
	open_sample(&repo, tree);
	for (int i = 0; i < 4; i++) {
		SB_AUTO(sb_settings) settings = { 0 };
		static const char *const where[] = { "a/deep/f", "a/deep", "big", "big" };

		sb_settings_init(&settings);
		settings.max_files = i == 0 ? 3 : 1000;
		settings.max_depth = i == 1 ? 2 : 64;
		settings.max_blob = i == 2 ? 8000000 : 1LL << 30;
		settings.max_bytes = i == 3 ? 9000000 : 1LL << 30;
		sh("mkdir limit%d", i);
		SB_AUTO_FREE char *name = sb_xasprintf("limit%d", i);
		SB_AUTO_CLOSE int dir = open(at(name), O_RDONLY | O_DIRECTORY);

		assert_int_equal(sb_tree_checkout(&repo, tree, dir, &settings, NULL, NULL, &err),
				 -1);
		assert_int_equal(err.code, SB_ELIMIT);
		assert_string_equal(err.where, where[i]);
	}
}

/* Each hostile tree is a real object; nothing of it may appear outside the folder. */
static void tree_checkout_refuses_hostile_trees(void **state)
{
	static const char *const raw[] = {
		"printf '100644 ../evil\\0'",
		"printf '40000 ..\\0'",
		"printf '40000 .GiT\\0'",
		"printf '120000 a\\0'; printf $b; printf '40000 a\\0'",
		"printf '100644 \\0'",
		"printf '40000 git~1\\0'",
		"printf '10644 f\\0'",
	};
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_error err = { 0 };

	(void)state;
	sb_settings_init(&settings);
	sh("git init -q evil");
	assert_int_equal(sb_repo_open(&repo, at("evil"), &err), 0);
	for (size_t i = 0; i < SB_COUNT(raw); i++) {
		char tree[SB_OID_MAX + 1];

		snprintf(tree, sizeof(tree), "%s",
			 sh("cd evil; rm -rf ../jail; mkdir ../jail; o=$(echo x | git hash-object "
			    "-w "
			    "--stdin); b=$(echo $o | sed 's/../\\\\x&/g'); (%s; printf \"$(echo $o "
			    "| sed "
			    "'s/../\\\\x&/g')\") >../raw; git hash-object -t tree --literally -w "
			    "../raw",
			    raw[i]));
		SB_AUTO_CLOSE int dir = open(at("jail"), O_RDONLY | O_DIRECTORY);

		assert_int_equal(sb_tree_checkout(&repo, tree, dir, &settings, NULL, NULL, &err),
				 -1);
		assert_int_equal(err.code, SB_EINPUT);
		assert_string_equal(sh("ls -A jail; ls -d evil.* 2>/dev/null || :"), "");
	}
}

static void links_with_impossible_targets_are_refused(void **state)
{
	static const char *const target[] = { "printf 'a\\0b'", "printf ''",
					      "head -c 5000 /dev/zero | tr '\\0' x" };
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_error err = { 0 };

	(void)state;
	sb_settings_init(&settings);
	sh("git init -q links");
	assert_int_equal(sb_repo_open(&repo, at("links"), &err), 0);
	for (size_t i = 0; i < SB_COUNT(target); i++) {
		char tree[SB_OID_MAX + 1];

		snprintf(tree, sizeof(tree), "%s",
			 sh("cd links; rm -rf ../jail; mkdir ../jail; printf '120000 blob "
			    "%%s\\tl\\n' $(%s |"
			    " git hash-object -w --stdin) | git mktree",
			    target[i]));
		SB_AUTO_CLOSE int dir = open(at("jail"), O_RDONLY | O_DIRECTORY);

		assert_int_equal(sb_tree_checkout(&repo, tree, dir, &settings, NULL, NULL, &err),
				 -1);
		assert_string_equal(err.where, "l");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tree_knows_each_kind_of_entry),
		cmocka_unit_test(tree_refuses_names_that_mean_something_else),
		cmocka_unit_test(tree_refuses_long_names),
		cmocka_unit_test(tree_refuses_what_git_never_writes),
		cmocka_unit_test(tree_walks_in_the_order_of_a_slug),
		cmocka_unit_test(tree_stops_at_limits_of_a_walk),
		cmocka_unit_test(tree_ends_a_bomb_in_time),
		cmocka_unit_test(tree_finds_paths),
		cmocka_unit_test(blobs_come_whole_and_in_parts),
		cmocka_unit_test(small_deltas_of_big_blobs_are_read_through_git),
		cmocka_unit_test(tree_checks_out_modes_times_and_bytes),
		cmocka_unit_test(tree_checkout_keeps_to_its_limits),
		cmocka_unit_test(tree_checkout_refuses_hostile_trees),
		cmocka_unit_test(links_with_impossible_targets_are_refused),
	};

	setenv("GIT_DEFAULT_HASH", TEST_HASH, 1);
	return cmocka_run_group_tests_name("tree, " TEST_HASH, tests, scratch_make, scratch_drop);
}
