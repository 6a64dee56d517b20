#include "base/base.h"
#include "release/manifest.h"
#include "sys/files.h"
#include "sys/process.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANIFEST_MAX (4 << 20)
#define COUNT_MAX 1000 /* processes of one type */

static json_t *copy_keys(const json_t *from, const char *const *keys)
{
	json_t *out = sb_json_new_object();

	for (size_t i = 0; keys[i]; i++) {
		json_t *value = json_object_get(from, keys[i]);

		if (value && !json_is_null(value))
			sb_json_set_take(out, keys[i], json_deep_copy(value));
	}
	return out;
}

/* "web=1 worker=2" over `out`; words that are no such thing are left to the check. */
static void apply_words(json_t *out, const char *text)
{
	struct sb_span rest = sb_span_of(text), word;

	while (rest.n) {
		if (!sb_span_cut(&rest, ' ', &word)) {
			word = rest;
			rest.n = 0;
		}

		struct sb_span name;

		if (!sb_span_cut(&word, '=', &name) || !sb_span_all(word, "0123456789") ||
		    word.n > 4)
			continue;

		SB_AUTO_FREE char *key = sb_span_dup(name);
		SB_AUTO_FREE char *count = sb_span_dup(word);

		if (json_object_get(out, key))
			sb_json_set_int(out, key, strtol(count, NULL, 10));
	}
}

static json_t *make_formation(const struct sb_app *app, const struct sb_release *release)
{
	json_t *processes = json_object_get(release->facts, "processes");
	json_t *out = sb_json_new_object();
	const char *name;
	json_t *value;

	json_object_foreach(processes, name, value)
		sb_json_set_int(out, name, !strcmp(name, "web"));
	apply_words(out, sb_json_text(release->facts, "formation", ""));
	json_object_foreach(app->formation, name,
			    value) if (json_object_get(out, name) && json_is_integer(value))
		sb_json_set_int(out, name, json_integer_value(value));
	json_object_foreach(out, name, value)
	{
		json_int_t count = json_integer_value(value);

		json_integer_set(value, count < 0 ? 0 : count > COUNT_MAX ? COUNT_MAX : count);
	}
	return out;
}

static json_t *make_process(const struct sb_app *app, const struct sb_release *release,
			    const char *directory, const char *name, const char *command)
{
	SB_AUTO_FREE char *launch = sb_xasprintf("%s/.slugbuild/launch", directory);
	SB_AUTO_FREE char *version = sb_xasprintf("v%d", release->number);
	const char *exec[] = {
		sb_slugbuild(), "exec",  "--root", app->store->root_path, "-a", app->name,
		"-r",           version, name
	};
	json_t *out = sb_json_new_object();
	json_t *argv = sb_json_new_array();
	json_t *words = sb_json_new_array();

	sb_json_push_text(argv, launch);
	sb_json_push_text(argv, name);
	for (size_t i = 0; i < SB_COUNT(exec); i++)
		sb_json_push_text(words, exec[i]);
	sb_json_set_text(out, "command", command);
	sb_json_set_take(out, "argv", argv);
	sb_json_set_take(out, "exec", words);
	sb_json_set_flag(out, "port", !strcmp(name, "web"));
	return out;
}

static json_t *make_processes(const struct sb_app *app, const struct sb_release *release,
			      const char *directory, const json_t *formation)
{
	json_t *processes = json_object_get(release->facts, "processes");
	json_t *out = sb_json_new_object();
	const char *name;
	json_t *command;

	json_object_foreach(processes, name, command)
	{
		json_t *process =
			make_process(app, release, directory, name,
				     json_is_string(command) ? json_string_value(command) : "");

		sb_json_set_int(process, "count", sb_json_int(formation, name, 0));
		sb_json_set_take(out, name, process);
	}
	return out;
}

static json_t *make_slug(const struct sb_app *app, const struct sb_release *release)
{
	static const char *const slug_keys[] = { "sha256", "size", "unpacked", "files", NULL };
	static const char *const layer_keys[] = {
		"name", "key", "size", "files", "unpacked", NULL
	};
	const json_t *facts = json_object_get(release->facts, "slug");
	SB_AUTO_FREE char *path = sb_store_slug_path(app->store, sb_json_text(facts, "sha256", ""));
	json_t *out = copy_keys(facts, slug_keys);
	json_t *layers = sb_json_new_array();
	json_t *layer;
	size_t i;

	json_array_foreach(json_object_get(facts, "layers"), i, layer)
		sb_json_push_take(layers, copy_keys(layer, layer_keys));
	sb_json_set_take(out, "layers", layers);
	sb_json_set_text(out, "path", path);
	return out;
}

static json_t *make_health(const struct sb_release *release, const struct sb_settings *settings)
{
	json_t *out = sb_json_new_object();
	const char *path = settings->health_path;

	if (!path || !*path)
		path = sb_json_text(release->facts, "health_path", "/");
	sb_json_set_text(out, "path", path);
	sb_json_set_text(out, "host",
			 settings->domain && *settings->domain ? settings->domain : "localhost");
	sb_json_set_text(out, "proto", "https");
	sb_json_set_int(out, "timeout", settings->health_seconds);
	return out;
}

static json_t *make_names(const struct sb_list *vars)
{
	json_t *out = sb_json_new_array();

	for (size_t i = 0; i < vars->n; i++) {
		const char *end = strchr(vars->item[i], '=');
		SB_AUTO_FREE char *name = NULL;

		if (!end)
			continue;
		name = sb_span_dup(
			(struct sb_span) { vars->item[i], (size_t)(end - vars->item[i]) });
		sb_json_push_text(out, name);
	}
	return out;
}

