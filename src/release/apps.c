#include "base/base.h"
#include "release/apps.h"
#include "release/ledger.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define APP_JSON_MAX 65536
#define LOCK_SECONDS 30

static json_t *read_facts(int dir, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(APP_JSON_MAX);

	if (sb_read_file(&text, dir, "app.json", err) < 0)
		return NULL;

	json_t *facts = sb_json_parse(sb_buffer_span(&text), err);

	if (!facts)
		sb_wrap(err, "app.json");
	return facts;
}

static int write_facts(int dir, const json_t *facts, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(APP_JSON_MAX);

	sb_json_print(&text, facts);
	if (text.full)
		return sb_fail(err, SB_ELIMIT, "app.json would be over %d bytes", APP_JSON_MAX);
	return sb_write_file(dir, "app.json", 0640, sb_buffer_span(&text), err);
}

int sb_apps_list(struct sb_list *out, const struct sb_store *store, struct sb_error *err)
{
	SB_AUTO(sb_list) names = { 0 };

	if (sb_list_dir(&names, store->root, "apps", err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (sb_is_app_name(names.item[i]))
			sb_list_add(out, names.item[i]);
	return 0;
}

static bool parse_ports(const char *text, int *low, int *high)
{
	char *end = NULL;
	long a = strtol(text, &end, 10);
	long b = *end == '-' ? strtol(end + 1, &end, 10) : 0;

	if (*end || a < 1 || b < a || b > 65535)
		return false;
	*low = (int)a;
	*high = (int)b;
	return true;
}

/* The lowest port of slugbuild.ports that no app has. An unreadable app.json hides its port:
 * better no new app than two apps on one port. */
static int choose_port(int *out, const struct sb_store *store, const struct sb_settings *settings,
		       struct sb_error *err)
{
	SB_AUTO(sb_list) names = { 0 };
	int low, high;

	if (!parse_ports(settings->ports, &low, &high)) {
		sb_fail(err, SB_ECONFIG, "slugbuild.ports is no range: \"%s\"", settings->ports);
		sb_error_fix(err, "git config --global slugbuild.ports 20000-29999");
		return -1;
	}
	if (sb_apps_list(&names, store, err) < 0)
		return -1;

	SB_AUTO_FREE bool *taken = sb_xcalloc((size_t)(high - low + 1), sizeof(*taken));

	for (size_t i = 0; i < names.n; i++) {
		SB_AUTO_FREE char *path = sb_xasprintf("apps/%s", names.item[i]);
		SB_AUTO_CLOSE int dir = sb_open_dir(store->root, path, err);
		SB_AUTO_JSON json_t *facts = dir < 0 ? NULL : read_facts(dir, err);

		if (!facts)
			return sb_wrap(err, "app %s", names.item[i]);

		int64_t port = sb_json_int(facts, "port", 0);

		if (port >= low && port <= high)
			taken[port - low] = true;
	}
	for (int port = low; port <= high; port++) {
		if (!taken[port - low]) {
			*out = port;
			return 0;
		}
	}
	sb_fail(err, SB_ECONFIG, "every port of slugbuild.ports (%s) belongs to an app",
		settings->ports);
	sb_error_fix(err, "widen slugbuild.ports, or destroy an app: slugbuild apps");
	return -1;
}

static int make_folders(int dir, struct sb_error *err)
{
	static const char *const names[] = { "builds", "staged", "releases", "addons" };

	for (size_t i = 0; i < SB_COUNT(names); i++) {
		int fd = sb_make_dirs_at(dir, names[i], 0750, err);

		if (fd < 0)
			return -1;
		close(fd);
	}
	return 0;
}

/* All of a new app, in a folder that has a temporary name still. */
static int fill(struct sb_app *app, struct sb_error *err)
{
	SB_AUTO_JSON json_t *facts = sb_json_new_object();
	SB_AUTO(sb_release) first = { 0 };
	struct sb_list none = { 0 };
	char stamp[SB_STAMP_MAX];

	sb_stamp(stamp, sb_wall());
	sb_json_set_text(facts, "name", app->name);
	sb_json_set_text(facts, "repo", app->repo);
	sb_json_set_int(facts, "port", app->port);
	sb_json_set_take(facts, "formation", json_deep_copy(app->formation));
	sb_json_set_text(facts, "created", stamp);
	if (make_folders(app->dir, err) < 0 || write_facts(app->dir, facts, err) < 0 ||
	    sb_config_save(app->dir, &none, err) < 0)
		return -1;
	sb_release_init(&first, "create", "Initial release");
	if (sb_ledger_commit(app, &first, &none, err) < 0 ||
	    sb_ledger_activate(app, first.number, err) < 0)
		return -1;
	return sb_ledger_set_state(app, &first, SB_CURRENT, NULL, err);
}

static int make_app(struct sb_app *app, int apps, struct sb_error *err)
{
	SB_AUTO_FREE char *temp = NULL;
	struct sb_error ignored = { 0 };

	app->dir = sb_make_temp_dir(apps, &temp, 0750, err);
	if (app->dir < 0)
		return -1;
	if (fill(app, err) == 0 && sb_rename_new(apps, temp, apps, app->name, err) == 0)
		return 0;
	(void)!sb_remove_tree(apps, temp, &ignored);
	if (err->code == SB_EAGAIN)
		sb_fail(err, SB_EUSAGE, "the app %s exists already", app->name);
	return -1;
}

int sb_app_create(struct sb_app *out, const struct sb_store *store, const char *name,
		  const char *repo, const struct sb_settings *settings, struct sb_error *err)
{
	SB_AUTO(sb_app) made = SB_APP_INIT;
	SB_AUTO(sb_lock) lock = SB_LOCK_INIT;

	if (!sb_is_app_name(name)) {
		sb_fail(err, SB_EUSAGE, "\"%s\" is no name for an app", name);
		sb_error_fix(err, "lower-case letters, digits and dashes, a letter first, "
				  "at most 30 characters");
		return -1;
	}
	if (sb_lock_take(&lock, store->root, "lock.apps", "making an app", LOCK_SECONDS, NULL, NULL,
			 err) < 0)
		return -1;

	SB_AUTO_CLOSE int apps = sb_open_dir(store->root, "apps", err);

	if (apps < 0)
		return -1;
	if (faccessat(apps, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return sb_fail(err, SB_EUSAGE, "the app %s exists already", name);
	if (choose_port(&made.port, store, settings, err) < 0)
		return -1;
	made.store = store;
	made.name = sb_xstrdup(name);
	made.repo = sb_xstrdup(repo ? repo : "");
	made.path = sb_xasprintf("%s/apps/%s", store->root_path, name);
	made.formation = sb_json_new_object();
	if (make_app(&made, apps, err) < 0)
		return -1;
	*out = made;
	made = (struct sb_app)SB_APP_INIT;
	return 0;
}

static int no_such_app(const struct sb_store *store, const char *name, struct sb_error *err)
{
	SB_AUTO(sb_list) names = { 0 };
	struct sb_error ignored = { 0 };
	const char *near = NULL;

	if (sb_apps_list(&names, store, &ignored) == 0 && names.n)
		near = sb_nearest(name, (const char *const *)names.item);
	sb_fail(err, SB_ENOENT, "there is no app %s under %s", name, store->root_path);
	if (near)
		sb_error_fix(err, "did you mean %s? slugbuild apps lists them", near);
	else
		sb_error_fix(err, "slugbuild apps lists them; slugbuild create %s makes it", name);
	return -1;
}

int sb_app_open(struct sb_app *out, const struct sb_store *store, const char *name,
		struct sb_error *err)
{
	SB_AUTO(sb_app) made = SB_APP_INIT;
	SB_AUTO_FREE char *path = sb_xasprintf("apps/%s", name);

	if (!sb_is_app_name(name) ||
	    (faccessat(store->root, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT))
		return no_such_app(store, name, err);
	made.dir = sb_open_dir(store->root, path, err);
	if (made.dir < 0)
		return -1;

	SB_AUTO_JSON json_t *facts = read_facts(made.dir, err);

	if (!facts)
		return sb_wrap(err, "app %s", name);

	const json_t *formation = sb_json_at(facts, "formation");

	made.store = store;
	made.name = sb_xstrdup(name);
	made.path = sb_xasprintf("%s/%s", store->root_path, path);
	made.repo = sb_xstrdup(sb_json_text(facts, "repo", ""));
	made.port = (int)sb_json_int(facts, "port", 0);
	made.formation =
		json_is_object(formation) ? json_deep_copy(formation) : sb_json_new_object();
	*out = made;
	made = (struct sb_app)SB_APP_INIT;
	return 0;
}

int sb_app_save(const struct sb_app *app, struct sb_error *err)
{
	SB_AUTO_JSON json_t *facts = read_facts(app->dir, err);

	if (!facts)
		return sb_wrap(err, "app %s", app->name);
	sb_json_set_text(facts, "repo", app->repo);
	sb_json_set_take(facts, "formation", json_deep_copy(app->formation));
	return write_facts(app->dir, facts, err);
}

int sb_app_follow(struct sb_app *app, const char *repo, struct sb_error *err)
{
	if (!*app->repo || !strcmp(app->repo, repo) || access(app->repo, F_OK) == 0)
		return 0;
	sb_autofree(&app->repo);
	app->repo = sb_xstrdup(repo);
	return sb_app_save(app, err);
}

int sb_app_destroy(struct sb_app *app, struct sb_error *err)
{
	SB_AUTO(sb_lock) lock = SB_LOCK_INIT;
	SB_AUTO_CLOSE int apps = sb_open_dir(app->store->root, "apps", err);
	SB_AUTO_FREE char *temp = NULL;

	if (apps < 0 || sb_lock_take(&lock, app->store->root, "lock.apps", "destroying an app",
				     LOCK_SECONDS, NULL, NULL, err) < 0)
		return -1;

	/* Gone in one step; what is left of it has a name that gc sweeps. */
	SB_AUTO_CLOSE int grave = sb_make_temp_dir(apps, &temp, 0700, err);

	if (grave < 0)
		return -1;
	if (renameat(apps, app->name, grave, app->name) < 0)
		return sb_fail_sys(err, "remove the app %s", app->name);
	if (sb_sync_dir(apps, err) < 0)
		return -1;
	return sb_remove_tree(apps, temp, err);
}

void sb_app_release(struct sb_app *app)
{
	sb_autoclose(&app->dir);
	free(app->name);
	free(app->path);
	free(app->repo);
	json_decref(app->formation);
	*app = (struct sb_app)SB_APP_INIT;
}
