#include "hashes.h"
#include "scratch.h"
#include "source/commit.h"
#include "source/tree.h"

#include <sys/stat.h>

/* libgit2 1.5 with PCRE2 leaks at each match that it makes in a config by itself. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libpcre2\n";
}

static const char *self; /* this program, absolute */

static void open_repo(struct sb_repo *repo, const char *name)
{
	struct sb_error err = { 0 };

	if (sb_repo_open(repo, at(name), &err) < 0)
		fail_msg("%s", err.text);
}

/* "work": three commits on main, a branch, tags; "bare.git": its mirror. */
static int make_repos(void **state)
{
	if (scratch_make(state) < 0)
		return -1;
	sh("git init -q -b main work; cd work; for i in 1 2 3; do echo $i >f; git add f;"
	   "git commit -qm \"commit $i\"; done; git branch side HEAD~1; git tag light;"
	   "git tag -a -m x noted; git tag -a -m y tagtag noted 2>/dev/null;"
	   "git tag blobtag $(git rev-parse HEAD:f); cd ..; git clone -q --mirror work bare.git");
	return 0;
}

static void repo_opens_bare_and_work_tree_but_does_not_look_upwards(void **state)
{
	SB_AUTO(sb_repo) bare = { 0 };
	SB_AUTO(sb_repo) work = { 0 };
	SB_AUTO(sb_repo) none = { 0 };
	struct sb_error err = { 0 };

	(void)state;
	open_repo(&bare, "bare.git");
	assert_string_equal(bare.path, at("bare.git"));
	open_repo(&work, "work");
	assert_string_equal(work.path, at("work/.git"));
	sh("mkdir -p work/below; : >plain");
	assert_int_equal(sb_repo_open(&none, at("work/below"), &err), -1);
	assert_int_equal(err.code, SB_ENOENT);
	assert_non_null(strstr(err.text, "work/below is no git repository"));
	assert_int_equal(sb_repo_open(&none, at("nowhere"), &err), -1);
	assert_int_equal(err.code, SB_ENOENT);
	assert_non_null(strstr(err.text, "nowhere does not exist"));
	assert_int_equal(sb_repo_open(&none, at("plain"), &err), -1);
	unsetenv("GIT_DIR");
	assert_int_equal(sb_repo_open(&none, NULL, &err), -1);
	assert_string_equal(err.text, "no repository: GIT_DIR is not set");
}

static void repo_names_the_format_that_nobody_reads(void **state)
{
	static const struct {
		const char *extension, *value, *fix;
	} rows[] = {
		{ "objectFormat", "sha512", "install a newer git" },
		{ "refStorage", "papyrus", "git refs migrate" },
		{ "marsRover", "1", "install a newer git" },
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		SB_AUTO(sb_repo) repo = { 0 };
		struct sb_error err = { 0 };

		sh("rm -rf odd; git init -q --bare --object-format=sha1 odd; git config -f "
		   "odd/config "
		   "core.repositoryFormatVersion 1; git config -f odd/config extensions.%s %s",
		   rows[i].extension, rows[i].value);
		assert_int_equal(sb_repo_open(&repo, at("odd"), &err), -1);
		assert_null(repo.git);
		assert_int_equal(err.code, SB_ECONFIG);
		if (!strstr(err.text, "which neither libgit2 nor the git here reads") ||
		    !strstr(err.text, at("odd")) || !strstr(err.fix, rows[i].fix))
			fail_msg("%s / %s", err.text, err.fix);
	}
}

static void repo_with_extensions_that_git_reads_is_read(void **state)
{
	static const char *const rows[] = { "worktreeConfig true", "partialClone origin",
					    "preciousObjects true", "objectFormat sha256" };

	(void)state;
	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		SB_AUTO(sb_repo) fine = { 0 };
		struct sb_error err = { 0 };
		char oid[SB_OID_MAX + 1];

		sh("rm -rf odd; git init -q -b main %s odd; git -C odd config "
		   "core.repositoryFormatVersion 1; git -C odd config extensions.%s; "
		   "cd odd; git commit -q --allow-empty -m x",
		   i == 3 ? "--object-format=sha256" : "--object-format=sha1", rows[i]);
		open_repo(&fine, "odd");
		assert_int_equal(sb_repo_ref(&fine, "refs/heads/main", oid, &err), 0);
		assert_string_equal(oid, sh("git -C odd rev-parse main"));
		assert_int_equal(fine.id_digits, i == 3 ? 64 : 40);
	}
}

