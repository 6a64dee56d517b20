#include "base/base.h"
#include "release/builds.h"
#include "sys/files.h"
#include "sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATE_MAX (4 << 20)

static int write_state(const struct sb_build_record *record, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(STATE_MAX);

	sb_json_print(&text, record->facts);
	if (text.full)
		return sb_fail(err, SB_ELIMIT, "state.json would be over %d bytes", STATE_MAX);
	return sb_write_file(record->dir, "state.json", 0640, sb_buffer_span(&text), err);
}

static bool is_open(const char *state)
{
	return !strcmp(state, "waiting") || !strcmp(state, "building");
}

/* Locked, logged and described under a temporary name: whoever sees a build sees that it is alive.
 */
static int fill(struct sb_build_record *record, struct sb_error *err)
{
	struct sb_lock lock = SB_LOCK_INIT;

	if (sb_lock_take(&lock, record->dir, "alive", "building", 0, NULL, NULL, err) < 0)
		return -1;
	record->alive = lock.fd;
	record->log = sb_build_log_append(record, err);
	return record->log < 0 ? -1 : write_state(record, err);
}

int sb_build_record_open(struct sb_build_record *out, const struct sb_app *app, const char *commit,
			 const char *ref, struct sb_error *err)
{
	SB_AUTO(sb_build_record) made = SB_BUILD_RECORD_INIT;
	SB_AUTO_CLOSE int builds = sb_open_dir(app->dir, "builds", err);
	SB_AUTO_FREE char *temp = NULL;
	struct sb_error ignored = { 0 };
	char stamp[SB_STAMP_MAX];

	if (builds < 0)
		return -1;
	sb_build_id(made.id);
	sb_stamp(stamp, sb_wall());
	made.facts = sb_json_new_object();
	sb_json_set_text(made.facts, "id", made.id);
	sb_json_set_text(made.facts, "app", app->name);
	sb_json_set_text(made.facts, "commit", commit);
	sb_json_set_text(made.facts, "ref", ref);
	sb_json_set_int(made.facts, "pid", getpid());
	sb_json_set_text(made.facts, "started", stamp);
	sb_json_set_text(made.facts, "state", "waiting");
	made.dir = sb_make_temp_dir(builds, &temp, 0750, err);
	if (made.dir < 0)
		return -1;
	if (fill(&made, err) < 0 || sb_rename_new(builds, temp, builds, made.id, err) < 0) {
		(void)!sb_remove_tree(builds, temp, &ignored);
		return -1;
	}
	*out = made;
	made = (struct sb_build_record)SB_BUILD_RECORD_INIT;
	return 0;
}

int sb_build_record_load(struct sb_build_record *out, const struct sb_app *app, const char *id,
			 struct sb_error *err)
{
	SB_AUTO(sb_build_record) made = SB_BUILD_RECORD_INIT;
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(STATE_MAX);
	SB_AUTO_FREE char *path = sb_xasprintf("builds/%s", id);

	if (!sb_is_build_id(id) ||
	    (faccessat(app->dir, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)) {
		sb_fail(err, SB_ENOENT, "%s has no build %s", app->name, id);
		sb_error_fix(err, "slugbuild builds -a %s lists them", app->name);
		return -1;
	}
	made.dir = sb_open_dir(app->dir, path, err);
	if (made.dir < 0)
		return -1;

	/* Asked before the state is read: a build that ends in between is then seen as ended. */
	bool alive = sb_lock_is_taken(made.dir, "alive");

	if (sb_read_file(&text, made.dir, "state.json", err) < 0 ||
	    !(made.facts = sb_json_parse(sb_buffer_span(&text), err)))
		return sb_wrap(err, "build %s", id);
	if (!alive && is_open(sb_json_text(made.facts, "state", ""))) {
		sb_json_set_text(made.facts, "state", "abandoned");
		sb_json_set_text(made.facts, "reason", "its process ended before it was done");
	}
	sb_span_copy(made.id, sizeof(made.id), sb_span_of(id));
	*out = made;
	made = (struct sb_build_record)SB_BUILD_RECORD_INIT;
	return 0;
}

int sb_build_log_append(struct sb_build_record *record, struct sb_error *err)
{
	int fd = openat(record->dir, "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
			0640);

	return fd < 0 ? sb_fail_sys(err, "open the log of build %s", record->id) : fd;
}

int sb_build_record_state(struct sb_build_record *record, const char *state, const char *reason,
			  struct sb_error *err)
{
	char stamp[SB_STAMP_MAX];

