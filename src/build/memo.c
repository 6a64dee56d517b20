#include "build/memo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/sha256.h"
#include "base/utf8.h"
#include "build/digest.h"
#include "build/fingerprint.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/thread.h"

#define FORMAT "5" /* of the record and of what the tracer sees: change it when either changes */
#define RECORD_MAX (64 << 20)
#define NOTHING "none" /* the layer of a run that made nothing */

static void add_number(struct sb_sha256 *hash, long long number)
{
	char word[32];

	snprintf(word, sizeof(word), "%lld", number);
	sb_sha256_field(hash, word);
}

static void add_words(struct sb_sha256 *hash, const struct sb_list *words, bool in_any_order)
{
	SB_AUTO(sb_list) copy = { 0 };

	if (words->n)
		sb_list_add_all(&copy, (const char *const *)words->item);
	if (in_any_order)
		sb_list_sort(&copy);
	add_number(hash, (long long)copy.n);
	for (size_t i = 0; i < copy.n; i++)
		sb_sha256_field(hash, copy.item[i]);
}

/* A file or folder as it lies there now: made anew under the same name, it is another one. */
static void add_identity(struct sb_sha256 *hash, const char *path)
{
	struct stat st = { 0 };

	sb_sha256_field(hash, path ? path : "");
	if (!path || stat(path, &st) < 0)
		return;
	add_number(hash, (long long)st.st_ino);
	add_number(hash, (long long)st.st_ctim.tv_sec);
	add_number(hash, st.st_ctim.tv_nsec);
}

/* What a child gets from us without being told. */
static void add_inherited(struct sb_sha256 *hash)
{
	struct rlimit limit;
	gid_t groups[256];
	int n = getgroups(SB_COUNT(groups), groups);

	add_number(hash, sb_processors());
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		if (getrlimit(i, &limit) < 0)
			continue;
		add_number(hash, (long long)limit.rlim_cur);
		add_number(hash, (long long)limit.rlim_max);
	}
	add_number(hash, n);
	for (int i = 0; i < n; i++)
		add_number(hash, groups[i]);
}

/* The order in which a folder is listed is the file system's. */
static void add_disk(struct sb_sha256 *hash, int dir)
{
	struct statfs disk = { 0 };
	int id[2];

	fstatfs(dir, &disk);
	memcpy(id, &disk.f_fsid, sizeof(id));
	add_number(hash, (long long)disk.f_type);
	add_number(hash, id[0]);
	add_number(hash, id[1]);
}

static void add_machine(struct sb_sha256 *hash, const struct sb_settings *settings)
{
	static const int facts[] = { _SC_NPROCESSORS_ONLN, _SC_NPROCESSORS_CONF, _SC_PHYS_PAGES,
				     _SC_PAGESIZE };
	struct utsname name = { 0 };

	uname(&name);
	sb_sha256_field(hash, name.sysname);
	sb_sha256_field(hash, name.release);
	sb_sha256_field(hash, name.version);
	sb_sha256_field(hash, name.machine);
	for (size_t i = 0; i < SB_COUNT(facts); i++)
		add_number(hash, sysconf(facts[i]));
	add_number(hash, geteuid());
	add_number(hash, getegid());
	add_number(hash, settings->build_memory);
	add_number(hash, settings->build_processes);
	add_number(hash, settings->build_disk);
}

static void make_key(struct sb_memo *memo, const struct sb_step *step, const char *more)
{
	const struct sb_build *build = memo->build;
	const struct sb_python *python = &build->python;
	SB_AUTO_FREE char *layer = sb_xasprintf("%s/.slugbuild", build->deps_path);
	SB_AUTO(sb_sha256) hash = { 0 };

	sb_sha256_field(&hash, "slugbuild remembers " FORMAT " " SB_VERSION);
	sb_sha256_field(&hash, build->app ? build->app : "");
	sb_sha256_field(&hash, more);
	add_words(&hash, &step->argv, false);
	add_words(&hash, &step->box.env, true);
	sb_sha256_field(&hash, step->box.cwd ? step->box.cwd : "");
	sb_sha256_field(&hash, build->deps_key);
	add_identity(&hash, layer);
	sb_sha256_field(&hash, python->path);
	sb_sha256_field(&hash, python->prefix);
	sb_sha256_field(&hash, python->version);
	sb_sha256_field(&hash, python->digest);
	sb_sha256_field(&hash, build->plan->ignore ? build->plan->ignore : "");
	add_identity(&hash, build->settings->bwrap && *build->settings->bwrap
				    ? build->settings->bwrap
				    : "/usr/bin/bwrap");
	add_machine(&hash, build->settings);
	add_inherited(&hash);
	add_disk(&hash, build->work);
	sb_sha256_finish(&hash, memo->key);
}

