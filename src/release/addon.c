#include "base/base.h"
#include "release/addon.h"
#include "sys/child.h"
#include "sys/files.h"
#include "sys/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECONDS 120
#define ANSWER_MAX (1 << 20)
#define TRY_AGAIN 75

struct call {
	const char *program, *verb;
	struct sb_log *log;
	struct sb_buffer out;
};

static void take_line(void *ctx, struct sb_span line)
{
	struct call *call = ctx;

	sb_buffer_add(&call->out, line);
	sb_buffer_addc(&call->out, '\n');
}

static void show_error(void *ctx, struct sb_span line)
{
	sb_log_line(((struct call *)ctx)->log, line);
}

static void show_tick(void *ctx)
{
	sb_log_tick(((struct call *)ctx)->log);
}

/* The server's address holds a password: nothing that is printed may show it. */
static const char *find_server(const char *name, const struct sb_settings *settings,
			       struct sb_log *log, struct sb_error *err)
{
	const char *url = sb_list_getenv(&settings->addons, name);

	if (url && *url) {
		const char *from = strstr(url, "://");
		const char *at = from ? strrchr(from, '@') : NULL;
		const char *colon = at ? memchr(from + 3, ':', (size_t)(at - from - 3)) : NULL;

		sb_log_mask(log, name, url);
		if (colon) {
			SB_AUTO_FREE char *word = sb_span_dup(
				(struct sb_span) { colon + 1, (size_t)(at - colon - 1) });

			sb_log_mask(log, name, word);
		}
		return url;
	}
	sb_fail(err, SB_ECONFIG, "no server is named for the add-on %s", name);
	sb_error_fix(err, "git config --file /etc/slugbuild/config slugbuild.addon.%s URL", name);
	return NULL;
}

/* The executable of an add-on. Owned; NULL with err. */
static char *find_program(const char *name, struct sb_error *err)
{
	SB_AUTO_FREE char *folder = sb_xasprintf("%s/addons", sb_datadir());
	SB_AUTO_FREE char *path = sb_xasprintf("%s/%s", folder, name);
	SB_AUTO(sb_list) names = { 0 };
	SB_AUTO_FREE char *all = NULL;
	struct sb_error ignored = { 0 };

	if (*name && sb_span_all(sb_span_of(name), "abcdefghijklmnopqrstuvwxyz0123456789-") &&
	    access(path, X_OK) == 0)
		return SB_STEAL(path);
	sb_fail(err, SB_ENOENT, "there is no add-on %s", name);
	if (sb_list_dir(&names, AT_FDCWD, folder, &ignored) == 0 && names.n) {
		all = sb_list_join(&names, ", ");
		sb_error_fix(err, "there are: %s", all);
	}
	return NULL;
}

static json_t *load(const struct sb_app *app, const char *name, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(ANSWER_MAX);
	SB_AUTO_FREE char *file = sb_xasprintf("%s.json", name);
	SB_AUTO_CLOSE int dir = sb_open_dir(app->dir, "addons", err);

	if (dir < 0)
		return NULL;
	if (strchr(name, '/')) {
		sb_fail(err, SB_ENOENT, "%s has no add-on %s", app->name, name);
		return NULL;
	}
	if (sb_read_file(&text, dir, file, err) < 0) {
		if (err->code == SB_ENOENT)
			sb_fail(err, SB_ENOENT, "%s has no add-on %s", app->name, name);
		return NULL;
	}

	json_t *out = sb_json_parse(sb_buffer_span(&text), err);

	if (!out)
		sb_wrap(err, "addons/%s.json", name);
	return out;
}

static int save(const struct sb_app *app, const char *name, const json_t *value,
		struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(ANSWER_MAX);
	SB_AUTO_FREE char *file = sb_xasprintf("%s.json", name);
	SB_AUTO_CLOSE int dir = sb_open_dir(app->dir, "addons", err);

	if (dir < 0)
		return -1;
	sb_json_print(&text, value);
	return sb_write_file(dir, file, 0600, sb_buffer_span(&text), err);
}

static int run(struct call *call, const struct sb_app *app, const char *name, const char *server,
	       const json_t *state, struct sb_error *err)
{
	static const char *const env[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
					   "/sbin:/bin",
					   "LANG=C.UTF-8", "HOME=/", NULL };
	const char *const argv[] = { call->program, call->verb, NULL };
	SB_AUTO(sb_buffer) input = SB_BUFFER_INIT(ANSWER_MAX);
	SB_AUTO_JSON json_t *question = sb_json_new_object();
	struct sb_child_result end = { 0 };

	sb_json_set_text(question, "app", app->name);
	sb_json_set_text(question, "server", server);
	sb_json_set_take(question, "state", state ? json_deep_copy(state) : json_null());
	sb_json_print(&input, question);

	struct sb_child child = {
		.argv = argv,
		.env = env,
		.cwd = -1,
		.input = sb_buffer_span(&input),
		.seconds = SECONDS,
		.bytes = ANSWER_MAX,
		.line = take_line,
		.separate = true,
		.error_line = show_error,
		.tick = show_tick,
		.ctx = call,
	};

	if (sb_child_run(&child, &end, err) < 0)
		return sb_wrap(err, "add-on %s", name);
	if (end.end == SB_CHILD_EXITED && end.value == 0)
		return 0;
	if (end.end == SB_CHILD_EXITED && end.value == TRY_AGAIN)
		return sb_fail(err, SB_EAGAIN, "the add-on %s asks to try again", name);
	return sb_fail(err, SB_EBUILD, "the add-on %s (%s) %s", name, call->verb,
		       sb_child_end_text(&child, &end));
}