/* git 2.45 has them. */
static void repo_with_reftables_is_read(void **state)
{
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_error err = { 0 };
	char oid[SB_OID_MAX + 1], ref[SB_REF_MAX + 1];

	(void)state;
	if (!strcmp(sh("git init -q --ref-format=reftable -b main tables 2>/dev/null && echo yes "
		       "|| "
		       "echo no"),
		    "no")) {
		print_message("# SKIP the git here has no reftables\n");
		return;
	}
	sh("cd tables; git commit -q --allow-empty -m x");
	open_repo(&repo, "tables");
	assert_int_equal(sb_repo_ref(&repo, "refs/heads/main", oid, &err), 0);
	assert_string_equal(oid, sh("git -C tables rev-parse main"));
	assert_int_equal(sb_repo_head(&repo, ref, &err), 0);
	assert_string_equal(ref, "refs/heads/main");
}

/* An id cut short, or of the other kind, must not be taken for an object's: git would. */
static void repo_takes_whole_ids_only(void **state)
{
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_error err = { 0 };
	struct sb_commit commit;
	SB_AUTO_FREE char *head = sb_xstrdup(sh("git -C work rev-parse HEAD"));
	SB_AUTO_FREE char *brief = sb_xasprintf("%.39s", head);
	SB_AUTO_FREE char *other = sb_xasprintf("%.40s%s", head, strlen(head) == 40 ? ONES : "");
	const char *const rows[] = { brief, other, "HEAD", "main", "", "HEAD\n", "--batch" };

	(void)state;
	open_repo(&repo, "work");
	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		assert_int_equal(sb_repo_commit(&repo, rows[i], &commit, &err), -1);
		assert_non_null(strstr(err.text, "is no object id of this repository"));
	}
	for (char *p = head; *p; p++)
		if (*p >= 'a')
			*p -= 'a' - 'A';
	assert_int_equal(sb_repo_commit(&repo, head, &commit, &err), 0);
	assert_string_equal(commit.oid, sh("git -C work rev-parse HEAD"));
}

static void repo_tells_of_what_is_missing_or_broken(void **state)
{
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_error err = { 0 };
	struct sb_commit commit;
	char blob[SB_OID_MAX + 1];

	(void)state;
	sh("cp -r work broken; cd broken; rm -rf .git/objects/pack; t=$(git rev-parse HEAD~1); "
	   "chmod "
	   "+w .git/objects/*/*; printf junk >.git/objects/$(echo $t | cut -c1-2)/$(echo $t | cut "
	   "-c3-)");
	open_repo(&repo, "broken");
	assert_int_equal(sb_repo_commit(&repo, ONES, &commit, &err), -1);
	assert_int_equal(err.code, SB_EINPUT);
	assert_non_null(strstr(err.text, "is missing from the repository"));
	snprintf(blob, sizeof(blob), "%s", sh("git -C broken rev-parse HEAD:f"));
	assert_int_equal(sb_repo_commit(&repo, blob, &commit, &err), -1);
	assert_non_null(strstr(err.text, "is a blob, not a commit"));
	snprintf(blob, sizeof(blob), "%s", sh("git -C work rev-parse HEAD~1"));
	assert_int_equal(sb_repo_commit(&repo, blob, &commit, &err), -1);
	assert_int_equal(err.code, SB_EINPUT);
	/* and goes on with the next */
	snprintf(blob, sizeof(blob), "%s", sh("git -C broken rev-parse HEAD"));
	assert_int_equal(sb_repo_commit(&repo, blob, &commit, &err), 0);
}

static void repo_of_another_owner_is_refused_with_the_cure(void **state)
{
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_error err = { 0 };

	(void)state;
	if (geteuid() != 0) {
		print_message("# SKIP giving a repository away needs root\n");
		skip();
	}
	sh("git init -q --bare theirs; chown -R 65534 theirs");
	assert_int_equal(sb_repo_open(&repo, at("theirs"), &err), -1);
	assert_int_equal(err.code, SB_ECONFIG);
	assert_non_null(strstr(err.text, "theirs belongs to nobody, slugbuild runs as root"));
	assert_non_null(strstr(err.fix, "git config --global --add safe.directory /"));
	static const char *const cure[] = { "$PWD/theirs", "$PWD/theirs/", "$PWD/'*'", "'*'" };

	for (size_t i = 0; i < SB_COUNT(cure); i++) {
		SB_AUTO(sb_repo) again = { 0 };

		sh("git config --global --add safe.directory \"$(echo %s)\"", cure[i]);
		open_repo(&again, "theirs");
		sh("git config --global --add safe.directory ''");
		assert_int_equal(sb_repo_open(&repo, at("theirs"), &err), -1);
	}
	sh("git config --global --unset-all safe.directory; chown -R 0 theirs");
}

