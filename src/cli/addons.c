#include "base/base.h"
#include "app/publish.h"
#include "cli/commands.h"
#include "cli/confirm.h"
#include "release/addon.h"

#include <stdio.h>

int sb_cmd_addons(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_list) names = { 0 };
	struct sb_table table = { 0 };

	if (sb_cli_open_app(cli, err) < 0 || sb_addons_list(&names, &cli->app, err) < 0)
		return -1;
	json_t *out = sb_json_new_array();

	for (size_t i = 0; i < names.n; i++) {
		SB_AUTO_JSON json_t *state = sb_addon_state(&cli->app, names.item[i], err);
		SB_AUTO(sb_list) vars = { 0 };
		json_t *one = sb_json_new_object(), *name;
		size_t k;

		if (!state) {
			json_decref(one);
			json_decref(out);
			return -1;
		}
		json_array_foreach(json_object_get(state, "config"), k, name)
			sb_list_add(&vars, json_string_value(name) ? json_string_value(name) : "?");
		SB_AUTO_FREE char *text = sb_list_join(&vars, ", ");

		sb_table_row(&table, names.item[i], text, NULL);
		sb_json_set_text(one, "name", names.item[i]);
		sb_json_set_take(one, "config", json_incref(json_object_get(state, "config")));
		sb_json_push_take(out, one);
	}
	sb_cli_show(cli, &table, out);
	return 0;
}

static int publish(struct sb_cli *cli, const char *verb, const char *name, const struct sb_list *vars,
		   struct sb_error *err)
{
	SB_AUTO_FREE char *text = sb_xasprintf("%s add-on %s", verb, name);
	struct sb_change change = { .kind = "addon", .description = text, .vars = vars };
	int number;

	if (sb_publish_change(&cli->way, &change, &number, err) < 0)
		return -1;
	sb_say_released(&cli->way, number);
	return 0;
}

int sb_cmd_addons_create(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_list) vars = { 0 };
	const char *name = cli->words.item[0];

	if (sb_cli_open_app(cli, err) < 0 || sb_cli_settle(cli, err) < 0 ||
	    sb_config_load(&vars, cli->app.dir, err) < 0)
		return -1;
	sb_log_step(&cli->log, "Creating %s for %s", name, cli->app.name);
	if (sb_addon_create(&cli->app, name, &cli->settings, &vars, &cli->log, err) < 0)
		return -1;
	return publish(cli, "Create", name, &vars, err);
}

int sb_cmd_addons_destroy(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_list) vars = { 0 };
	const char *name = cli->words.item[0];

	if (sb_cli_open_app(cli, err) < 0 || sb_cli_settle(cli, err) < 0 ||
	    sb_config_load(&vars, cli->app.dir, err) < 0 ||
	    sb_confirm(cli, "This destroys the add-on and its data.", err) < 0)
		return -1;
	if (sb_addon_destroy(&cli->app, name, &cli->settings, &vars, &cli->log, err) < 0)
		return -1;
	return publish(cli, "Destroy", name, &vars, err);
}
