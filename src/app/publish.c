#include "base/base.h"
#include "app/publish.h"
#include "release/builds.h"
#include "release/manifest.h"
#include "release/staged.h"
#include "sys/files.h"
#include "sys/lock.h"

#include <fcntl.h>
#include <string.h>

static void copy_facts(json_t *to, const json_t *from)
{
	static const char *const own[] = { "number", "state", "reason", "kind", "description", "created",
					   "previous", "env_added", "by", "output", "started", "ended", "findings",
					   "database", "report", NULL };
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)from, key, value) {
		bool skip = false;

		for (size_t i = 0; own[i]; i++)
			skip |= !strcmp(own[i], key);
		if (!skip)
			json_object_set(to, key, value);
	}
}

/* The app's config vars with what app.json added; the additions are kept first, so that a
 * crash before the release loses no generated secret. */
static int take_vars(struct sb_list *vars, const struct sb_app *app, const json_t *facts, struct sb_error *err)
{
	const char *name;
	json_t *value;
	bool any = false;

	if (sb_config_load(vars, app->dir, err) < 0)
		return -1;
	json_object_foreach(json_object_get(facts, "env_added"), name, value) {
		if (sb_list_getenv(vars, name))
			continue;
		sb_list_setenv(vars, name, json_string_value(value));
		any = true;
	}
	return any ? sb_config_save(app->dir, vars, err) : 0;
}

static void note_build(const struct sb_activate *way, const json_t *facts, const char *state, const char *reason,
		       int number)
{
	SB_AUTO(sb_build_record) record = SB_BUILD_RECORD_INIT;
	struct sb_error err = { 0 };
	const char *id = sb_json_text(facts, "build", "");

	if (!*id || sb_build_record_load(&record, way->app, id, &err) < 0)
		return;
	if (number)
		sb_json_set_int(record.facts, "release", number);
	if (sb_build_record_state(&record, state, reason, &err) < 0)
		sb_log_warn(way->log, "build %s: %s", id, err.text);
}

int sb_publish_marker(const struct sb_activate *way, const struct sb_staged *staged, struct sb_error *err)
{
	SB_AUTO(sb_release) release = { 0 };
	SB_AUTO(sb_list) vars = { 0 };
	SB_AUTO_FREE char *text = sb_xasprintf("Deploy %.8s", staged->commit);
	struct sb_error drop = { 0 };

	if (sb_store_keep_slug(way->app->store, sb_json_text(staged->facts, "slug.sha256", ""), err) < 0 ||
	    take_vars(&vars, way->app, staged->facts, err) < 0 || sb_release_init(&release, "deploy", text) < 0)
		return -1;
	copy_facts(release.facts, staged->facts);
	sb_mask_vars(way->log, &vars);
	sb_log_step(way->log, "Launching...");
	if (sb_json_at(staged->facts, "release_command") &&
	    *sb_json_text(staged->facts, "release_command", ""))
		sb_log_warn(way->log, "Release command declared: this new release will not be "
				      "available until the command succeeds.");
	size_t time = sb_timing_begin(way->timings, "commit of the release");

	if (sb_ledger_commit(way->app, &release, &vars, err) < 0)
		return -1;
	sb_timing_end(way->timings, time, false, "%s", "");
	note_build(way, staged->facts, "published", NULL, release.number);
	if (sb_staged_drop(way->app, staged->commit, &drop) < 0)
		sb_log_warn(way->log, "%s", drop.text);
	if (sb_activate(way, &release, err) < 0)
		return -1;
	sb_say_released(way, release.number);
	return 0;
}

/* A release of this commit that the marker outlived (a crash between commit point and drop). */
static bool already_released(const struct sb_activate *way, const struct sb_staged *staged)
{
	SB_AUTO(sb_release) newest = { 0 };
	struct sb_error err = { 0 };
	int number = sb_ledger_newest(way->app, &err);

	if (number < 1 || sb_ledger_load(&newest, way->app, number, &err) < 0)
		return false;
	const char *build = sb_json_text(staged->facts, "build", "");

	return *build && !strcmp(sb_json_text(newest.facts, "build", "-"), build);
}

/* What is said goes into the build's log too: the watcher and the reconciler have nobody else to tell. */
static int publish_logged(const struct sb_activate *way, const struct sb_staged *staged, struct sb_error *err)
{
	SB_AUTO(sb_build_record) record = SB_BUILD_RECORD_INIT;
	struct sb_error lost = { 0 };
	bool ours = way->log->file < 0;

	if (ours && sb_build_record_load(&record, way->app, sb_json_text(staged->facts, "build", ""), &lost) == 0)
		way->log->file = record.log = sb_build_log_append(&record, &lost);
	int done = sb_publish_marker(way, staged, err);

	if (ours)
		way->log->file = -1;
	return done;
}