static void repo_resolves_what_people_type(void **state)
{
	SB_AUTO(sb_repo) repo = { 0 };
	SB_AUTO_FREE char *head = sb_xstrdup(sh("git -C work rev-parse HEAD"));
	SB_AUTO_FREE char *first = sb_xstrdup(sh("git -C work rev-parse HEAD~1"));
	char brief[8], oid[SB_OID_MAX + 1];
	struct sb_error err = { 0 };

	(void)state;
	open_repo(&repo, "work");
	snprintf(brief, sizeof(brief), "%.7s", head);
	const char *const to_head[] = { "HEAD",  "main",  "refs/heads/main",
					"light", "noted", "tagtag",
					head,    brief };
	const char *const to_first[] = { "side", "HEAD~1", "main~", "noted~1", "main^" };

	for (size_t i = 0; i < SB_COUNT(to_head); i++) {
		assert_int_equal(sb_repo_resolve(&repo, to_head[i], oid, &err), 0);
		assert_string_equal(oid, head);
	}
	for (size_t i = 0; i < SB_COUNT(to_first); i++) {
		assert_int_equal(sb_repo_resolve(&repo, to_first[i], oid, &err), 0);
		assert_string_equal(oid, first);
	}
	assert_int_equal(sb_repo_resolve(&repo, "nope", oid, &err), -1);
	assert_int_equal(err.code, SB_ENOENT);
	assert_int_equal(sb_repo_resolve(&repo, "blobtag", oid, &err), -1);
	assert_string_equal(err.text, "\"blobtag\" is a blob, not a commit");
}

static void repo_reads_a_ref_anew_each_time(void **state)
{
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_error err = { 0 };
	char oid[SB_OID_MAX + 1];

	(void)state;
	sh("cp -r bare.git moving.git");
	open_repo(&repo, "moving.git");
	for (int round = 0; round < 4; round++) {
		SB_AUTO_FREE char *now =
			sb_xstrdup(sh("cd moving.git; git update-ref refs/heads/main main~%d; %s; "
				      "git rev-parse main",
				      round % 2, round >= 2 ? "git pack-refs --all" : ":"));

		assert_int_equal(sb_repo_ref(&repo, "refs/heads/main", oid, &err), 0);
		assert_string_equal(oid, now);
		sh("cd moving.git; git update-ref refs/heads/main refs/heads/side~0; git "
		   "update-ref "
		   "refs/heads/main $(git rev-parse light)");
	}
	assert_int_equal(sb_repo_ref(&repo, "refs/tags/tagtag", oid, &err), 0);
	assert_string_equal(oid, sh("git -C work rev-parse HEAD"));
	static const char *const none[] = { "refs/heads/nope", "refs/heads/a\nb", "refs/heads/..",
					    "refs/../config",  "main.lock",       "" };

	for (size_t i = 0; i < SB_COUNT(none); i++) {
		assert_int_equal(sb_repo_ref(&repo, none[i], oid, &err), 0);
		assert_string_equal(oid, "");
	}
	assert_int_equal(sb_repo_ref(&repo, "refs/tags/blobtag", oid, &err), -1);
	assert_int_equal(err.code, SB_EINPUT);
}

static void repo_knows_its_head(void **state)
{
	SB_AUTO(sb_repo) repo = { 0 };
	SB_AUTO(sb_repo) unborn = { 0 };
	SB_AUTO(sb_repo) loose = { 0 };
	struct sb_error err = { 0 };
	char ref[SB_REF_MAX + 1];

	(void)state;
	open_repo(&repo, "bare.git");
	assert_int_equal(sb_repo_head(&repo, ref, &err), 0);
	assert_string_equal(ref, "refs/heads/main");
	sh("git init -q -b dev unborn; git clone -q work loose; cd loose; git checkout -q "
	   "--detach");
	open_repo(&unborn, "unborn");
	assert_int_equal(sb_repo_head(&unborn, ref, &err), 0);
	assert_string_equal(ref, "refs/heads/dev");
	open_repo(&loose, "loose");
	assert_int_equal(sb_repo_head(&loose, ref, &err), -1);
	assert_int_equal(err.code, SB_EINPUT);
}

