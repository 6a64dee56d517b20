#include "base/base.h"
#include "cli/commands.h"
#include "release/process.h"

#include <stdlib.h>
#include <string.h>

/* The release that -r names, else the current one. */
static int open_release(struct sb_cli *cli, struct sb_release *release, struct sb_error *err)
{
	const char *name = sb_cli_option(cli, "release");
	int number;

	if (sb_cli_open_app(cli, err) < 0)
		return -1;
	number = name && strcmp(name, "current") != 0 ? sb_release_number(name) : sb_ledger_current(&cli->app, err);
	if (number < 0)
		return -1;
	if (number == 0)
		return sb_fail(err, SB_ENOENT, "%s has no release %s", cli->app.name, name ? name : "yet");
	if (sb_ledger_load(release, &cli->app, number, err) < 0)
		return -1;
	if (!sb_json_at(release->facts, "slug.sha256"))
		return sb_fail(err, SB_ENOENT, "v%d of %s has no slug: nothing was deployed yet", number,
			       cli->app.name);
	return sb_release_unpack(&cli->app, release, &cli->settings, err);
}

int sb_cmd_run(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_release) release = { 0 };
	SB_AUTO(sb_list) command = { 0 };

	if (open_release(cli, &release, err) < 0)
		return -1;
	sb_list_add_all(&command, (const char *const *)cli->words.item);
	sb_list_add_all(&command, (const char *const *)cli->rest.item);
	if (!command.n) {
		sb_fail(err, SB_EUSAGE, "what is to be run?");
		sb_error_fix(err, "slugbuild run -a %s -- python manage.py shell", cli->app.name);
		return -1;
	}
	struct sb_run run = { .app = &cli->app,
			      .release = &release,
			      .settings = &cli->settings,
			      .type = "run",
			      .index = 1,
			      .command = (const char *const *)command.item };

	return sb_run_exec(&run, err);
}

int sb_cmd_exec(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_release) release = { 0 };
	const char *word = cli->words.item[0], *dot = strchr(word, '.'), *port = sb_cli_option(cli, "port");
	size_t n = dot ? (size_t)(dot - word) : strlen(word);
	SB_AUTO_FREE char *type = sb_span_dup((struct sb_span) { word, n });

	if (open_release(cli, &release, err) < 0)
		return -1;
	if (!json_object_get(json_object_get(release.facts, "processes"), type))
		return sb_fail(err, SB_EUSAGE, "v%d of %s has no process type %s", release.number, cli->app.name, type);
	long index = dot ? strtol(dot + 1, NULL, 10) : 1;
	bool web = !strcmp(type, "web") && index <= 1;
	struct sb_run run = { .app = &cli->app,
			      .release = &release,
			      .settings = &cli->settings,
			      .type = type,
			      .index = index > 0 ? (int)index : 1,
			      .port = port ? (int)strtol(port, NULL, 10) : web ? cli->app.port : 0 };

	return sb_run_exec(&run, err);
}
