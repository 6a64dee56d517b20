#include "base/base.h"
#include "app/publish.h"
#include "cli/commands.h"
#include "sys/files.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int sb_cmd_config(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_list) vars = { 0 };
	struct sb_table table = { 0 };
	bool show = sb_cli_option(cli, "show-values") != NULL;

	if (sb_cli_open_app(cli, err) < 0 || sb_config_load(&vars, cli->app.dir, err) < 0)
		return -1;
	json_t *out = sb_json_new_object();

	for (size_t i = 0; i < vars.n; i++) {
		const char *equals = strchr(vars.item[i], '=');
		SB_AUTO_FREE char *name =
			sb_span_dup((struct sb_span) { vars.item[i], (size_t)(equals - vars.item[i]) });

		sb_json_set_text(out, name, show ? equals + 1 : "********");
		sb_table_row(&table, name, show ? equals + 1 : "********", NULL);
	}
	sb_cli_show(cli, &table, out);
	return 0;
}

int sb_cmd_config_get(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_list) vars = { 0 };

	if (sb_cli_open_app(cli, err) < 0 || sb_config_load(&vars, cli->app.dir, err) < 0)
		return -1;
	const char *value = sb_list_getenv(&vars, cli->words.item[0]);

	if (!value)
		return sb_fail(err, SB_ENOENT, "%s has no config var %s", cli->app.name, cli->words.item[0]);
	puts(value);
	return 0;
}

/*
 * "K" alone: its value is standard input, less one newline at the end. Nothing there is more likely
 * a forgotten "=value", or a file that a script failed to make, than an empty secret: "K=" is one.
 */
static int read_value(struct sb_buffer *value, const char *name, struct sb_error *err)
{
	if (isatty(STDIN_FILENO))
		fprintf(stderr, "The value of %s, then Ctrl-D:\n", name);
	if (sb_read_fd(value, STDIN_FILENO, err) < 0)
		return sb_wrap(err, "the value of %s", name);
	if (value->n && value->p[value->n - 1] == '\n')
		value->p[--value->n] = '\0';
	if (!value->n) {
		sb_fail(err, SB_EUSAGE, "%s has no value: standard input, where it was looked for, is empty", name);
		sb_error_fix(err, "%s=VALUE, or %s= for an empty value", name, name);
		return -1;
	}
	if (strlen(value->p) != value->n)
		return sb_fail(err, SB_EUSAGE, "the value of %s holds a NUL", name);
	return 0;
}

/* "K=V", or "K" alone. */
static int set_one(struct sb_list *vars, const char *word, struct sb_error *err)
{
	const char *equals = strchr(word, '=');
	SB_AUTO(sb_buffer) input = SB_BUFFER_INIT(SB_CONFIG_MAX + 1);
	SB_AUTO_FREE char *name = equals ? sb_span_dup((struct sb_span) { word, (size_t)(equals - word) })
					 : sb_xstrdup(word);

	if (sb_config_check(name, equals ? equals + 1 : "", err) < 0)
		return -1;
	if (!equals && (read_value(&input, name, err) < 0 || sb_config_check(name, input.p, err) < 0))
		return -1;
	sb_list_setenv(vars, name, equals ? equals + 1 : input.p);
	return 0;
}

static int names_of(struct sb_list *out, const struct sb_list *words)
{
	for (size_t i = 0; i < words->n; i++)
		sb_list_addf(out, "%.*s", (int)strcspn(words->item[i], "="), words->item[i]);
	return 0;
}

static int publish(struct sb_cli *cli, const char *verb, const struct sb_list *vars, struct sb_error *err)
{
	SB_AUTO(sb_list) names = { 0 };
	int number;

	names_of(&names, &cli->words);
	SB_AUTO_FREE char *list = sb_list_join(&names, ", ");
	SB_AUTO_FREE char *text = sb_xasprintf("%s %s config vars", verb, list);
	struct sb_change change = { .kind = "config", .description = text, .vars = vars };

	sb_log_step(&cli->log, "%sting %s on %s", verb, list, cli->app.name);
	if (sb_publish_change(&cli->way, &change, &number, err) < 0)
		return -1;
	sb_say_released(&cli->way, number);
	return 0;
}

int sb_cmd_config_set(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_list) vars = { 0 };

	if (sb_cli_open_app(cli, err) < 0 || sb_cli_settle(cli, err) < 0 ||
	    sb_config_load(&vars, cli->app.dir, err) < 0)
		return -1;
	for (size_t i = 0; i < cli->words.n; i++)
		if (set_one(&vars, cli->words.item[i], err) < 0)
			return -1;
	return publish(cli, "Set", &vars, err);
}

int sb_cmd_config_unset(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_list) vars = { 0 };

	if (sb_cli_open_app(cli, err) < 0 || sb_cli_settle(cli, err) < 0 ||
	    sb_config_load(&vars, cli->app.dir, err) < 0)
		return -1;
	for (size_t i = 0; i < cli->words.n; i++) {
		if (!sb_list_getenv(&vars, cli->words.item[i]))
			return sb_fail(err, SB_ENOENT, "%s has no config var %s", cli->app.name,
				       cli->words.item[i]);
		sb_config_remove(&vars, cli->words.item[i]);
	}
	return publish(cli, "Unset", &vars, err);
}
