#include "base/base.h"
#include "base/settings.h"

#include <ctype.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SECTION "slugbuild."
#define VALUE_MAX 32768 /* bytes */

/* A value, read and in range, not yet stored. */
struct value {
	char *text;
	int64_t number;
};

static void *field(const struct sb_settings *settings, const struct sb_setting *row)
{
	return (char *)settings + row->at;
}

static const struct sb_setting *find_row(const char *key)
{
	for (size_t i = 0; i < sb_setting_count; i++)
		if (!strcasecmp(sb_setting_table[i].key, key))
			return &sb_setting_table[i];
	return NULL;
}

char *sb_settings_default_root(void)
{
	static const char system_root[] = "/var/lib/slugbuild";
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	const struct passwd *user = NULL;

	if (!access(system_root, W_OK))
		return sb_xstrdup(system_root);
	if (state && state[0] == '/')
		return sb_xasprintf("%s/slugbuild", state);
	if ((!home || home[0] != '/') && (user = getpwuid(geteuid())))
		home = user->pw_dir;
	if (!home || home[0] != '/')
		return sb_xstrdup(system_root);
	return sb_xasprintf("%s/.local/state/slugbuild", home);
}

/* git config's own words for yes and no; no value at all is yes. */
static bool parse_flag(const char *value, int64_t *out)
{
	static const char *const yes[] = { "true", "yes", "on", "1" };
	static const char *const no[] = { "false", "no", "off", "0", "" };

	*out = 1;
	if (!value)
		return true;
	for (size_t i = 0; i < SB_COUNT(yes); i++)
		if (!strcasecmp(value, yes[i]))
			return true;
	*out = 0;
	for (size_t i = 0; i < SB_COUNT(no); i++)
		if (!strcasecmp(value, no[i]))
			return true;
	return false;
}

static bool parse_choice(const char *choices, const char *value, int64_t *out)
{
	struct sb_span rest = sb_span_of(choices), word;
	bool more = true;

	for (*out = 0; more; ++*out) {
		more = sb_span_cut(&rest, '|', &word);
		if (!more)
			word = rest;
		if (word.n == strlen(value) && !strncasecmp(word.p, value, word.n))
			return true;
	}
	return false;
}

static int parse_number(const struct sb_setting *row, const char *value, int64_t *out,
			struct sb_error *err)
{
	static const char *const forms[] = {
		[SB_SECONDS] = "a time such as 90, 15m or 2h",
		[SB_BYTES] = "a size such as 500m or 2g",
		[SB_COUNT_OF] = "a number",
	};
	struct sb_span text = sb_span_trim(sb_span_of(value));
	bool good = row->kind == SB_SECONDS ? sb_parse_seconds(text, out)
		    : row->kind == SB_BYTES
			    ? sb_parse_bytes(text, out)
			    : sb_span_all(text, "0123456789") && sb_parse_bytes(text, out);

	if (!good)
		return sb_fail(err, SB_ECONFIG, "slugbuild.%s = %.64s: not %s", row->key, value,
			       forms[row->kind]);
	if (*out < row->min || *out > row->max)
		return sb_fail(err, SB_ECONFIG, "slugbuild.%s = %.64s: not from %lld to %lld",
			       row->key, value, (long long)row->min, (long long)row->max);
	return 0;
}

/* An absolute path, "" or one that starts in the home folder. */
static int parse_path(const struct sb_setting *row, const char *value, char **out,
		      struct sb_error *err)
{
	const char *home = getenv("HOME");

	if (!strncmp(value, "~/", 2) && home && home[0] == '/') {
		*out = sb_xasprintf("%s/%s", home, value + 2);
		return 0;
	}
	if (value[0] && value[0] != '/')
		return sb_fail(err, SB_ECONFIG, "slugbuild.%s = %.200s: not an absolute path",
			       row->key, value);
	*out = sb_xstrdup(value);
	return 0;
}

