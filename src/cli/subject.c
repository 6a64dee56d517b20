#include "base/base.h"
#include "cli/subject.h"
#include "slug/tar_tree.h"
#include "source/loose.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The settings of another repository than the one we stand in, or of none; --root stays. */
static int take_settings(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO_FREE char *root = sb_xstrdup(cli->settings.root);

	sb_settings_release(&cli->settings);
	if ((cli->repo.git ? sb_repo_settings(&cli->settings, &cli->repo, err)
			   : sb_user_settings(&cli->settings, err)) < 0)
		return -1;
	if (sb_cli_option(cli, "root")) {
		free(cli->settings.root);
		cli->settings.root = SB_STEAL(root);
	}
	return 0;
}

/* The repository that a word names, in place of the one we stand in. 0: it is none; -1 with err. */
static int open_named(struct sb_cli *cli, const char *word, struct sb_error *err)
{
	SB_AUTO(sb_repo) named = { 0 };

	if (sb_repo_open(&named, word, err) < 0)
		return err->code == SB_ENOENT ? 0 : -1;
	sb_repo_release(&cli->repo);
	cli->repo = SB_STEAL(named);
	return take_settings(cli, err) < 0 ? -1 : 1;
}

/* The repository whose work tree we stand somewhere in. */
static void look_upwards(struct sb_cli *cli)
{
	SB_AUTO_FREE char *path = realpath(".", NULL);
	struct sb_error none = { 0 };
	char *slash;

	while (!cli->repo.git && path && (slash = strrchr(path, '/')) && slash != path) {
		*slash = '\0';
		if (open_named(cli, path, &none) < 0)
			return;
	}
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* A folder or a tar: nothing of the repository we may stand in has a say. */
static int forget_repo(struct sb_cli *cli, struct sb_error *err)
{
	sb_repo_release(&cli->repo);
	return take_settings(cli, err);
}

static int open_folder(struct sb_cli *cli, const char *path, char oid[SB_OID_MAX + 1],
		       struct sb_error *err)
{
	if (forget_repo(cli, err) < 0)
		return -1;
	return sb_loose_folder(&cli->repo, path, &cli->settings, oid, err);
}

static int open_tar(struct sb_cli *cli, char oid[SB_OID_MAX + 1], struct sb_error *err)
{
	if (isatty(STDIN_FILENO)) {
		sb_fail(err, SB_EUSAGE, "a tar is wanted on standard input, which is a terminal");
		sb_error_fix(err, "git archive HEAD | slugbuild %s -", cli->command->name);
		return -1;
	}
	if (forget_repo(cli, err) < 0)
		return -1;
	return sb_tar_tree(&cli->repo, STDIN_FILENO, &cli->settings, oid, err);
}

static int no_repository(const struct sb_cli *cli, struct sb_error *err)
{
	sb_fail(err, SB_ENOENT, "this is no git repository");
	sb_error_fix(err, "slugbuild %s DIR, or run it inside a clone", cli->command->name);
	return -1;
}

/* In a hook GIT_INDEX_FILE is the index of the commit that is being made. */
static int open_staged(struct sb_cli *cli, bool named, const char *rev, char oid[SB_OID_MAX + 1], struct sb_error *err)
{
	if (rev)
		return sb_fail(err, SB_EUSAGE, "what is staged has no revision: --staged or %s", rev);
	/* Where git dir and work tree are apart, only the environment of the hook says which. */
	if (!named && getenv("GIT_DIR")) {
		sb_repo_release(&cli->repo);
		if (sb_repo_open(&cli->repo, NULL, err) < 0 || take_settings(cli, err) < 0)
			return -1;
	}
	if (!cli->repo.git)
		return no_repository(cli, err);

	const char *file = named ? NULL : sb_repo_index_told();

	return sb_loose_index(&cli->repo, file && *file ? file : NULL, &cli->settings, oid, err);
}

/* [DIR|REPO] [REV]: the first word may be the revision. `rev` gets it, or stays NULL. */
static int open_words(struct sb_cli *cli, const char **rev, bool *named, struct sb_error *err)
{
	const char *first = cli->words.n > 0 ? cli->words.item[0] : NULL;
	const char *second = cli->words.n > 1 ? cli->words.item[1] : NULL;
	struct sb_error none = { 0 };
	int opened = first ? open_named(cli, first, &none) : 0;

	*rev = second;
	*named = opened > 0;
	if (opened > 0)
		return 0;
	if (!cli->repo.git && (!first || opened == 0) && (!first || !is_folder(first)))
		look_upwards(cli);
	if (!first)
		return 0;
	if (opened < 0 || second || !cli->repo.git || access(first, F_OK) == 0) {
		*err = none;
		return -1;
	}
	*rev = first;
	return 0;
}

int sb_subject_open(struct sb_cli *cli, char oid[SB_OID_MAX + 1], struct sb_error *err)
{
	const char *rev = NULL;
	bool named = false;

	if (sb_cli_load(cli, err) < 0 || open_words(cli, &rev, &named, err) < 0)
		return -1;
	if (!cli->repo.git)
		return no_repository(cli, err);
	return sb_repo_resolve(&cli->repo, rev ? rev : "HEAD", oid, err);
}

int sb_subject_look(struct sb_cli *cli, char oid[SB_OID_MAX + 1], struct sb_error *err)
{
	const char *first = cli->words.n > 0 ? cli->words.item[0] : NULL, *rev = NULL;
	struct sb_error why = { 0 };
	bool named = false, staged = sb_cli_option(cli, "staged") != NULL;

	if (sb_cli_load(cli, err) < 0)
		return -1;
	if (first && !strcmp(first, "-")) {
		if (staged || cli->words.n > 1)
			return sb_fail(err, SB_EUSAGE, "a tar has no revisions and no index");
		return open_tar(cli, oid, err);
	}
	if (open_words(cli, &rev, &named, &why) < 0) {
		if (why.code == SB_ENOENT && cli->words.n == 1 && !staged && is_folder(first))
			return open_folder(cli, first, oid, err);
		*err = why;
		return -1;
	}
	if (staged)
		return open_staged(cli, named, rev, oid, err);
	return cli->repo.git ? sb_repo_resolve(&cli->repo, rev ? rev : "HEAD", oid, err)
			     : open_folder(cli, ".", oid, err);
}

bool sb_subject_is_commit(const struct sb_cli *cli)
{
	return !sb_repo_is_loose(&cli->repo);
}

char *sb_subject_name(const struct sb_cli *cli, const char *oid)
{
	if (sb_subject_is_commit(cli))
		return sb_xasprintf("%.8s", oid);
	if (sb_cli_option(cli, "staged"))
		return sb_xstrdup("what is staged");
	return strcmp(cli->repo.path, "-") ? sb_xasprintf("the folder %s", cli->repo.path)
					   : sb_xstrdup("the tar");
}

const char *sb_subject_app(const struct sb_cli *cli)
{
	const char *option = sb_cli_option(cli, "app");

	return option ? option : *cli->settings.app ? cli->settings.app : "app";
}

bool sb_subject_config(struct sb_cli *cli, struct sb_list *config)
{
	SB_AUTO(sb_app) app = SB_APP_INIT;
	struct sb_error none = { 0 };

	if (!strcmp(sb_subject_app(cli), "app") ||
	    sb_app_open(&app, &cli->store, sb_subject_app(cli), &none) < 0 ||
	    sb_config_load(config, app.dir, &none) < 0)
		return false;
	sb_mask_vars(&cli->log, config);
	return true;
}