static void repo_ignores_replaced_objects(void **state)
{
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_error err = { 0 };
	struct sb_commit commit;
	SB_AUTO_FREE char *head = sb_xstrdup(sh("cp -r bare.git replaced.git; cd replaced.git;"
						"git replace main main~2; git rev-parse main"));

	(void)state;
	open_repo(&repo, "replaced.git");
	assert_int_equal(sb_repo_commit(&repo, head, &commit, &err), 0);
	assert_string_equal(commit.subject, "commit 3");
}

#define TREE "tree 1111111111111111111111111111111111111111\n"
#define PARENT "parent 2222222222222222222222222222222222222222\n"

static void commits_are_read_whatever_is_in_them(void **state)
{
	static const struct {
		const char *raw, *author, *subject;
		int64_t time;
	} rows[] = {
		{ TREE PARENT
		  "author A <a@b> 5 +0000\ncommitter C <c> 7 +0100\n\n\n  Hi  \n\nmore\n",
		  "A <a@b>", "Hi", 7 },
		{ TREE "\nno people\r\n", "", "no people", 0 },
		{ TREE "author \xc9ric <e> 1 +0\nencoding ISO-8859-1\n\n\xe9t\xe9", "Éric <e>",
		  "été", 0 },
		{ TREE "author x> y <z> w\n", "x> y <z>", "", 0 },
		{ TREE "author cut off", "", "", 0 },
		{ TREE "author no mail\ncommitter no mail\n\n\x1b[2J", "", "\x1b[2J", 0 },
		{ TREE, "", "", 0 },
	};
	struct sb_error err = { 0 };

	(void)state;
	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		struct sb_commit commit = { 0 };

		assert_int_equal(sb_commit_parse(&commit, NULL, sb_span_of(rows[i].raw), &err), 0);
		assert_string_equal(commit.author, rows[i].author);
		assert_string_equal(commit.subject, rows[i].subject);
		assert_int_equal(commit.time, rows[i].time);
	}
	struct sb_commit commit = { 0 };

	assert_int_equal(sb_commit_parse(&commit, NULL, sb_span_of("parent x\n" TREE), &err), -1);
	assert_int_equal(sb_commit_parse(&commit, NULL, sb_span_of("tree 11\n"), &err), -1);
	assert_int_equal(sb_commit_parse(&commit, NULL, sb_span_of(""), &err), -1);
}

static void commits_cut_long_subjects_at_a_character(void **state)
{
	struct sb_error err = { 0 };

	(void)state;
	for (size_t pad = 0; pad < 4; pad++) {
		SB_AUTO(sb_buffer) raw = SB_BUFFER_INIT(4096);
		struct sb_commit commit = { 0 };

		sb_buffer_addf(&raw, TREE "\n%.*s", (int)pad, "xxxx");
		for (int i = 0; i < 200; i++)
			sb_buffer_adds(&raw, "é");
		assert_int_equal(sb_commit_parse(&commit, NULL, sb_buffer_span(&raw), &err), 0);
		size_t n = strlen(commit.subject);

		assert_in_range(n, 250, 255);
		assert_string_equal(commit.subject + n - 3, "…");
		assert_memory_equal(commit.subject + n - 5, "é", 2);
	}
}

static void repo_knows_ancestors_and_missing_parents(void **state)
{
	SB_AUTO(sb_repo) repo = { 0 };
	SB_AUTO(sb_repo) shallow = { 0 };
	SB_AUTO(sb_repo) torn = { 0 };
	SB_AUTO_FREE char *head = sb_xstrdup(sh("git -C work rev-parse HEAD"));
	SB_AUTO_FREE char *old = sb_xstrdup(sh("git -C work rev-parse HEAD~2"));

	(void)state;
	open_repo(&repo, "work");
	assert_true(sb_repo_descends(&repo, head, old));
	assert_true(sb_repo_descends(&repo, head, head));
	assert_false(sb_repo_descends(&repo, old, head));
	assert_false(sb_repo_descends(&repo, head, ONES));
	assert_false(sb_repo_descends(&repo, "nonsense", old));
	assert_false(sb_repo_lacks_parents(&repo, head));
	sh("git clone -q --depth 1 file://$PWD/work shallow; cp -r shallow torn; rm "
	   "torn/.git/shallow");
	open_repo(&shallow, "shallow");
	assert_false(sb_repo_lacks_parents(&shallow, head));
	open_repo(&torn, "torn");
	assert_true(sb_repo_lacks_parents(&torn, head));
}

