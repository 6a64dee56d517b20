#include "base/base.h"
#include "cli/commands.h"
#include "cli/hooks.h"
#include "sys/files.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "user@host:/path" as ssh wants it, and the plain path for who pushes on this machine. */
static void print_remote(const struct sb_cli *cli, const char *app, const char *repo)
{
	char host[256] = "HOST";

	if (gethostname(host, sizeof(host) - 1) < 0)
		memcpy(host, "HOST", sizeof("HOST"));
	sb_log_step(&((struct sb_cli *)cli)->log, "Created %s (v1)", app);
	printf("git remote add production %s\n", repo);
	printf("git remote add production %s@%s:%s    # from another machine\n", sb_cli_user(), host, repo);
	printf("git push production main\n");
}

static int make_repo(struct sb_cli *cli, const char *repo, struct sb_error *err)
{
	const char *branch = sb_cli_option(cli, "branch");
	const char *format = sb_cli_option(cli, "object-format"), *usual = getenv("GIT_DEFAULT_HASH");
	char first[256] = "main";

	/* "main=blog" or "main staging": HEAD is the first of them. */
	if (branch)
		sb_span_copy(first, sizeof(first),
			     (struct sb_span) { branch, strcspn(branch, " =,") < 255 ? strcspn(branch, " =,") : 255 });
	if (access(repo, F_OK) == 0)
		return 0;
	/* As `git init` decides it. */
	if (!format && usual && usual[0])
		format = usual;
	return sb_repo_init_bare(repo, first, format, err);
}

static int pin(struct sb_cli *cli, struct sb_repo *repo, const char *app, struct sb_error *err)
{
	const char *branch = sb_cli_option(cli, "branch"), *runner = sb_cli_option(cli, "runner");

	if (sb_hooks_pin(repo, &cli->settings, app, cli->store.root_path, err) < 0 ||
	    (branch && sb_repo_config_set(repo, "slugbuild.branch", branch, err) < 0) ||
	    (runner && sb_repo_config_set(repo, "slugbuild.runner", runner, err) < 0))
		return -1;
	return 0;
}

int sb_cmd_create(struct sb_cli *cli, struct sb_error *err)
{
	const char *app = cli->words.item[0], *option = sb_cli_option(cli, "repo");
	SB_AUTO(sb_repo) repo = { 0 };

	if (!sb_is_app_name(app)) {
		sb_fail(err, SB_EUSAGE, "%s is no app name", app);
		sb_error_fix(err, "small letters, digits and '-', beginning with a letter, at most 30");
		return -1;
	}
	if (sb_cli_load(cli, err) < 0 || sb_cli_open_store(cli, err) < 0)
		return -1;
	SB_AUTO_FREE char *path = option ? sb_xstrdup(option)
					 : sb_xasprintf("%s/repos/%s.git", cli->store.root_path, app);
	SB_AUTO_FREE char *parent = sb_xasprintf("%s/repos", cli->store.root_path);
	SB_AUTO_CLOSE int repos = sb_make_dirs(parent, 0755, err);

	if (repos < 0 || make_repo(cli, path, err) < 0 || sb_repo_open(&repo, path, err) < 0)
		return -1;
	if (sb_app_create(&cli->app, &cli->store, app, repo.path, &cli->settings, err) < 0 ||
	    pin(cli, &repo, app, err) < 0 || sb_hooks_install(repo.path, "bare", NULL, err) < 0)
		return -1;
	if (sb_cli_json(cli)) {
		json_t *out = sb_json_new_object();

		sb_json_set_text(out, "app", app);
		sb_json_set_text(out, "repo", repo.path);
		sb_json_set_int(out, "port", cli->app.port);
		sb_cli_print_json(out);
		return 0;
	}
	print_remote(cli, app, repo.path);
	return 0;
}