static int parse_value(struct value *out, const struct sb_setting *row, const char *value,
		       struct sb_error *err)
{
	if (!value && row->kind != SB_FLAG)
		return sb_fail(err, SB_ECONFIG, "slugbuild.%s has no value", row->key);
	if (value && strlen(value) > VALUE_MAX)
		return sb_fail(err, SB_ECONFIG, "slugbuild.%s: more than %d bytes", row->key,
			       VALUE_MAX);
	switch (row->kind) {
	case SB_TEXT:
		if (strpbrk(value, "\n\r"))
			return sb_fail(err, SB_ECONFIG, "slugbuild.%s: more than one line",
				       row->key);
		out->text = sb_xstrdup(value);
		return 0;
	case SB_PATH:
		return parse_path(row, value, &out->text, err);
	case SB_FLAG:
		if (parse_flag(value, &out->number))
			return 0;
		return sb_fail(err, SB_ECONFIG, "slugbuild.%s = %.64s: neither true nor false",
			       row->key, value);
	case SB_CHOICE:
		if (parse_choice(row->choices, value, &out->number))
			return 0;
		return sb_fail(err, SB_ECONFIG, "slugbuild.%s = %.64s: not one of %s", row->key,
			       value, row->choices);
	case SB_SECONDS:
	case SB_BYTES:
	case SB_COUNT_OF:
		break;
	}
	return parse_number(row, value, &out->number, err);
}

static void store(struct sb_settings *settings, const struct sb_setting *row, struct value *value)
{
	void *at = field(settings, row);

	switch (row->kind) {
	case SB_TEXT:
	case SB_PATH:
		free(*(char **)at);
		*(char **)at = SB_STEAL(value->text);
		if (at == &settings->root && !settings->root[0]) {
			free(settings->root);
			settings->root = sb_settings_default_root();
		}
		break;
	case SB_FLAG:
		*(bool *)at = value->number != 0;
		break;
	case SB_CHOICE:
		*(int *)at = (int)value->number;
		break;
	case SB_SECONDS:
	case SB_BYTES:
	case SB_COUNT_OF:
		*(int64_t *)at = value->number;
		break;
	}
}

static int set_row(struct sb_settings *settings, const struct sb_setting *row, const char *text,
		   struct sb_error *err)
{
	struct value value = { 0 };

	if (parse_value(&value, row, text, err) < 0)
		return -1;
	store(settings, row, &value);
	return 0;
}

void sb_settings_init(struct sb_settings *settings)
{
	struct sb_error err = { 0 };

	_Static_assert(sizeof(enum sb_sandbox_mode) == sizeof(int), "choices are stored as int");
	*settings = (struct sb_settings) { 0 };
	for (size_t i = 0; i < sb_setting_count; i++) {
		if (!set_row(settings, &sb_setting_table[i], sb_setting_table[i].fallback, &err))
			continue;
		fprintf(stderr, "slugbuild: %s\n", err.text); /* a row nobody has tested */
		abort();
	}
}

static int unknown(const char *key, const char *name, bool per_app, struct sb_error *err)
{
	const char *words[128];
	size_t n = 0;

	for (size_t i = 0; i < sb_setting_count && n + 1 < SB_COUNT(words); i++)
		if (!per_app || sb_setting_table[i].per_app)
			words[n++] = sb_setting_table[i].key;
	words[n] = NULL;

	const char *near = sb_nearest(name, words);

	sb_fail(err, SB_ECONFIG, "there is no setting %.200s", key);
	if (near)
		sb_error_fix(err, "did you mean %s%s?", per_app ? "" : SECTION, near);
	return -1;
}

/* slugbuild.SUB.name */
static int set_below(struct sb_settings *settings, const char *key, struct sb_span sub,
		     const char *name, const char *text, struct sb_error *err)
{
	const struct sb_setting *row = find_row(name);
	struct value value = { 0 };

	if (sb_span_is(sub, "rule") || sb_span_is(sub, "addon")) {
		if (!text || strpbrk(text, "\n\r"))
			return sb_fail(err, SB_ECONFIG, "%.200s needs a value of one line", key);
		sb_list_setenv(sb_span_is(sub, "rule") ? &settings->rules : &settings->addons, name,
			       text);
		return 0;
	}

	SB_AUTO_FREE char *app = sb_span_dup(sub);

	if (!sb_is_app_name(app))
		return sb_fail(err, SB_ECONFIG, "%.200s: %.64s is no app's name", key, app);
	if (row && !row->per_app)
		return sb_fail(err, SB_ECONFIG, "%.200s: %s cannot be set for one app only", key,
			       row->key);
	if (!row)
		return unknown(key, name, true, err);
	if (parse_value(&value, row, text, err) < 0)
		return sb_wrap(err, "[slugbuild \"%s\"]", app);
	free(value.text);
	sb_list_addf(&settings->app_keys, "%s\n%s=%s", app, row->key, text ? text : "true");
	return 0;
}

