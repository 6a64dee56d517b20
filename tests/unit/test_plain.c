#include "scratch.h"
#include "check/secrets.h"

#include <string.h>

/* The hunt for tokens tells of a tree what it would tell without the notes of trees before it. */

#define TOKEN "sk_" "live_" "4eC39HqLyjWDarjtT1zdp7dc"

static char root[4096];

static int begin(void **state)
{
	if (scratch_make(state) < 0)
		return -1;
	snprintf(root, sizeof(root), "%s", at("root"));
	/* u_big/ takes more than all of the budget, of one blob many times: those of z_*, behind it in order,
	 * are not read. Loose objects, so that one can be taken away below. */
	sh("mkdir -p root/store/notes && git init -q -b main r && cd r && git config gc.auto 0 && "
	   "mkdir -p data/deep tok tests u_big z_plain z_token && for i in $(seq 70); do for f in data data/deep tok "
	   "tests z_plain z_token; do echo $i $f >$f/f$i.txt; done; done && "
	   "echo 'a = " TOKEN "' | tee tok/key.txt >z_token/key.txt && "
	   "{ printf '%%s\\n' '-----BEGIN PRIVATE'' KEY-----'; echo MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA"
	   "AoIBAQC7VJTUt9Us8cKj; } >tests/pem.txt && "
	   "head -c 1000000 /dev/zero >u_big/f1.txt && for i in $(seq 2 140); do ln u_big/f1.txt u_big/f$i.txt; "
	   "done && git add -A && git commit -qm one");
	return 0;
}

/* A line for each finding of HEAD, with notes below `root`, or without where that is NULL. */
static char *hunt(char *below)
{
	SB_AUTO(sb_repo) repo = { 0 };
	SB_AUTO(sb_findings) findings = { 0 };
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(1 << 16);
	struct sb_error err = { 0 };
	struct sb_commit commit;
	char oid[SB_OID_MAX + 1];

	sb_settings_init(&settings);
	if (sb_repo_open(&repo, at("r"), &err) < 0 || sb_repo_resolve(&repo, "main", oid, &err) < 0 ||
	    sb_repo_commit(&repo, oid, &commit, &err) < 0)
		fail_msg("%s", err.text);

	struct sb_check check = { .repo = &repo, .tree = commit.tree, .settings = &settings };
	SB_AUTO(sb_view) view = { .check = &check, .findings = &findings };
	char *own = settings.root;

	settings.root = below;

	bool done = sb_tree_read(&view.root, &repo, commit.tree, "", &err) == 0 && sb_secrets_look(&view, &err) == 0;

	settings.root = own;
	if (!done)
		fail_msg("%s", err.text);
	sb_findings_sort(&findings);
	for (size_t i = 0; i < findings.n; i++)
		sb_buffer_addf(&out, "%s %s %s\n", findings.item[i].rule,
			       findings.item[i].path ? findings.item[i].path : "", findings.item[i].text);
	return sb_buffer_detach(&out);
}

static void the_same_is_found_with_notes_as_without(void **state)
{
	static const struct {
		const char *change, *finds; /* in the tree after it, by words of its lines */
	} rows[] = {
		{ "true", "files were" },
		{ "echo more >data/deep/more.txt && git mv data/deep data/moved", "tok/key.txt" },
		{ "git mv tests app", "private-key app/pem.txt" }, /* of no concern below tests/ only */
		{ "git rm -q u_big/f1*.txt u_big/f2*.txt u_big/f3*.txt", "z_token/key.txt" }, /* is within the budget */
		{ "git revert -n HEAD", "files were" },
		{ "git mv tok a_tok", "a_tok/key.txt" },
		{ "echo tok/key.txt $(printf %%s " TOKEN " | sha256sum | cut -c1-64) >.slugbuild-allow && "
		  "git mv a_tok tok", "files were" },
		{ "git rm -q .slugbuild-allow", "tok/key.txt" }, /* what was allowed is not plain */
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		sh("cd r && %s && git add -A && git commit -q --allow-empty -m x", rows[i].change);
		SB_AUTO_FREE char *plain = hunt(NULL);
		SB_AUTO_FREE char *first = hunt(root);
		SB_AUTO_FREE char *again = hunt(root);

		assert_string_equal(first, plain);
		assert_string_equal(again, plain);
		if (!strstr(plain, rows[i].finds))
			fail_msg("%s: %s", rows[i].change, plain);
	}
}

/* Its blobs could not be read any more. */
static void what_was_plain_is_not_read_again(void **state)
{
	(void)state;
	SB_AUTO_FREE char *before = hunt(root);

	sh("cd r && for t in $(git rev-parse main:data main:z_plain); do "
	   "rm -f .git/objects/$(echo $t | cut -c1-2)/$(echo $t | cut -c3-); done");
	SB_AUTO_FREE char *after = hunt(root);

	assert_string_equal(after, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_is_found_with_notes_as_without),
		cmocka_unit_test(what_was_plain_is_not_read_again),
	};

	return cmocka_run_group_tests_name("plain", tests, begin, scratch_drop);
}