	sb_json_set_text(record->facts, "state", state);
	sb_json_set_text(record->facts, "reason", reason);
	if (!is_open(state) && !sb_json_at(record->facts, "ended")) {
		sb_stamp(stamp, sb_wall());
		sb_json_set_text(record->facts, "ended", stamp);
	}
	return write_state(record, err);
}

void sb_build_note_timings(struct sb_build_record *record, const char *key, struct sb_timings *timings)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(1 << 16);
	struct sb_error unseen = { 0 };

	sb_json_set_take(record->facts, key, sb_timings_json(timings));
	sb_buffer_adds(&text, "\nWhere the time went:\n");
	sb_timings_print(&text, timings);
	/* It is there for who wants to know; no build fails for it. */
	(void)!sb_write_all(record->log, sb_buffer_span(&text), &unseen);
}

void sb_build_note_publish(struct sb_build_record *record, const struct sb_app *app, struct sb_timings *timings)
{
	SB_AUTO(sb_build_record) now = SB_BUILD_RECORD_INIT;
	struct sb_error unseen = { 0 };

	if (sb_build_record_load(&now, app, record->id, &unseen) == 0) {
		json_decref(record->facts);
		record->facts = json_incref(now.facts);
	}
	sb_build_note_timings(record, "publish_timings", timings);
	(void)!write_state(record, &unseen);
}

int sb_builds_list(struct sb_list *out, const struct sb_app *app, struct sb_error *err)
{
	SB_AUTO(sb_list) names = { 0 };

	if (sb_list_dir(&names, app->dir, "builds", err) < 0)
		return -1;
	for (size_t i = names.n; i-- > 0;)
		if (sb_is_build_id(names.item[i]))
			sb_list_add(out, names.item[i]);
	return 0;
}

int sb_builds_prune(const struct sb_app *app, int64_t keep, struct sb_error *err)
{
	SB_AUTO(sb_list) ids = { 0 };
	SB_AUTO_CLOSE int builds = sb_open_dir(app->dir, "builds", err);
	int result = 0;

	if (builds < 0 || sb_builds_list(&ids, app, err) < 0)
		return -1;
	for (size_t i = keep < 1 ? 1 : (size_t)keep; i < ids.n; i++) {
		struct sb_error first = { 0 };
		SB_AUTO_CLOSE int dir = sb_open_dir(builds, ids.item[i], &first);

		if (dir >= 0 && sb_lock_is_taken(dir, "alive"))
			continue;
		if (sb_remove_tree(builds, ids.item[i], &first) < 0 && result == 0) {
			*err = first;
			result = -1;
		}
	}
	return result;
}

int sb_build_cancel(const struct sb_app *app, const char *id, struct sb_error *err)
{
	SB_AUTO(sb_build_record) record = SB_BUILD_RECORD_INIT;

	if (sb_build_record_load(&record, app, id, err) < 0)
		return -1;
	if (!is_open(sb_json_text(record.facts, "state", "")))
		return sb_fail(err, SB_EUSAGE, "build %s is over: %s", id,
			       sb_json_text(record.facts, "state", ""));
	return sb_write_file(record.dir, "cancel", 0640, sb_span_of("builds:cancel\n"), err);
}

bool sb_build_cancel_asked(const struct sb_build_record *record)
{
	return record->dir >= 0 && faccessat(record->dir, "cancel", F_OK, 0) == 0;
}

void sb_build_record_release(struct sb_build_record *record)
{
	sb_autoclose(&record->dir);
	sb_autoclose(&record->log);
	sb_autoclose(&record->alive);
	json_decref(record->facts);
	*record = (struct sb_build_record)SB_BUILD_RECORD_INIT;
}