static json_t *load(int dir, const char *key)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(RECORD_MAX);
	SB_AUTO_FREE char *name = sb_xasprintf("%s.json", key);
	struct sb_error unseen = { 0 };
	json_t *record;

	if (sb_read_file(&text, dir, name, &unseen) < 0)
		return NULL;
	record = sb_json_parse(sb_buffer_span(&text), &unseen);
	if (record && json_is_object(json_object_get(record, "paths")))
		return record;
	json_decref(record);
	return NULL;
}

/* The first path that is not what it was; NULL where all are. Owned. */
static char *first_change(struct sb_memo *memo)
{
	json_t *paths = json_object_get(memo->record, "paths"), *value;
	const char *path;

	json_object_foreach(paths, path, value)
	{
		struct sb_error unseen = { 0 };
		SB_AUTO_FREE char *now = sb_fingerprint(memo->build, path, &unseen);
		const char *then = json_string_value(value);

		memo->looked++;
		if (!now || !then || strcmp(now, then) != 0)
			return sb_xstrdup(path);
	}
	return NULL;
}

/* What is used, gc leaves alone: its mtime is the last use. */
static void use(const struct sb_memo *memo)
{
	SB_AUTO_FREE char *name = sb_xasprintf("%s.json", memo->key);

	(void)utimensat(memo->dir, name, NULL, AT_SYMLINK_NOFOLLOW);
}

/* How far the record goes now that all it looked at is unchanged. */
static enum sb_memo_state take_record(struct sb_memo *memo)
{
	struct sb_build *build = memo->build;
	const char *state = sb_json_text(memo->record, "state", "");
	const char *layer = sb_json_text(memo->record, "layer", "");

	if (!strcmp(state, "unstable"))
		return SB_MEMO_UNSTABLE;
	if (!strcmp(state, "refused"))
		return SB_MEMO_NEW;
	if (strcmp(layer, NOTHING) != 0) {
		memo->path = sb_is_digest(layer) ? build->find_layer(build->ctx, layer) : NULL;
		if (!memo->path)
			return SB_MEMO_NEW;
	}
	if (!strcmp(state, "confirmed")) {
		use(memo);
		return SB_MEMO_HOLDS;
	}
	return !strcmp(state, "once") ? SB_MEMO_ONCE : SB_MEMO_NEW;
}

void sb_memo_open(struct sb_memo *memo, struct sb_build *build, const struct sb_step *step,
		  const char *more)
{
	SB_AUTO_FREE char *path = sb_xasprintf("%s/../traces", build->cache_path);
	struct sb_error unseen = { 0 };

	memo->build = build;
	memo->state = SB_MEMO_OFF;
	if (!build->settings->remember || build->no_cache || !build->keep_layer ||
	    step->box.network || !sb_box_works(build->settings, NULL))
		return;
	memo->dir = sb_make_dirs(path, 0750, &unseen);
	if (memo->dir < 0)
		return;
	make_key(memo, step, more);
	memo->state = SB_MEMO_NEW;
	memo->record = load(memo->dir, memo->key);
	if (!memo->record)
		return;
	memo->changed = first_change(memo);
	if (!memo->changed)
		memo->state = take_record(memo);
}

const char *sb_memo_note(const struct sb_memo *memo)
{
	return sb_json_text(memo->record, "note", "");
}

const char *sb_memo_why(const struct sb_memo *memo)
{
	const char *why = sb_json_text(memo->record, "why", "");

	if (*why)
		return why;
	return memo->record ? "what it made is not in the store any more"
			    : "nothing is remembered of such a run: a config var, a dependency, "
			      "the interpreter or the machine is new";
}

static char *refuse(const char *what, const char *path)
{
	return sb_xasprintf("%s %s", what, path);
}

/* One path into the record; what it says where it cannot be vouched for. Owned, or NULL. */
static char *record_path(json_t *paths, struct sb_memo *memo, const char *path, int64_t began)
{
	enum sb_place place = sb_place_of(memo->build, path);
	struct sb_error unseen = { 0 };
	SB_AUTO_FREE char *print = NULL;

	if (place == SB_PLACE_BOX)
		return NULL;
	if (!sb_is_utf8(sb_span_of(path)))
		return sb_xstrdup("it looked at a path that is no UTF-8");
	if (place == SB_PLACE_HOST && sb_changed_since(path, began))
		return refuse("while it ran somebody changed", path);
	print = sb_fingerprint(memo->build, path, &unseen);
	if (!print)
		return refuse("the pushed tree could not be read at", path);
	sb_json_set_text(paths, path, print);
	return NULL;
}

static bool is_folder(const json_t *paths, const char *path)
{
	const char *print = json_string_value(json_object_get(paths, path));

	return print && !strncmp(print, "d:", 2);
}

