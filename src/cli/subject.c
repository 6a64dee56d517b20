#include "base/base.h"
#include "cli/subject.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int sb_subject_open(struct sb_cli *cli, char oid[SB_OID_MAX + 1], struct sb_error *err)
{
	const char *first = cli->words.n > 0 ? cli->words.item[0] : NULL;
	const char *second = cli->words.n > 1 ? cli->words.item[1] : NULL;
	struct sb_error none = { 0 };

	if (sb_cli_load(cli, err) < 0)
		return -1;
	if (first) {
		SB_AUTO(sb_repo) named = { 0 };

		if (sb_repo_open(&named, first, &none) == 0) {
			sb_repo_release(&cli->repo);
			cli->repo = SB_STEAL(named);
			SB_AUTO_FREE char *root = sb_xstrdup(cli->settings.root);

			sb_settings_release(&cli->settings);
			if (sb_repo_settings(&cli->settings, &cli->repo, err) < 0)
				return -1;
			if (sb_cli_option(cli, "root")) {
				free(cli->settings.root);
				cli->settings.root = SB_STEAL(root);
			}
		} else if (none.code != SB_ENOENT || second || !cli->repo.git || access(first, F_OK) == 0) {
			*err = none;
			return -1;
		} else {
			second = first;
		}
	}
	if (!cli->repo.git) {
		sb_fail(err, SB_ENOENT, "this is no git repository");
		sb_error_fix(err, "slugbuild %s DIR, or run it inside a clone", cli->command->name);
		return -1;
	}
	return sb_repo_resolve(&cli->repo, second ? second : "HEAD", oid, err);
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

	if (!strcmp(sb_subject_app(cli), "app") || sb_app_open(&app, &cli->store, sb_subject_app(cli), &none) < 0 ||
	    sb_config_load(config, app.dir, &none) < 0)
		return false;
	sb_mask_vars(&cli->log, config);
	return true;
}