static void add_text(json_t *out, const struct sb_release *release, const char *key)
{
	sb_json_set_text(out, key, sb_json_text(release->facts, key, NULL));
}

/* The known keys of the facts; the installer is one of the tools. */
static json_t *make_provenance(const json_t *facts)
{
	static const char *const keys[] = { "commit",   "tree",   "locks", "tools",
					    "packages", "sdists", NULL };
	const char *installer = sb_json_text(facts, "installer", NULL);
	json_t *out = copy_keys(facts, keys);

	if (installer && !json_object_get(out, "tools"))
		sb_json_set_take(out, "tools", sb_json_new_object());
	if (installer && !sb_json_at(out, "tools.installer"))
		sb_json_set_text(json_object_get(out, "tools"), "installer", installer);
	return out;
}

/* The push that brought its slug; null where there was none. */
static json_t *make_push(const json_t *facts)
{
	static const char *const keys[] = { "ref", "old", "forced", NULL };

	return *sb_json_text(facts, "ref", "") ? copy_keys(facts, keys) : json_null();
}

static void add_facts(json_t *out, const struct sb_release *release)
{
	static const char *const runtime[] = { "python", "interpreter", "bundled", "platform",
					       NULL };
	const json_t *previous = json_object_get(release->facts, "previous");

	sb_json_set_int(out, "manifest", SB_MANIFEST_VERSION);
	sb_json_set_int(out, "release", release->number);
	add_text(out, release, "created");
	add_text(out, release, "kind");
	add_text(out, release, "description");
	add_text(out, release, "commit");
	sb_json_set_take(out, "push", make_push(release->facts));
	add_text(out, release, "release_command");
	sb_json_set_take(out, "previous",
			 json_is_integer(previous) ? json_deep_copy(previous) : json_null());
	sb_json_set_take(out, "runtime",
			 copy_keys(json_object_get(release->facts, "runtime"), runtime));
	sb_json_set_take(out, "provenance",
			 make_provenance(json_object_get(release->facts, "provenance")));
}

json_t *sb_manifest_make(const struct sb_app *app, const struct sb_release *release,
			 const struct sb_list *vars, const struct sb_settings *settings,
			 struct sb_error *err)
{
	if (app->port < 1 || app->port > 65535) {
		sb_fail(err, SB_EINPUT, "the app %s has no port in its app.json", app->name);
		return NULL;
	}

	bool has_slug = sb_is_digest(sb_json_text(release->facts, "slug.sha256", ""));

	SB_AUTO_FREE char *directory = sb_release_path(app, release->number, "app");
	SB_AUTO_FREE char *env_file = sb_release_path(app, release->number, "env");
	SB_AUTO_FREE char *name = sb_xasprintf("v%d", release->number);
	SB_AUTO_FREE char *address = settings->domain && *settings->domain
					     ? sb_xasprintf("https://%s", settings->domain)
					     : sb_xasprintf("http://127.0.0.1:%d", app->port);
	json_t *formation = make_formation(app, release);
	json_t *out = sb_json_new_object();

	add_facts(out, release);
	sb_json_set_text(out, "app", app->name);
	sb_json_set_text(out, "name", name);
	sb_json_set_take(out, "slug", has_slug ? make_slug(app, release) : json_null());
	sb_json_set_text(out, "directory", directory);
	sb_json_set_text(out, "env_file", env_file);
	sb_json_set_take(out, "config", make_names(vars));
	sb_json_set_take(out, "processes", make_processes(app, release, directory, formation));
	sb_json_set_take(out, "formation", formation);
	sb_json_set_int(out, "port", app->port);
	sb_json_set_text(out, "address", address);
	sb_json_set_take(out, "health", make_health(release, settings));
	return out;
}

int sb_manifest_save(const struct sb_app *app, int number, const json_t *manifest,
		     struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(MANIFEST_MAX);
	SB_AUTO_FREE char *path = sb_release_path(app, number, NULL);
	SB_AUTO_CLOSE int dir = sb_open_dir(AT_FDCWD, path, err);

	if (dir < 0)
		return -1;
	sb_json_print(&text, manifest);
	if (text.full)
		return sb_fail(err, SB_ELIMIT, "manifest.json would be over %d bytes",
			       MANIFEST_MAX);
	return sb_write_file(dir, "manifest.json", 0640, sb_buffer_span(&text), err);
}

json_t *sb_manifest_load(const struct sb_app *app, int number, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(MANIFEST_MAX);
	SB_AUTO_FREE char *path = sb_release_path(app, number, NULL);
	SB_AUTO_CLOSE int dir = sb_open_dir(AT_FDCWD, path, err);
	json_t *out = NULL;

	if (dir < 0)
		return NULL;
	if (sb_read_file(&text, dir, "manifest.json", err) < 0 ||
	    !(out = sb_json_parse(sb_buffer_span(&text), err))) {
		sb_wrap(err, "manifest of v%d", number);
		return NULL;
	}
	if (sb_json_int(out, "manifest", 0) != SB_MANIFEST_VERSION) {
		sb_fail(err, SB_ECONFIG,
			"the manifest of v%d has version %lld; this slugbuild reads %d", number,
			(long long)sb_json_int(out, "manifest", 0), SB_MANIFEST_VERSION);
		json_decref(out);
		return NULL;
	}
	return out;
}