static char *record_all(json_t *paths, struct sb_memo *memo, const struct sb_tracer *tracer,
			int64_t began)
{
	SB_AUTO(sb_list) sorted = { 0 };

	if (tracer->paths.n)
		sb_list_add_all(&sorted, (const char *const *)tracer->paths.item);
	sb_list_sort(&sorted);
	for (size_t i = 0; i < sorted.n; i++) {
		char *why = record_path(paths, memo, sorted.item[i], began);

		if (why)
			return why;
	}
	/* Below a folder that was moved paths are not what they are called in the tree. */
	for (size_t i = 0; i < tracer->moved.n; i++)
		if (is_folder(paths, tracer->moved.item[i]))
			return refuse("it moved a folder of the app's:", tracer->moved.item[i]);
	return NULL;
}

static int save(struct sb_memo *memo, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(RECORD_MAX);
	SB_AUTO_FREE char *name = sb_xasprintf("%s.json", memo->key);

	sb_json_print(&text, memo->record);
	if (text.full)
		return sb_fail(err, SB_ELIMIT, "the record of a run is over %d bytes", RECORD_MAX);
	return sb_write_file(memo->dir, name, 0600, sb_buffer_span(&text), err);
}

void sb_memo_disprove(struct sb_memo *memo)
{
	struct sb_error err = { 0 };

	sb_json_set_text(memo->record, "state", "unstable");
	sb_log_say(memo->build->log, "its result is not reused: a second run, under another date, "
				     "did not make the same");
	if (save(memo, &err) < 0)
		sb_log_say(memo->build->log, "%s", err.text);
	memo->state = SB_MEMO_UNSTABLE;
}

/* What cannot be vouched for leaves a record, too: the next build says why. */
static int forget(struct sb_memo *memo, const char *why)
{
	SB_AUTO_FREE char *text = sb_xasprintf("its result is not remembered: %s", why);
	struct sb_error err = { 0 };

	sb_log_say(memo->build->log, "%s", text);
	json_decref(memo->record);
	memo->record = sb_json_new_object();
	sb_json_set_text(memo->record, "state", "refused");
	sb_json_set_text(memo->record, "why", text);
	sb_json_set_take(memo->record, "paths", sb_json_new_object());
	if (save(memo, &err) < 0)
		sb_log_say(memo->build->log, "%s", err.text);
	return 0;
}

static int take_in(struct sb_memo *memo, const char *key, char **path, struct sb_error *err)
{
	struct sb_build *build = memo->build;
	char *kept;

	if (!*path)
		return 0;
	kept = build->keep_layer(build->ctx, key, *path, NULL, err);
	if (!kept)
		return -1;
	free(*path);
	*path = kept;
	return 0;
}

static bool is_same(const struct sb_memo *memo, const char *layer, const char *note)
{
	return !strcmp(sb_json_text(memo->record, "layer", ""), layer) &&
	       !strcmp(sb_memo_note(memo), note);
}

int sb_memo_keep(struct sb_memo *memo, const struct sb_tracer *tracer, int64_t began, char **path,
		 char key[65], const char *note, const char *refused, struct sb_error *err)
{
	bool second = memo->state == SB_MEMO_ONCE;
	SB_AUTO_FREE char *why = NULL;
	SB_AUTO_JSON json_t *paths = sb_json_new_object();

	snprintf(key, 65, "%s", NOTHING);
	if (*path && sb_folder_digest(key, *path, err) < 0)
		return -1;
	if (second && !is_same(memo, key, note)) {
		sb_memo_disprove(memo);
		return 1;
	}
	if (refused || *tracer->reason)
		why = sb_xstrdup(refused ? refused : tracer->reason);
	else
		why = record_all(paths, memo, tracer, began);
	if (why) {
		*key = '\0';
		return forget(memo, why);
	}
	if (take_in(memo, key, path, err) < 0)
		return -1;
	if (second) /* what only the first run looked at counts, too; all of it is unchanged */
		json_object_update_missing(paths, json_object_get(memo->record, "paths"));
	json_decref(memo->record);
	memo->record = sb_json_new_object();
	sb_json_set_text(memo->record, "state", second ? "confirmed" : "once");
	sb_json_set_text(memo->record, "layer", key);
	sb_json_set_text(memo->record, "note", note);
	sb_json_set_take(memo->record, "paths", SB_STEAL(paths));
	if (!*path)
		*key = '\0';
	return save(memo, err);
}

void sb_memo_release(struct sb_memo *memo)
{
	json_decref(memo->record);
	free(memo->path);
	free(memo->changed);
	sb_autoclose(&memo->dir);
	*memo = (struct sb_memo)SB_MEMO_INIT;
}
