#include "base/base.h"
#include "app/rebuild.h"
#include "app/reconcile.h"
#include "cli/commands.h"
#include "sys/child.h"

int sb_cmd_deploy(struct sb_cli *cli, struct sb_error *err)
{
	const char *rev = cli->words.n ? cli->words.item[0] : NULL;

	if (sb_cli_open_app(cli, err) < 0 || sb_cli_settle(cli, err) < 0)
		return -1;
	if (!cli->repo.git)
		return sb_fail(err, SB_ENOENT, "%s has no repository that can be opened", cli->app.name);
	sb_cancel_on_signals();
	return sb_rebuild(&cli->way, &cli->repo, rev, sb_cli_option(cli, "no-cache") != NULL, err);
}

/* One app after another; one that cannot be mended does not stop the rest. */
static int reconcile_all(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_list) apps = { 0 };
	int bad = 0;

	if (sb_cli_load(cli, err) < 0 || sb_cli_open_store(cli, err) < 0 || sb_apps_list(&apps, &cli->store, err) < 0)
		return -1;
	for (size_t i = 0; i < apps.n; i++) {
		struct sb_error one = { 0 };

		if (sb_cli_open_named(cli, apps.item[i], &one) < 0 || sb_cli_settle(cli, &one) < 0) {
			sb_log_fail(&cli->log, &one, NULL);
			*err = one;
			bad++;
		}
		sb_app_release(&cli->app);
	}
	if (!bad)
		return 0;
	err->text[0] = '\0'; /* each was shown */
	return -1;
}

int sb_cmd_reconcile(struct sb_cli *cli, struct sb_error *err)
{
	if (!sb_cli_option(cli, "app"))
		return reconcile_all(cli, err);
	if (sb_cli_open_app(cli, err) < 0)
		return -1;
	return sb_cli_settle(cli, err);
}
