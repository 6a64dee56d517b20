#include "scratch.h"
#include "check/check.h"

#include <string.h>

/*
 * A folder that the survey passes by gives the findings, and the refusals, of one that is walked:
 * trees are drawn by chance (the same ones each time) and checked in four ways.
 */

static unsigned seed;

static unsigned draw(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static int begin(void **state)
{
	if (scratch_make(state) < 0)
		return -1;
	sh("mkdir -p root/store/notes && git init -q -b main r");
	return 0;
}

/* A path of up to `depth` folders; some names are what some rule looks for. */
static void draw_path(struct sb_buffer *out, unsigned depth)
{
	static const char *const folders[] = { "data", "pictures", "media", "mymedia", "venv", "docs", "app",
					       "data2", "site-packages", "Data", "tests", "left" };
	static const char *const files[] = { "a.txt", "b.jpg", "c.css", "me.png", "x.js", "readme", "d.csv",
					     "e.html", "f.txt", "g.pdf" };
	static const char *const loud[] = { "wsgi.py", ".env", "db.sqlite3", "core.js", "pyvenv.cfg", "A.TXT",
					    "x.pyc", "Procfile", "blank ", "requirements.txt", "server.key",
					    "migrations/0001_x.py", "node_modules/y/z.js" };

	for (unsigned n = draw(depth + 1); n > 0; n--)
		sb_buffer_addf(out, "%s/", folders[draw(SB_COUNT(folders))]);
	if (draw(12) == 0)
		sb_buffer_adds(out, loud[draw(SB_COUNT(loud))]);
	else
		sb_buffer_adds(out, files[draw(SB_COUNT(files))]);
}

static void add_line(struct sb_buffer *out, const char *blob, const char *path)
{
	sb_buffer_addf(out, "100644 %s\t%s\n", blob, path);
}

/* Two of its folders have more entries than are read without a note. */
static void draw_tree(struct sb_buffer *out, const char *blob)
{
	for (unsigned n = 20 + draw(100); n > 0; n--) {
		SB_AUTO(sb_buffer) path = SB_BUFFER_INIT(4096);

		draw_path(&path, 5);
		add_line(out, blob, path.p);
	}
	for (unsigned i = 0; i < 80; i++) {
		SB_AUTO_FREE char *one = sb_xasprintf("data/left/more/n%u.txt", i);
		SB_AUTO_FREE char *two = sb_xasprintf("pictures/all/n%u.jpg", i);

		add_line(out, blob, one);
		add_line(out, blob, two);
	}
}

static void store_tree(char tree[SB_OID_MAX + 1], const char *lines, const char *attributes)
{
	FILE *file = fopen(at("lines"), "w");

	assert_non_null(file);
	assert_true(fputs(lines, file) >= 0);
	assert_int_equal(fclose(file), 0);
	strcpy(tree, sh("cd r && git read-tree --empty && git update-index --index-info <../lines && "
			"a=$(echo '%s' | git hash-object -w --stdin) && git update-index --add "
			"--cacheinfo 100644,$a,.gitattributes && git write-tree",
			attributes));
}

/* All that the check says of a tree. Owned. */
static char *judge(const char *tree, const struct sb_settings *settings)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(1 << 20);
	SB_AUTO(sb_findings) findings = { 0 };
	SB_AUTO(sb_plan) plan = { 0 };
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_check check = { .repo = &repo, .tree = tree, .settings = settings, .now = 1700000000 };
	struct sb_error err = { 0 };

	assert_int_equal(sb_repo_open(&repo, at("r"), &err), 0);
	if (sb_check_run(&plan, &findings, &check, &err) < 0)
		sb_buffer_addf(&out, "failed %d %s (%s)\n", err.code, err.text, err.where);
	for (size_t i = 0; i < findings.n; i++)
		sb_buffer_addf(&out, "%s %s: %s\n", findings.item[i].rule,
			       findings.item[i].path ? findings.item[i].path : "-", findings.item[i].text);
	return sb_buffer_detach(&out);
}

static void same(const char *how, const char *lines, const char *walked, char *other)
{
	if (strcmp(walked, other))
		fail_msg("%s\n-- walked:\n%s\n-- %s:\n%s", lines, walked, how, other);
	free(other);
}

/* All walked (each file might be git-lfs's); no store; an empty one; a full one. What was said. */
static char *compare(const char *lines, int64_t max_files, int64_t max_depth)
{
	SB_AUTO(sb_settings) settings = { 0 };
	char surveyed[SB_OID_MAX + 1], walked[SB_OID_MAX + 1], *said;

	sb_settings_init(&settings);
	settings.max_files = max_files;
	settings.max_depth = max_depth;
	store_tree(surveyed, lines, "*.never text");
	store_tree(walked, lines, "*.never filter=lfs");
	free(settings.root);
	settings.root = sb_xstrdup(at("none"));
	said = judge(walked, &settings);
	same("without a store", lines, said, judge(surveyed, &settings));
	free(settings.root);
	settings.root = sb_xstrdup(at("root"));
	sh("rm -f root/store/notes/*");
	same("with an empty store", lines, said, judge(surveyed, &settings));
	same("with a full store", lines, said, judge(surveyed, &settings));
	return said;
}