int sb_publish(enum sb_published *out, const struct sb_activate *way, struct sb_repo *repo, const char *ref,
	       const char *commit, struct sb_error *err)
{
	SB_AUTO(sb_lock) lock = SB_LOCK_INIT;
	SB_AUTO(sb_staged) staged = { 0 };
	SB_AUTO_FREE char *what = sb_xasprintf("the release of %.8s", commit);
	char held[SB_OID_MAX + 1];

	if (sb_publish_lock(&lock, way, what, err) < 0)
		return -1;
	if (sb_staged_load(&staged, way->app, commit, err) < 0) {
		*out = SB_NOT_STAGED;
		return err->code == SB_ENOENT ? 0 : -1;
	}
	if (sb_repo_ref(repo, ref, held, err) < 0)
		return -1;
	if (strcmp(held, commit) != 0 || already_released(way, &staged)) {
		*out = SB_REF_DIFFERS;
		if (strcmp(held, commit) != 0)
			note_build(way, staged.facts, "refused", "the ref holds another commit", 0);
		return sb_staged_drop(way->app, commit, err);
	}
	*out = SB_PUBLISHED;
	return publish_logged(way, &staged, err);
}

/* The release that a change starts from: the one named, the current one, else the newest. 0: none. */
static int change_source(const struct sb_activate *way, const struct sb_change *change, struct sb_error *err)
{
	int current = change->from > 0 ? change->from : sb_ledger_current(way->app, err);

	return current == 0 ? sb_ledger_newest(way->app, err) : current;
}

static int vars_of(struct sb_list *out, const struct sb_app *app, int number, struct sb_error *err)
{
	SB_AUTO_FREE char *path = sb_release_path(app, number, "");
	SB_AUTO_CLOSE int dir = sb_open_dir(AT_FDCWD, path, err);

	return dir < 0 ? -1 : sb_config_load(out, dir, err);
}

/* `release` gets its kind and, where there is one to start from, that one's facts. */
static int derive(struct sb_release *release, const struct sb_activate *way, const struct sb_change *change,
		  int source, struct sb_error *err)
{
	SB_AUTO(sb_release) from = { 0 };

	if (sb_release_init(release, change->kind, change->description) < 0)
		return -1;
	if (source < 1)
		return 0;
	if (sb_ledger_load(&from, way->app, source, err) < 0)
		return -1;
	copy_facts(release->facts, from.facts);
	if (!strcmp(change->kind, "rollback"))
		sb_json_set_int(release->facts, "slug_from", source);
	return 0;
}

int sb_publish_change(const struct sb_activate *way, const struct sb_change *change, int *number,
		      struct sb_error *err)
{
	SB_AUTO(sb_lock) lock = SB_LOCK_INIT;
	SB_AUTO(sb_release) release = { 0 };
	SB_AUTO(sb_list) own = { 0 };
	const struct sb_list *vars = change->vars ? change->vars : &own;

	if (sb_publish_lock(&lock, way, change->description, err) < 0)
		return -1;
	int source = change_source(way, change, err);

	if (source < 0 || derive(&release, way, change, source, err) < 0 ||
	    (!change->vars && vars_of(&own, way->app, source, err) < 0))
		return -1;
	sb_mask_vars(way->log, vars);
	/* As on Heroku: vars that were set stay set when the release then fails; a rollback that fails
	 * changes nothing. */
	if (change->vars && sb_config_save(way->app->dir, vars, err) < 0)
		return -1;
	if (sb_activate_new(way, &release, vars, err) < 0)
		return -1;
	if (!change->vars && sb_config_save(way->app->dir, vars, err) < 0)
		return -1;
	*number = release.number;
	return 0;
}

void sb_say_released(const struct sb_activate *way, int number)
{
	struct sb_error err = { 0 };
	SB_AUTO_JSON json_t *manifest = sb_manifest_load(way->app, number, &err);
	const char *address = manifest ? sb_json_text(manifest, "address", "") : "";
	bool web = manifest && sb_json_int(manifest, "formation.web", 0) > 0;

	sb_log_say(way->log, "Released v%d", number);
	if (web && *address)
		sb_log_say(way->log, "%s deployed by slugbuild", address);
	sb_log_raw(way->log, "Verifying deploy... done.");
}
