#include "scratch.h"
#include "build/fingerprint.h"
#include "source/repo.h"
#include "source/tree.h"

#include <stdlib.h>

/* A tree of these paths; each file holds its own name, "NAME -> TARGET" is a symlink. */
static char *tree_of(const char *files)
{
	return sh("rm -rf r; git init -q r && cd r && mkdir -p t && cd t && %s && git add -A -f . && "
		  "git write-tree",
		  files);
}

static char *print(const char *files, const char *path)
{
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_error err = { 0 };
	SB_AUTO_FREE char *tree = sb_xstrdup(tree_of(files));
	SB_AUTO_FREE char *top = NULL;
	struct sb_entry entry = { 0 };
	struct sb_build build = { .repo = &repo };
	char *text;

	if (sb_repo_open(&repo, at("r"), &err) < 0)
		fail_msg("%s", err.text);
	if (sb_tree_find(&repo, tree, "t", &entry, &err) < 0)
		fail_msg("%s", err.text);
	top = sb_xstrdup(entry.oid);
	build.tree = top;
	build.python.prefix = (char *)"/usr";
	text = sb_fingerprint(&build, path, &err);
	if (!text)
		fail_msg("%s", err.text);
	return text;
}

static void check(const char *path, const char *one, const char *other, bool same)
{
	SB_AUTO_FREE char *a = print(one, path);
	SB_AUTO_FREE char *b = print(other, path);

	if (!strcmp(a, b) != same)
		fail_msg("%s: %s | %s: %s | %s", path, one, other, a, b);
}

static void test_files(void **state)
{
	(void)state;
	check("/app/x", "echo 1 >x", "echo 1 >x; echo 2 >y", true);
	check("/app/x", "echo 1 >x", "echo 2 >x", false);
	check("/app/x", "echo 1 >x", "echo 1 >x; chmod +x x", false);
	check("/app/x", "echo 1 >x", "ln -s y x", false);
	check("/app/x", "ln -s y x", "ln -s z x", false);
	check("/app/x", "echo 1 >x", "mkdir x; echo 1 >x/y", false);
	check("/app/x", "echo 1 >x", "echo 1 >y", false);
}

static void test_folders(void **state)
{
	(void)state;
	check("/app/a", "mkdir a; echo 1 >a/x", "mkdir a; echo 2 >a/x", true);
	check("/app/a", "mkdir a; echo 1 >a/x", "mkdir a; echo 1 >a/x; echo 1 >a/y", false);
	check("/app/a", "mkdir a; echo 1 >a/x", "mkdir a; ln -s y a/x", false);
	check("/app", "echo 1 >x", "echo 1 >x; echo 1 >y", false);
	/* Only what kind of thing it is. */
	check("/app/a/", "mkdir a; echo 1 >a/x", "mkdir a; echo 1 >a/y", true);
	check("/app/a/", "mkdir a; echo 1 >a/x", "echo 1 >a", false);
	check("/app/a/", "mkdir a; echo 1 >a/x", "echo 1 >b", false);
}

static void test_absent(void **state)
{
	(void)state;
	check("/app/a/n", "mkdir a; echo 1 >a/x", "mkdir a; echo 1 >a/y", true);
	/* It fails in another way below a file. */
	check("/app/a/n", "mkdir a; echo 1 >a/x", "echo 1 >a", false);
	check("/app/a/n", "mkdir a; echo 1 >a/x", "ln -s b a", false);
	/* It can be made while its folder is there: a fault that random edits have found. */
	check("/app/a/n", "mkdir a; echo 1 >a/x", "echo 1 >b", false);
	check("/app/a/b/n", "mkdir a; echo 1 >a/x", "echo 1 >b", false);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_folders),
		cmocka_unit_test(test_absent),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_drop);
}