static void repo_settings_come_from_the_right_files(void **state)
{
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_error err = { 0 };

	(void)state;
	sh("git init -q set; git -C set config slugbuild.app mine; mkdir -p .config/git extra;"
	   "git config -f .config/git/config slugbuild.branch xdg; git config -f "
	   ".config/git/config "
	   "slugbuild.app xdg; git config --global slugbuild.branch home; git config --global "
	   "slugbuild.root /var/here; printf '[slugbuild]\\n\\tuseUv\\n' >extra/more; git config "
	   "--global "
	   "include.path $PWD/extra/more; printf '[includeIf \"gitdir:/\"]\\n\\tpath = nowhere\\n' "
	   ">>.gitconfig");
	setenv("GIT_CONFIG_COUNT", "1", 1);
	setenv("GIT_CONFIG_KEY_0", "slugbuild.app", 1);
	setenv("GIT_CONFIG_VALUE_0", "evil", 1);
	setenv("GIT_CONFIG_PARAMETERS", "'slugbuild.app=evil'", 1);
	open_repo(&repo, "set");
	for (int i = 0; i < 2; i++) {
		SB_AUTO(sb_settings) settings = { 0 };

		if ((i ? sb_user_settings(&settings, &err)
		       : sb_repo_settings(&settings, &repo, &err)) < 0)
			fail_msg("%s", err.text);
		assert_string_equal(settings.app, i ? "xdg" : "mine");
		assert_string_equal(settings.branch, "home");
		assert_string_equal(settings.root, "/var/here");
		assert_true(settings.use_uv);
	}
	unsetenv("GIT_CONFIG_COUNT");
	unsetenv("GIT_CONFIG_PARAMETERS");
}

static void repo_settings_errors_name_the_file(void **state)
{
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_error err = { 0 };

	(void)state;
	sh("rm -rf .gitconfig .config; git init -q wrong; git -C wrong config slugbuild.sandbox "
	   "perhaps");
	open_repo(&repo, "wrong");
	assert_int_equal(sb_repo_settings(&settings, &repo, &err), -1);
	assert_memory_equal(err.text, at("wrong/.git/config: "), strlen(at("wrong/.git/config: ")));
	sh("printf '[slugbuild\\n' >.gitconfig");
	assert_int_equal(sb_user_settings(&settings, &err), -1);
	assert_int_equal(err.code, SB_ECONFIG);
	assert_memory_equal(err.text, at(".gitconfig: "), strlen(at(".gitconfig: ")));
	sh("rm .gitconfig");
}

static void repo_config_is_set_and_removed(void **state)
{
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_error err = { 0 };

	(void)state;
	sh("git init -q keys; cd keys; git config --add slugbuild.app one; git config --add "
	   "slugbuild.app two");
	open_repo(&repo, "keys");
	assert_int_equal(sb_repo_config_set(&repo, "app", "three", &err), 0);
	assert_int_equal(sb_repo_config_set(&repo, "slugbuild.My App.path", "a \"b\"\\ #;\n", &err),
			 0);
	assert_int_equal(sb_repo_config_set(&repo, "receive.fsckObjects", "true", &err), 0);
	assert_string_equal(sh("git -C keys config --get-all slugbuild.app; git -C keys config "
			       "receive.fsckobjects"),
			    "three\ntrue");
	assert_string_equal(
		sh("git -C keys config 'slugbuild.My App.path' | od -An -c | tr -s ' '"),
		" a \" b \" \\ # ; \\n \\n");
	assert_int_equal(sb_repo_config_set(&repo, "app", NULL, &err), 0);
	assert_int_equal(sb_repo_config_set(&repo, "app", NULL, &err), 0);
	assert_string_equal(sh("git -C keys config slugbuild.app || echo none"), "none");
}

static void repo_is_made_with_its_settings(void **state)
{
	struct sb_error err = { 0 };

	(void)state;
	assert_int_equal(sb_repo_init_bare(at("made/deep/new.git"), "trunk",
					   getenv("GIT_DEFAULT_HASH"), &err),
			 0);
	assert_string_equal(
		sh("cd made/deep; ls -A; cd new.git; git config receive.advertisePushOptions;"
		   "git config receive.fsckObjects; git config core.fsync; git config core.bare;"
		   "git symbolic-ref HEAD; git fsck 2>&1 | grep -v notice || :"),
		"new.git\ntrue\ntrue\ncommitted\ntrue\nrefs/heads/trunk");
	sh("git -C work push -q ../made/deep/new.git main:trunk");
	assert_int_equal(sb_repo_init_bare(at("made/deep/new.git"), "trunk", NULL, &err), -1);
	assert_non_null(strstr(err.text, "new.git exists already"));
	assert_int_equal(sb_repo_init_bare(at("made/x.git"), "a..b", NULL, &err), -1);
	assert_int_equal(err.code, SB_EUSAGE);
	assert_int_equal(sb_repo_init_bare(at("made/x.git"), "main", "md5", &err), -1);
	assert_int_equal(err.code, SB_EUSAGE);
	assert_string_equal(sh("ls -A made"), "deep");
}

