#include "base/base.h"
#include "cli/commands.h"
#include "cli/confirm.h"
#include "cli/hooks.h"
#include "release/addon.h"
#include "release/gc.h"
#include "release/manifest.h"
#include "release/runner.h"
#include "sys/files.h"
#include "sys/lock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *app_row(struct sb_cli *cli, struct sb_table *table, const char *name, struct sb_error *err)
{
	SB_AUTO(sb_app) app = SB_APP_INIT;

	if (sb_app_open(&app, &cli->store, name, err) < 0)
		return NULL;
	int current = sb_ledger_current(&app, err);
	char version[16] = "-", port[16];

	if (current < 0)
		return NULL;
	if (current > 0)
		snprintf(version, sizeof(version), "v%d", current);
	snprintf(port, sizeof(port), "%d", app.port);
	sb_table_row(table, name, version, port, app.repo, NULL);
	json_t *one = sb_json_new_object();

	sb_json_set_text(one, "app", name);
	sb_json_set_int(one, "current", current);
	sb_json_set_int(one, "port", app.port);
	sb_json_set_text(one, "repo", app.repo);
	return one;
}

int sb_cmd_apps(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_list) names = { 0 };
	struct sb_table table = { 0 };

	if (sb_cli_load(cli, err) < 0 || sb_cli_open_store(cli, err) < 0 || sb_apps_list(&names, &cli->store, err) < 0)
		return -1;
	json_t *list = sb_json_new_array();

	for (size_t i = 0; i < names.n; i++) {
		json_t *one = app_row(cli, &table, names.item[i], err);

		if (!one) {
			json_decref(list);
			return -1;
		}
		sb_json_push_take(list, one);
	}
	sb_cli_show(cli, &table, list);
	return 0;
}

/* The runner forgets the app; where nothing was ever deployed it knows nothing of it. */
static int stop_all(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_runner) runner = { 0 };
	int current = sb_ledger_current(&cli->app, err);

	if (current < 1)
		return current;
	SB_AUTO_JSON json_t *manifest = sb_manifest_load(&cli->app, current, err);

	if (!manifest)
		return err->code == SB_ENOENT ? 0 : -1;
	if (!sb_json_at(manifest, "slug.sha256"))
		return 0;
	if (sb_runner_find(&runner, &cli->settings, err) < 0)
		return -1;
	if (runner.none)
		return 0;
	return sb_runner_call(&runner, "destroy", NULL, manifest, &cli->app, &cli->settings, &cli->log, err);
}

static int destroy_addons(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_list) names = { 0 }, vars = { 0 };

	if (sb_addons_list(&names, &cli->app, err) < 0 || sb_config_load(&vars, cli->app.dir, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (sb_addon_destroy(&cli->app, names.item[i], &cli->settings, &vars, &cli->log, err) < 0)
			return -1;
	return 0;
}

/* A repository of ours goes with its app; anybody else's only loses our hooks. */
static int remove_repo(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO_FREE char *ours = sb_xasprintf("%s/repos/%s.git", cli->store.root_path, cli->app.name);
	SB_AUTO_FREE char *real = *cli->app.repo ? realpath(cli->app.repo, NULL) : NULL;
	SB_AUTO_FREE char *name = sb_xasprintf("%s.git", cli->app.name);
	SB_AUTO_FREE char *own = realpath(ours, NULL);

	if (!real)
		return 0;
	if (!own || strcmp(own, real) != 0)
		return *cli->settings.hooks ? sb_repo_config_set(&cli->repo, "slugbuild.app", NULL, err)
					    : sb_hooks_remove(real, sb_hooks_host(real), NULL, err);
	SB_AUTO_CLOSE int repos = sb_open_dir(cli->store.root, "repos", err);

	return repos < 0 ? -1 : sb_remove_tree(repos, name, err);
}

int sb_cmd_apps_destroy(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_lock) build = SB_LOCK_INIT, publish = SB_LOCK_INIT;

	if (sb_cli_open_app(cli, err) < 0 ||
	    sb_confirm(cli, "This stops the app and removes its releases, config vars, add-ons and repository.",
		       err) < 0)
		return -1;
	if (sb_lock_take(&build, cli->app.dir, "lock.build", "apps:destroy", 10, NULL, NULL, err) < 0 ||
	    sb_publish_lock(&publish, &cli->way, "apps:destroy", err) < 0 || stop_all(cli, err) < 0 ||
	    destroy_addons(cli, err) < 0 || remove_repo(cli, err) < 0 || sb_app_destroy(&cli->app, err) < 0)
		return -1;
	sb_log_step(&cli->log, "%s is gone", sb_cli_option(cli, "app") ? sb_cli_option(cli, "app") : "The app");
	return 0;
}

int sb_cmd_gc(struct sb_cli *cli, struct sb_error *err)
{
	struct sb_gc_result result = { 0 };
	bool dry = sb_cli_option(cli, "dry-run") != NULL;

	if (sb_cli_load(cli, err) < 0 || sb_cli_open_store(cli, err) < 0 ||
	    sb_gc(&result, &cli->store, &cli->settings, dry, err) < 0)
		return -1;
	if (sb_cli_json(cli)) {
		json_t *out = sb_json_new_object();

		sb_json_set_int(out, "bytes", result.bytes);
		sb_json_set_int(out, "files", result.files);
		sb_json_set_int(out, "releases", result.releases);
		sb_json_set_flag(out, "dry_run", dry);
		sb_cli_print_json(out);
		return 0;
	}
	printf("%s %lld files, %.1f MB, %d release folders\n", dry ? "Would remove" : "Removed",
	       (long long)result.files, (double)result.bytes / 1e6, result.releases);
	return 0;
}
