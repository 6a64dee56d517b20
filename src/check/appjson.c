#include "base/base.h"
#include "check/appjson.h"

#include "base/json.h"
#include "check/procfile.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define QUANTITY_MAX 1000
#define ENV_MAX 500

/* The line a key stands on: the first one that holds it in quotes; 0 where none does. */
static unsigned line_of(const struct sb_text *text, const char *key)
{
	SB_AUTO_FREE char *quoted = sb_xasprintf("\"%s\"", key);
	struct sb_span rest = text->bytes, line;

	for (unsigned n = 1; sb_text_line(&rest, &line); n++)
		if (sb_span_find(line, quoted))
			return n;
	return 0;
}

static struct sb_finding *complain(const struct sb_text *text, const char *key, const char *says)
{
	return sb_text_report(text, "appjson-invalid", line_of(text, key), 0, "%s %s", key, says);
}

/* The object under `key`: NULL where it is absent, or is none, which a finding says. */
static json_t *section(const json_t *doc, const char *key, const struct sb_text *text)
{
	json_t *value = json_object_get(doc, key);

	if (!value || json_is_object(value))
		return value;
	complain(text, key, "must be an object: {…}");
	return NULL;
}

static bool quantity(const json_t *value, int64_t *out)
{
	const json_t *number = json_is_object(value) ? json_object_get(value, "quantity") : value;

	*out = 1;
	if (!number)
		return true; /* {"web": {"size": "basic"}} */
	*out = json_is_integer(number) ? json_integer_value(number) : -1;
	return *out >= 0 && *out <= QUANTITY_MAX;
}

static bool is_process_name(const char *name)
{
	size_t n = strlen(name);

	return n && n <= SB_PROCESS_NAME_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
		       n;
}

static void formation(struct sb_plan *plan, json_t *types, const struct sb_text *text)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(8192);
	const char *name;
	json_t *value;

	json_object_foreach(types, name, value)
	{
		int64_t count;

		if (!is_process_name(name)) {
			complain(text, name, "is no process type");
		} else if (!quantity(value, &count)) {
			sb_finding_fix(complain(text, name, "must have a quantity from 0 to 1000"),
				       "\"%s\": { \"quantity\": 1 }", name);
		} else {
			sb_buffer_addf(&out, "%s%s=%lld", out.n ? " " : "", name, (long long)count);
		}
	}
	if (out.n)
		plan->formation = sb_buffer_detach(&out);
}

static bool is_env_name(const char *name)
{
	size_t i = 0;

	while (isalnum((unsigned char)name[i]) || name[i] == '_')
		i++;
	return i && !name[i] && !isdigit((unsigned char)name[0]);
}

/* A value as text: numbers and true/false are taken as they are written. */
static char *scalar(const json_t *value)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(32768);

	if (json_is_string(value))
		return sb_xstrdup(json_string_value(value));
	if (!json_is_number(value) && !json_is_boolean(value))
		return NULL;
	sb_json_print_compact(&out, value);
	if (out.n && out.p[out.n - 1] == '\n')
		out.p[--out.n] = '\0';
	return sb_buffer_detach(&out);
}

static void one_env(struct sb_plan *plan, const char *name, json_t *value,
		    const struct sb_text *text)
{
	struct sb_env_default row = { 0 };

	if (!is_env_name(name)) {
		complain(text, name, "is no name of a config var");
		return;
	}
	if (json_is_object(value)) {
		const char *generator = sb_json_text(value, "generator", NULL);
		const json_t *required = json_object_get(value, "required");

		row.value = scalar(json_object_get(value, "value"));
		row.secret = generator && !strcmp(generator, "secret");
		row.required = !json_is_false(required) &&
			       !(json_is_string(required) &&
				 !strcmp(json_string_value(required), "false"));
		if (generator && !row.secret)
			complain(text, name, "has a generator other than \"secret\"");
	} else {
		row.value = scalar(value);
		row.required = true;
		if (!row.value)
			complain(text, name, "must be a text or an object");
	}
	row.name = sb_xstrdup(name);
	sb_grow(&plan->env, plan->envs, sizeof(*plan->env));
	plan->env[plan->envs++] = row;
}

/* The path of web's startup check, else of its first one. Dokku's form. */
static void healthchecks(struct sb_plan *plan, json_t *types, const struct sb_text *text)
{
	const json_t *checks = json_object_get(types, "web");
	const char *found = NULL;
	json_t *check;
	size_t i;

	json_array_foreach(checks, i, check)
	{
		const char *path = sb_json_text(check, "path", NULL);

		if (path && (!found || !strcmp(sb_json_text(check, "type", ""), "startup")))
			found = path;
	}
	if (!found)
		return;
	if (found[0] != '/' || strpbrk(found, " \t\r\n"))
		complain(text, "healthchecks",
			 "has a path that does not start with '/' or holds a blank");
	else
		plan->health_path = sb_xstrdup(found);
}

static void script(char **out, json_t *scripts, const char *name, const struct sb_text *text)
{
	SB_AUTO_FREE char *dokku = sb_xasprintf("dokku.%s", name);
	const json_t *value = sb_json_at(scripts, name);

	if (!value)
		value = sb_json_at(scripts, dokku);
	if (!value)
		return;
	if (json_is_string(value) && json_string_value(value)[0])
		*out = sb_xstrdup(json_string_value(value));
	else if (!json_is_string(value))
		complain(text, name, "must be a command");
}

static void complain_syntax(const struct sb_text *text, const struct sb_error *why)
{
	char *colon = NULL;
	unsigned line = (unsigned)strtoul(why->where, &colon, 10);
	unsigned column = colon && *colon == ':' ? (unsigned)strtoul(colon + 1, NULL, 10) : 0;

	sb_finding_fix(sb_text_report(text, "appjson-invalid", line, column, "%s", why->text),
		       "look at the line and the one before it: python3 -m json.tool app.json");
}

void sb_appjson_parse(struct sb_plan *plan, const struct sb_text *text)
{
	struct sb_error why = { 0 };
	SB_AUTO_JSON json_t *doc = sb_json_parse(text->bytes, &why);
	const char *name;
	json_t *value, *env, *scripts;

	if (!doc) {
		complain_syntax(text, &why);
		return;
	}
	if (!json_is_object(doc)) {
		sb_text_report(text, "appjson-invalid", 1, 0, "app.json must be an object: {…}");
		return;
	}
	formation(plan, section(doc, "formation", text), text);
	env = section(doc, "env", text);
	if (json_object_size(env) > ENV_MAX) {
		complain(text, "env", "has more than 500 names");
		env = NULL;
	}
	json_object_foreach(env, name, value) one_env(plan, name, value, text);
	healthchecks(plan, section(doc, "healthchecks", text), text);
	scripts = section(doc, "scripts", text);
	script(&plan->predeploy, scripts, "predeploy", text);
	script(&plan->postdeploy, scripts, "postdeploy", text);
}