static bool is_limited(const char *said)
{
	return strstr(said, "the limit is") != NULL;
}

static char *blob_of(const char *text)
{
	return sb_xstrdup(sh("cd r && printf '%s' | git hash-object -w --stdin", text));
}

static void drawn_trees_are_judged_alike(void **state)
{
	SB_AUTO_FREE char *blob = blob_of("x"), *ignore = blob_of("left/\\n*.csv\\n");
	int limited = 0, passed = 0;

	(void)state;
	for (unsigned i = 0; i < 14; i++) {
		SB_AUTO(sb_buffer) lines = SB_BUFFER_INIT(1 << 20);

		seed = i;
		draw_tree(&lines, blob);
		if (i % 2)
			add_line(&lines, ignore, ".slugignore");

		SB_AUTO_FREE char *said = compare(lines.p, 180 + draw(200), 4 + draw(6));

		limited += is_limited(said);
		passed += !is_limited(said);
	}
	/* Else this shows nothing. */
	assert_true(limited > 2);
	assert_true(passed > 2);
	sh("ls root/store/notes | grep -q .");
}

/* A path of `n` bytes, 5 folders deep. Owned. */
static char *long_path(size_t n)
{
	char *path = sb_xcalloc(n + 1, 1);

	for (size_t i = 0; i < n; i++)
		path[i] = i % 200 == 199 && i + 1 < n ? '/' : 'a';
	return path;
}

static void the_longest_path_is_refused_in_a_folder_that_is_passed_by(void **state)
{
	SB_AUTO_FREE char *blob = blob_of("x");

	(void)state;
	for (size_t n = SB_PATH_MAX; n <= SB_PATH_MAX + 1; n++) {
		SB_AUTO(sb_buffer) lines = SB_BUFFER_INIT(1 << 20);
		SB_AUTO_FREE char *path = long_path(n);

		add_line(&lines, blob, path);
		for (unsigned i = 0; i < 80; i++) { /* enough for a note */
			SB_AUTO_FREE char *more = sb_xasprintf("%.*s/n%u.txt", 199, path, i);

			add_line(&lines, blob, more);
		}

		SB_AUTO_FREE char *said = compare(lines.p, 0, 0);

		assert_int_equal(strstr(said, "too long, in bytes") != NULL, n > SB_PATH_MAX);
	}
}

/* Each tree is small enough; those within each other are not. The first is not quiet. */
static void folders_too_large_within_each_other_are_refused(void **state)
{
	SB_AUTO_FREE char *blob = blob_of("x");

	(void)state;
	for (unsigned levels = 3; levels <= 4; levels++) {
		SB_AUTO(sb_buffer) lines = SB_BUFFER_INIT(64 << 20), folder = SB_BUFFER_INIT(4096);

		add_line(&lines, blob, "d0/x.py");
		for (unsigned level = 0; level < levels; level++) {
			sb_buffer_addf(&folder, "d%u/", level);
			for (unsigned i = 0; i < 9200; i++)
				sb_buffer_addf(&lines, "100644 %s\t%s%0200u.txt\n", blob, folder.p, i);
		}

		SB_AUTO_FREE char *said = compare(lines.p, 0, 0);

		assert_int_equal(strstr(said, "too large in each other") != NULL, levels > 3);
	}
}

static void what_lies_in_media_is_told_by_its_path(void **state)
{
	static const char *const paths[] = { "media/a.jpg", "blog/media/a/b.jpg", "venv/media/a.jpg" };
	SB_AUTO_FREE char *blob = blob_of("x");

	(void)state;
	for (size_t i = 0; i < SB_COUNT(paths); i++) {
		SB_AUTO(sb_buffer) lines = SB_BUFFER_INIT(4096);

		add_line(&lines, blob, paths[i]);

		SB_AUTO_FREE char *said = compare(lines.p, 0, 0);

		assert_non_null(strstr(said, "media-committed"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drawn_trees_are_judged_alike),
		cmocka_unit_test(the_longest_path_is_refused_in_a_folder_that_is_passed_by),
		cmocka_unit_test(folders_too_large_within_each_other_are_refused),
		cmocka_unit_test(what_lies_in_media_is_told_by_its_path),
	};

	return cmocka_run_group_tests(tests, begin, scratch_drop);
}
