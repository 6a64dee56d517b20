#include "base/base.h"
#include "app/activate.h"
#include "cli/commands.h"
#include "release/manifest.h"
#include "release/runner.h"
#include "sys/lock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The runner and the current release's manifest. */
struct serving {
	struct sb_runner runner;
	json_t *manifest;
	int number;
};

static void serving_release(struct serving *serving)
{
	sb_runner_release(&serving->runner);
	json_decref(serving->manifest);
}

static int open_serving(struct sb_cli *cli, struct serving *out, struct sb_error *err)
{
	if (sb_cli_open_app(cli, err) < 0 || sb_runner_find(&out->runner, &cli->settings, err) < 0)
		return -1;
	out->number = sb_ledger_current(&cli->app, err);
	if (out->number < 0)
		return -1;
	if (out->number == 0)
		return sb_fail(err, SB_ENOENT, "%s has no current release", cli->app.name);
	out->manifest = sb_manifest_load(&cli->app, out->number, err);
	if (!out->manifest)
		return -1;
	if (!sb_json_at(out->manifest, "slug.sha256")) {
		sb_fail(err, SB_ENOENT, "nothing was deployed to %s yet", cli->app.name);
		sb_error_fix(err, "git push it to %s", *cli->app.repo ? cli->app.repo : "its repository");
		return -1;
	}
	return 0;
}

static void print_processes(const json_t *status)
{
	struct sb_table table = { 0 };
	size_t i;
	json_t *p;

	json_array_foreach(json_object_get(status, "processes"), i, p) {
		char pid[32] = "", since[32] = "";

		if (json_integer_value(json_object_get(p, "pid")))
			snprintf(pid, sizeof(pid), "pid %lld", (long long)sb_json_int(p, "pid", 0));
		if (json_is_integer(json_object_get(p, "since")))
			snprintf(since, sizeof(since), "%lld s", (long long)sb_json_int(p, "since", 0));
		sb_table_row(&table, sb_json_text(p, "name", "?"), sb_json_text(p, "state", "?"), since, pid, NULL);
	}
	sb_table_print(&table);
}

int sb_cmd_ps(struct sb_cli *cli, struct sb_error *err)
{
	__attribute__((cleanup(serving_release))) struct serving on = { 0 };

	if (open_serving(cli, &on, err) < 0)
		return -1;
	SB_AUTO_JSON json_t *status = sb_runner_status(&on.runner, on.manifest, &cli->app, &cli->settings, err);

	if (!status)
		return -1;
	if (sb_cli_json(cli))
		sb_cli_print_json(json_incref(status));
	else
		print_processes(status);
	return 0;
}

static int scale_word(json_t *formation, const json_t *processes, const char *word, struct sb_error *err)
{
	const char *equals = strchr(word, '=');
	char *end = NULL;
	long count = equals ? strtol(equals + 1, &end, 10) : -1;
	SB_AUTO_FREE char *type = sb_span_dup((struct sb_span) { word, strcspn(word, "=") });

	if (!equals || !equals[1] || *end || count < 0 || count > 100)
		return sb_fail(err, SB_EUSAGE, "%s: write TYPE=N, such as worker=2", word);
	if (!json_object_get(processes, type))
		return sb_fail(err, SB_EUSAGE, "the Procfile declares no %s", type);
	sb_json_set_int(formation, type, count);
	return 0;
}

static int check_web(const struct serving *on, const json_t *formation, struct sb_error *err)
{
	if (!on->runner.local || sb_json_int(formation, "web", 0) <= 1)
		return 0;
	sb_fail(err, SB_EUSAGE, "one web process has the app's port; more cannot share it under %s", on->runner.name);
	sb_error_fix(err, "slugbuild config:set WEB_CONCURRENCY=4: gunicorn then runs that many workers");
	return -1;
}

/* A new formation is the app's, not the release's: the current manifest is made anew. */
static int apply_formation(struct sb_cli *cli, struct serving *on, json_t *formation, struct sb_error *err)
{
	SB_AUTO(sb_lock) lock = SB_LOCK_INIT;
	SB_AUTO(sb_release) release = { 0 };
	SB_AUTO(sb_list) vars = { 0 };

	if (check_web(on, formation, err) < 0 || sb_publish_lock(&lock, &cli->way, "ps:scale", err) < 0 ||
	    sb_ledger_load(&release, &cli->app, on->number, err) < 0 ||
	    sb_config_load(&vars, cli->app.dir, err) < 0)
		return -1;
	json_decref(cli->app.formation);
	cli->app.formation = json_incref(formation);
	if (sb_app_save(&cli->app, err) < 0)
		return -1;
	SB_AUTO_JSON json_t *manifest = sb_manifest_make(&cli->app, &release, &vars, &cli->settings, err);

	if (!manifest || sb_manifest_save(&cli->app, on->number, manifest, err) < 0)
		return -1;
	if (on->runner.none)
		return 0;
	return sb_runner_call(&on->runner, "scale", NULL, manifest, &cli->app, &cli->settings, &cli->log, err);
}

int sb_cmd_ps_scale(struct sb_cli *cli, struct sb_error *err)
{
	__attribute__((cleanup(serving_release))) struct serving on = { 0 };

	if (open_serving(cli, &on, err) < 0)
		return -1;
	const json_t *now = sb_json_at(on.manifest, "formation");
	SB_AUTO_JSON json_t *formation = now ? json_deep_copy(now) : sb_json_new_object();
	const json_t *processes = sb_json_at(on.manifest, "processes");
	const char *type;
	json_t *count;

	for (size_t i = 0; i < cli->words.n; i++)
		if (scale_word(formation, processes, cli->words.item[i], err) < 0)
			return -1;
	if (cli->words.n && apply_formation(cli, &on, formation, err) < 0)
		return -1;
	if (sb_cli_json(cli)) {
		sb_cli_print_json(json_incref(formation));
		return 0;
	}
	json_object_foreach(formation, type, count)
		printf("%s=%lld\n", type, (long long)json_integer_value(count));
	return 0;
}

static int call(struct sb_cli *cli, const char *verb, struct sb_error *err)
{
	__attribute__((cleanup(serving_release))) struct serving on = { 0 };
	SB_AUTO(sb_lock) lock = SB_LOCK_INIT;

	if (open_serving(cli, &on, err) < 0 || sb_publish_lock(&lock, &cli->way, verb, err) < 0)
		return -1;
	return sb_runner_call(&on.runner, verb, (const char *const *)cli->words.item, on.manifest, &cli->app,
			      &cli->settings, &cli->log, err);
}

int sb_cmd_ps_restart(struct sb_cli *cli, struct sb_error *err)
{
	return call(cli, "restart", err);
}

int sb_cmd_ps_stop(struct sb_cli *cli, struct sb_error *err)
{
	return call(cli, "stop", err);
}

int sb_cmd_logs(struct sb_cli *cli, struct sb_error *err)
{
	__attribute__((cleanup(serving_release))) struct serving on = { 0 };
	SB_AUTO(sb_list) extra = { 0 };
	const char *lines = sb_cli_option(cli, "lines");

	if (open_serving(cli, &on, err) < 0)
		return -1;
	if (sb_cli_option(cli, "tail"))
		sb_list_add(&extra, "--tail");
	sb_list_add(&extra, "-n");
	sb_list_add(&extra, lines ? lines : "100");
	sb_list_add_all(&extra, (const char *const *)cli->words.item);
	return sb_runner_exec(&on.runner, "logs", (const char *const *)extra.item, on.manifest, &cli->app,
			      &cli->settings, err);
}