/* What create printed: config into `vars`, checked first, so that nothing of it half arrives. */
static int take_config(json_t *answer, const char *name, struct sb_list *vars, struct sb_log *log,
		       struct sb_error *err)
{
	json_t *config = json_object_get(answer, "config");
	const char *key;
	json_t *value;

	if (!json_is_object(config))
		return sb_fail(err, SB_EBUILD, "the add-on %s printed no \"config\" object", name);
	json_object_foreach(config, key, value)
	{
		if (!json_is_string(value))
			return sb_fail(err, SB_EBUILD, "the add-on %s printed no text for %s", name,
				       key);
		if (sb_config_check(key, json_string_value(value), err) < 0)
			return sb_wrap(err, "add-on %s", name);
		if (sb_list_getenv(vars, key)) {
			sb_fail(err, SB_EUSAGE, "%s is set already", key);
			sb_error_fix(err, "slugbuild config:unset %s, then try again", key);
			return -1;
		}
	}
	json_object_foreach(config, key, value)
	{
		sb_log_mask(log, key, json_string_value(value));
		sb_list_setenv(vars, key, json_string_value(value));
	}
	return 0;
}

static int refuse_second(const struct sb_app *app, const char *name, struct sb_error *err)
{
	SB_AUTO_JSON json_t *old = load(app, name, err);

	if (old) {
		sb_fail(err, SB_EUSAGE, "%s has the add-on %s already", app->name, name);
		sb_error_fix(err, "slugbuild addons -a %s shows it", app->name);
		return -1;
	}
	if (err->code != SB_ENOENT)
		return -1;
	*err = (struct sb_error) { 0 };
	return 0;
}

int sb_addon_create(struct sb_app *app, const char *name, const struct sb_settings *settings,
		    struct sb_list *vars, struct sb_log *log, struct sb_error *err)
{
	SB_AUTO_FREE char *program = find_program(name, err);
	const char *server = program ? find_server(name, settings, log, err) : NULL;
	struct call call = { program, "create", log, SB_BUFFER_INIT(ANSWER_MAX) };
	struct sb_error ignored = { 0 };

	if (!server || refuse_second(app, name, err) < 0)
		return -1;

	int result = run(&call, app, name, server, NULL, err);
	SB_AUTO_JSON json_t *answer =
		result < 0 ? NULL : sb_json_parse(sb_buffer_span(&call.out), err);

	sb_buffer_release(&call.out);
	if (result < 0)
		return -1;
	if (!answer)
		return sb_wrap(err, "what the add-on %s printed", name);
	if (take_config(answer, name, vars, log, err) == 0 && save(app, name, answer, err) == 0)
		return 0;
	/* It exists on the server and nobody would know of it: take it back. */
	call.verb = "destroy";
	call.out = (struct sb_buffer)SB_BUFFER_INIT(ANSWER_MAX);
	(void)!run(&call, app, name, server, json_object_get(answer, "state"), &ignored);
	sb_buffer_release(&call.out);
	return -1;
}

int sb_addon_destroy(struct sb_app *app, const char *name, const struct sb_settings *settings,
		     struct sb_list *vars, struct sb_log *log, struct sb_error *err)
{
	SB_AUTO_JSON json_t *kept = load(app, name, err);
	SB_AUTO_FREE char *program = kept ? find_program(name, err) : NULL;
	const char *server = program ? find_server(name, settings, log, err) : NULL;
	struct call call = { program, "destroy", log, SB_BUFFER_INIT(ANSWER_MAX) };
	SB_AUTO_FREE char *file = sb_xasprintf("addons/%s.json", name);
	const char *key;
	json_t *value;

	if (!server)
		return -1;

	int result = run(&call, app, name, server, json_object_get(kept, "state"), err);

	sb_buffer_release(&call.out);
	if (result < 0)
		return -1;
	/* A var that the owner has set to something else since is the owner's. */
	json_object_foreach(json_object_get(kept, "config"), key, value)
	{
		const char *now = sb_list_getenv(vars, key);

		if (now && json_is_string(value) && !strcmp(now, json_string_value(value)))
			sb_config_remove(vars, key);
	}
	return sb_remove_tree(app->dir, file, err);
}

int sb_addons_list(struct sb_list *out, const struct sb_app *app, struct sb_error *err)
{
	SB_AUTO(sb_list) names = { 0 };

	if (sb_list_dir(&names, app->dir, "addons", err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		struct sb_span name = sb_span_of(names.item[i]);

		if (name.p[0] == '.' || !sb_span_ends(name, ".json"))
			continue;
		name.n -= 5;
		sb_list_add_take(out, sb_span_dup(name));
	}
	return 0;
}

json_t *sb_addon_state(const struct sb_app *app, const char *name, struct sb_error *err)
{
	SB_AUTO_JSON json_t *kept = load(app, name, err);
	const char *key;
	json_t *value;

	if (!kept)
		return NULL;

	json_t *out = sb_json_new_object();
	json_t *names = sb_json_new_array();

	json_object_foreach(json_object_get(kept, "config"), key, value)
		sb_json_push_text(names, key);
	sb_json_set_text(out, "name", name);
	sb_json_set_take(out, "config", names);
	return out;
}