/* What this program does as a pre-receive hook: reads what is still in quarantine. */
static int as_hook(void)
{
	SB_AUTO(sb_buffer) big = SB_BUFFER_INIT(32 << 20);
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_error err = { 0 };
	struct sb_commit commit;
	struct sb_entry entry;
	char old[80], new[80], ref[128], now[SB_OID_MAX + 1];

	if (scanf("%79s %79s %127s", old, new, ref) != 3)
		return 1;
	if (sb_repo_open(&repo, NULL, &err) < 0 || chdir("/") < 0 ||
	    sb_repo_commit(&repo, new, &commit, &err) < 0 ||
	    sb_repo_ref(&repo, ref, now, &err) < 0 ||
	    sb_tree_find(&repo, commit.tree, "big", &entry, &err) != 1 ||
	    sb_blob_read(&big, &repo, entry.oid, &err) < 0) {
		printf("%s\n", err.text);
		return 1;
	}
	printf("GIT_DIR=%s path=%s\n%s, %zu bytes, ref \"%s\", lacks %d\n", getenv("GIT_DIR"),
	       repo.path, commit.subject, big.n, now, sb_repo_lacks_parents(&repo, new));
	return 0;
}

static void hooks_see_what_is_in_quarantine(void **state)
{
	SB_AUTO_FREE char *real = NULL;

	(void)state;
	sh("git init -q --bare 'hook:ed \"x\".git'; cd 'hook:ed \"x\".git'; printf "
	   "'#!/bin/sh\\nexec %s --hook"
	   "\\n' >hooks/pre-receive; chmod +x hooks/pre-receive",
	   self);
	real = sb_xasprintf(
		"remote: GIT_DIR=. path=%s/hook:ed \"x\".git\nremote: add big, 9000000 bytes, "
		"ref \"\", lacks 0",
		scratch);
	assert_string_equal(
		sh("git clone -q work pusher; cd pusher; head -c 9000000 /dev/urandom >big;"
		   "git add big; git commit -qm 'add big'; git push '../hook:ed \"x\".git' main "
		   ">log 2>&1; grep -E '^remote: ' log | sed 's/ *$//'"),
		real);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(repo_opens_bare_and_work_tree_but_does_not_look_upwards),
		cmocka_unit_test(repo_names_the_format_that_nobody_reads),
		cmocka_unit_test(repo_with_extensions_that_git_reads_is_read),
		cmocka_unit_test(repo_with_reftables_is_read),
		cmocka_unit_test(repo_takes_whole_ids_only),
		cmocka_unit_test(repo_tells_of_what_is_missing_or_broken),
		cmocka_unit_test(repo_of_another_owner_is_refused_with_the_cure),
		cmocka_unit_test(repo_resolves_what_people_type),
		cmocka_unit_test(repo_reads_a_ref_anew_each_time),
		cmocka_unit_test(repo_knows_its_head),
		cmocka_unit_test(repo_ignores_replaced_objects),
		cmocka_unit_test(commits_are_read_whatever_is_in_them),
		cmocka_unit_test(commits_cut_long_subjects_at_a_character),
		cmocka_unit_test(repo_knows_ancestors_and_missing_parents),
		cmocka_unit_test(repo_settings_come_from_the_right_files),
		cmocka_unit_test(repo_settings_errors_name_the_file),
		cmocka_unit_test(repo_config_is_set_and_removed),
		cmocka_unit_test(repo_is_made_with_its_settings),
		cmocka_unit_test(hooks_see_what_is_in_quarantine),
	};

	if (argc == 2 && !strcmp(argv[1], "--hook"))
		return as_hook();
	self = realpath("/proc/self/exe", NULL);
	setenv("GIT_DEFAULT_HASH", TEST_HASH, 1);
	return cmocka_run_group_tests_name("repo, " TEST_HASH, tests, make_repos, scratch_drop);
}
