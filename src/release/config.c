#include "base/base.h"
#include "release/apps.h"
#include "sys/files.h"

#include <stdlib.h>
#include <string.h>

#define NAME_SET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789"
#define FILE_MAX (SB_CONFIG_MAX * 7) /* a byte is six in JSON at worst; names and quotes */

int sb_config_load(struct sb_list *out, int dir, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(FILE_MAX);
	const char *name;
	json_t *value;

	if (sb_read_file(&text, dir, "config.json", err) < 0)
		return sb_wrap(err, "config vars");

	SB_AUTO_JSON json_t *vars = sb_json_parse(sb_buffer_span(&text), err);

	explicit_bzero(text.p, text.n);
	if (!vars)
		return sb_wrap(err, "config.json");
	if (!json_is_object(vars))
		return sb_fail(err, SB_EINPUT, "config.json is no object");
	json_object_foreach(vars, name, value)
	{
		if (!json_is_string(value))
			return sb_fail(err, SB_EINPUT, "config.json: %s is no text", name);
		sb_list_setenv(out, name, json_string_value(value));
	}
	sb_list_sort(out);
	return 0;
}

static int check_pair(const char *pair, struct sb_error *err)
{
	const char *sep = strchr(pair, '=');

	if (!sep)
		return sb_fail(err, SB_EUSAGE, "a config var is NAME=VALUE");

	SB_AUTO_FREE char *name = sb_span_dup((struct sb_span) { pair, (size_t)(sep - pair) });

	return sb_config_check(name, sep + 1, err);
}

int sb_config_save(int dir, const struct sb_list *vars, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(FILE_MAX);
	SB_AUTO_JSON json_t *object = sb_json_new_object();
	size_t total = 0;

	for (size_t i = 0; i < vars->n; i++) {
		if (check_pair(vars->item[i], err) < 0)
			return -1;

		char *sep = strchr(vars->item[i], '=');
		SB_AUTO_FREE char *name = sb_span_dup(
			(struct sb_span) { vars->item[i], (size_t)(sep - vars->item[i]) });

		total += strlen(vars->item[i]) - 1;
		sb_json_set_text(object, name, sep + 1);
	}
	if (total > SB_CONFIG_MAX) {
		sb_fail(err, SB_ELIMIT, "config vars of %zu bytes; the limit is %d in all", total,
			SB_CONFIG_MAX);
		sb_error_fix(err, "keep large values in a file the app reads, and its path here");
		return -1;
	}
	sb_json_print(&text, object);
	if (text.full)
		return sb_fail(err, SB_ELIMIT, "too many config vars");
	return sb_write_file(dir, "config.json", 0600, sb_buffer_span(&text), err);
}

static bool is_name(const char *name)
{
	return !(name[0] >= '0' && name[0] <= '9') && sb_span_all(sb_span_of(name), NAME_SET);
}

int sb_config_check(const char *name, const char *value, struct sb_error *err)
{
	if (!is_name(name)) {
		sb_fail(err, SB_EUSAGE, "\"%s\" is no name for a config var", name);
		sb_error_fix(err, "letters, digits and _, not a digit first");
		return -1;
	}
	if (strlen(name) + strlen(value) > SB_CONFIG_MAX)
		return sb_fail(err, SB_ELIMIT, "%s is longer than %d bytes", name, SB_CONFIG_MAX);

	SB_AUTO_JSON json_t *text = json_string(value);

	if (!text)
		return sb_fail(err, SB_EUSAGE, "the value of %s is no UTF-8", name);
	return 0;
}

void sb_config_remove(struct sb_list *vars, const char *name)
{
	size_t n = strlen(name), kept = 0;

	for (size_t i = 0; i < vars->n; i++) {
		if (!strncmp(vars->item[i], name, n) && vars->item[i][n] == '=')
			free(vars->item[i]);
		else
			vars->item[kept++] = vars->item[i];
	}
	if (vars->item)
		vars->item[kept] = NULL;
	vars->n = kept;
}

void sb_config_print_env(struct sb_buffer *out, const struct sb_list *vars)
{
	for (size_t i = 0; i < vars->n; i++) {
		const char *at = strchr(vars->item[i], '=');

		if (!at)
			continue;
		sb_buffer_add(out,
			      (struct sb_span) { vars->item[i], (size_t)(at - vars->item[i]) });
		sb_buffer_adds(out, "=\"");
		for (at++; *at; at++) {
			if (strchr("\\\"`$", *at))
				sb_buffer_addc(out, '\\');
			sb_buffer_addc(out, *at);
		}
		sb_buffer_adds(out, "\"\n");
	}
}