int sb_settings_set(struct sb_settings *settings, const char *key, const char *value,
		    struct sb_error *err)
{
	size_t n = strlen(SECTION);
	const char *name, *dot;

	if (strncasecmp(key, SECTION, n) != 0)
		return sb_fail(err, SB_ECONFIG, "%.200s is not in section slugbuild", key);
	name = key + n;
	dot = strrchr(name, '.');
	if (dot)
		return set_below(settings, key, (struct sb_span) { name, (size_t)(dot - name) },
				 dot + 1, value, err);

	const struct sb_setting *row = find_row(name);

	return row ? set_row(settings, row, value, err) : unknown(key, name, false, err);
}

static void copy(struct sb_settings *out, const struct sb_settings *from)
{
	*out = *from;
	out->rules = out->addons = out->app_keys = (struct sb_list) { 0 };
	for (size_t i = 0; i < sb_setting_count; i++) {
		const struct sb_setting *row = &sb_setting_table[i];

		if (row->kind == SB_TEXT || row->kind == SB_PATH)
			*(char **)field(out, row) = sb_xstrdup(*(char **)field(from, row));
	}
	sb_list_add_all(&out->rules, (const char *const *)from->rules.item);
	sb_list_add_all(&out->addons, (const char *const *)from->addons.item);
	sb_list_add_all(&out->app_keys, (const char *const *)from->app_keys.item);
}

int sb_settings_for_app(struct sb_settings *out, const struct sb_settings *all, const char *app,
			struct sb_error *err)
{
	struct sb_settings made;
	size_t n = strlen(app);

	copy(&made, all);
	for (size_t i = 0; i < all->app_keys.n; i++) {
		const char *item = all->app_keys.item[i];
		const char *is = strchr(item, '=');

		if (strncmp(item, app, n) != 0 || item[n] != '\n')
			continue;

		SB_AUTO_FREE char *key =
			sb_span_dup((struct sb_span) { item + n + 1, (size_t)(is - item) - n - 1 });

		if (set_row(&made, find_row(key), is + 1, err) < 0) {
			sb_settings_release(&made);
			return sb_wrap(err, "[slugbuild \"%s\"]", app);
		}
	}
	*out = made;
	return 0;
}

static char *show_bytes(int64_t bytes)
{
	const char *unit = "gmk";

	for (int shift = 30; shift; shift -= 10, unit++)
		if (bytes && !(bytes & ((1LL << shift) - 1)))
			return sb_xasprintf("%lld%c", (long long)(bytes >> shift), *unit);
	return sb_xasprintf("%lld", (long long)bytes);
}

char *sb_settings_show(const struct sb_settings *settings, const struct sb_setting *row)
{
	const void *at = field(settings, row);

	switch (row->kind) {
	case SB_TEXT:
	case SB_PATH:
		return sb_xstrdup(*(char *const *)at);
	case SB_FLAG:
		return sb_xstrdup(*(const bool *)at ? "true" : "false");
	case SB_BYTES:
		return show_bytes(*(const int64_t *)at);
	case SB_SECONDS:
	case SB_COUNT_OF:
		return sb_xasprintf("%lld", (long long)*(const int64_t *)at);
	case SB_CHOICE:
		break;
	}

	struct sb_span rest = sb_span_of(row->choices), word = rest;

	for (int i = 0; i <= *(const int *)at; i++)
		if (!sb_span_cut(&rest, '|', &word))
			word = rest;
	return sb_span_dup(word);
}

void sb_settings_release(struct sb_settings *settings)
{
	for (size_t i = 0; i < sb_setting_count; i++) {
		const struct sb_setting *row = &sb_setting_table[i];

		if (row->kind == SB_TEXT || row->kind == SB_PATH)
			free(*(char **)field(settings, row));
	}
	sb_list_release(&settings->rules);
	sb_list_release(&settings->addons);
	sb_list_release(&settings->app_keys);
	*settings = (struct sb_settings) { 0 };
}
