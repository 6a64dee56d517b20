#include "scratch.h"
#include "check/quiet.h"
#include "source/tree.h"

#include <string.h>

static struct sb_settings settings;
static const struct sb_survey survey = { &settings, SB_QUIET_FORMAT, sb_level_is_quiet, NULL };

static int begin(void **state)
{
	static char root[4096];

	if (scratch_make(state) < 0)
		return -1;
	snprintf(root, sizeof(root), "%s", at("root"));
	settings.root = root;
	/* Packs would keep what is removed below. */
	sh("mkdir -p root/store/notes && git init -q -b main r && cd r && mkdir -p data/deep/er app/mig pictures && "
	   "for i in $(seq 100); do echo $i >data/f$i.txt; echo $i >data/deep/g$i.txt; done && "
	   "for i in $(seq 10); do echo $i >data/deep/er/h$i.txt; done && echo x >app/views.py && "
	   "echo x >app/mig/note.txt && for i in $(seq 80); do echo p >pictures/$i.jpg; done && "
	   "echo y >manage.py && git add -A && git commit -qm one");
	return 0;
}

static int note(void *ctx, const char *path, const struct sb_entry *entry, struct sb_error *err)
{
	struct sb_list *list = ctx;

	(void)err;
	sb_list_addf(list, "%s%s", path, entry->kind == SB_DIR ? "/" : "");
	return !strcmp(path, "pictures") ? SB_ENTER : 0;
}

static void open_tree(struct sb_repo *repo, char tree[SB_OID_MAX + 1], const char *rev)
{
	struct sb_commit commit;
	struct sb_error err = { 0 };
	char oid[SB_OID_MAX + 1];

	if (sb_repo_open(repo, at("r"), &err) < 0 || sb_repo_resolve(repo, rev, oid, &err) < 0 ||
	    sb_repo_commit(repo, oid, &commit, &err) < 0)
		fail_msg("%s", err.text);
	memcpy(tree, commit.tree, sizeof(commit.tree));
}

static void quiet_folders_are_counted_and_not_entered(void **state)
{
	SB_AUTO(sb_repo) repo = { 0 };
	SB_AUTO(sb_list) seen = { 0 };
	struct sb_error err = { 0 };
	char tree[SB_OID_MAX + 1];

	(void)state;
	open_tree(&repo, tree, "main");
	if (sb_tree_survey(&repo, tree, &(struct sb_walk_limits){ 300, 4 }, &survey, note, &seen, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(sb_list_has(&seen, "data/"));
	assert_false(sb_list_has(&seen, "data/f1.txt"));
	assert_false(sb_list_has(&seen, "data/deep/"));
	assert_true(sb_list_has(&seen, "app/views.py"));
	assert_true(sb_list_has(&seen, "app/mig/"));
	assert_false(sb_list_has(&seen, "app/mig/note.txt"));
	assert_true(sb_list_has(&seen, "pictures/7.jpg")); /* the visitor wanted all of it */
}

static void limits_hold_for_what_is_not_entered(void **state)
{
	SB_AUTO(sb_repo) repo = { 0 };
	SB_AUTO(sb_list) seen = { 0 };
	struct sb_error err = { 0 };
	char tree[SB_OID_MAX + 1];

	(void)state;
	open_tree(&repo, tree, "main");
	assert_int_equal(sb_tree_survey(&repo, tree, &(struct sb_walk_limits){ .files = 250 }, &survey, note,
					&seen, &err),
			 -1);
	assert_int_equal(err.code, SB_ELIMIT);
	assert_int_equal(sb_tree_survey(&repo, tree, &(struct sb_walk_limits){ .depth = 2 }, &survey, note,
					&seen, &err),
			 -1);
	assert_int_equal(err.code, SB_ELIMIT);
}

static void unchanged_folders_are_not_read_again(void **state)
{
	SB_AUTO(sb_repo) repo = { 0 };
	SB_AUTO(sb_list) seen = { 0 };
	struct sb_error err = { 0 };
	char tree[SB_OID_MAX + 1];

	(void)state;
	/* data's own tree is noted: without the trees below it the survey goes on, a walk cannot. */
	sh("cd r && echo z >>manage.py && git commit -qam two && id=$(git rev-parse main:data) && "
	   "rm -f .git/objects/$(echo $id | cut -c1-2)/$(echo $id | cut -c3-)");
	open_tree(&repo, tree, "main");
	if (sb_tree_survey(&repo, tree, NULL, &survey, note, &seen, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(sb_tree_walk(&repo, tree, NULL, note, &seen, &err), -1);
}

static void a_folder_with_anything_that_rules_look_for_is_not_quiet(void **state)
{
	static const char *const loud[] = { "a.py", ".env", "Procfile", "x.pyc", "id_rsa", "db.sqlite3",
					    "requirements.txt", "back\\\\slash" };
	SB_AUTO(sb_repo) repo = { 0 };
	SB_AUTO(sb_tree) level = { 0 };
	struct sb_error err = { 0 };
	char tree[SB_OID_MAX + 1];

	(void)state;
	for (size_t i = 0; i < SB_COUNT(loud); i++) {
		SB_AUTO(sb_repo) one = { 0 };
		SB_AUTO(sb_tree) there = { 0 };

		sh("cd r && git read-tree --empty && git update-index --add --cacheinfo "
		   "\"100644,$(echo x | git hash-object -w --stdin),$(printf '%s')\" && "
		   "git update-ref refs/heads/loud $(git commit-tree $(git write-tree) -m x)", loud[i]);
		open_tree(&one, tree, "loud");
		assert_int_equal(sb_tree_read(&there, &one, tree, "", &err), 0);
		if (sb_level_is_quiet(NULL, &there))
			fail_msg("%s is quiet", loud[i]);
	}
	sh("cd r && git read-tree --empty && for n in Readme README; do git update-index --add --cacheinfo "
	   "100644,$(echo x | git hash-object -w --stdin),$n; done && "
	   "git update-ref refs/heads/twins $(git commit-tree $(git write-tree) -m x)");
	open_tree(&repo, tree, "twins");
	assert_int_equal(sb_tree_read(&level, &repo, tree, "", &err), 0);
	assert_false(sb_level_is_quiet(NULL, &level));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quiet_folders_are_counted_and_not_entered),
		cmocka_unit_test(limits_hold_for_what_is_not_entered),
		cmocka_unit_test(unchanged_folders_are_not_read_again),
		cmocka_unit_test(a_folder_with_anything_that_rules_look_for_is_not_quiet),
	};

	return cmocka_run_group_tests(tests, begin, scratch_drop);
}
