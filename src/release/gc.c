#include "base/base.h"
#include "release/gc.h"
#include "release/ledger.h"
#include "release/staged.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/lock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY 86400
#define DEPTH_MAX 256

struct gc {
	struct sb_store *store;
	const struct sb_settings *settings;
	bool dry_run;
	struct sb_list slugs;  /* digests that are needed */
	struct sb_list layers; /* keys that are needed */
	struct sb_list pruned; /* "APP vN": gone, or said to be in a dry run */
	struct sb_list aside;  /* below store/: unneeded, and renamed so that nobody finds it */
	struct sb_gc_result result;
};

/* Adds up what lies at `name`, itself included. Best effort: it is for the report only. */
static void measure(struct sb_gc_result *sum, int dir, const char *name, int depth)
{
	SB_AUTO(sb_list) names = { 0 };
	struct sb_error ignored = { 0 };
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (!S_ISDIR(st.st_mode)) {
		sum->files++;
		sum->bytes += st.st_blocks * 512;
		return;
	}

	SB_AUTO_CLOSE int fd = sb_open_dir(dir, name, &ignored);

	if (fd < 0 || depth >= DEPTH_MAX || sb_list_dir(&names, fd, ".", &ignored) < 0)
		return;
	for (size_t i = 0; i < names.n; i++)
		measure(sum, fd, names.item[i], depth + 1);
}

static int drop(struct gc *gc, int dir, SB_UNUSED const char *path, const char *name, struct sb_error *err)
{
	measure(&gc->result, dir, name, 0);
	return gc->dry_run ? 0 : sb_remove_tree(dir, name, err);
}

/* A layer may be 15,000 files: everybody would wait for them. A full disk may have no room for a name. */
static int put_aside(struct gc *gc, int dir, const char *path, const char *name, struct sb_error *err)
{
	char temp[SB_TEMP_MAX];

	sb_temp_name(temp);
	if (gc->dry_run)
		sb_list_addf(&gc->aside, "%s/%s", path, name);
	else if (renameat(dir, name, dir, temp) == 0)
		sb_list_addf(&gc->aside, "%s/%s", path, temp);
	else
		return drop(gc, dir, path, name, err);
	return 0;
}

static void need(struct gc *gc, const json_t *facts)
{
	const char *slug = sb_json_text(facts, "slug.sha256", "");
	const char *layer = sb_json_text(facts, "deps_key", "");
	const json_t *one;
	size_t i;

	if (*slug)
		sb_list_add(&gc->slugs, slug);
	if (*layer)
		sb_list_add(&gc->layers, layer);
	json_array_foreach((json_t *)sb_json_at(facts, "slug.layers"), i, one)
		if (*sb_json_text(one, "key", ""))
			sb_list_add(&gc->layers, sb_json_text(one, "key", ""));
}

/* What one app needs. What cannot be read might name anything: then nothing is removed. */
static int find_roots(struct gc *gc, const struct sb_app *app, struct sb_error *err)
{
	SB_AUTO_FREE int *numbers = NULL;
	SB_AUTO(sb_list) commits = { 0 };
	size_t n = 0;

	if (sb_staged_list(&commits, app, err) < 0 || sb_ledger_numbers(&numbers, &n, app, err) < 0)
		return -1;
	for (size_t i = 0; i < commits.n; i++) {
		SB_AUTO(sb_staged) staged = { 0 };

		if (sb_staged_load(&staged, app, commits.item[i], err) < 0) {
			/* Published or given up since the list was made. */
			if (err->code == SB_ENOENT)
				continue;
			return -1;
		}
		need(gc, staged.facts);
	}
	/* A marker that was published meanwhile has become a release: look again at the numbers. */
	free(SB_STEAL(numbers));
	if (sb_ledger_numbers(&numbers, &n, app, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		SB_AUTO(sb_release) release = { 0 };
		SB_AUTO_FREE char *name = sb_xasprintf("%s v%d", app->name, numbers[i]);

		if (sb_list_has(&gc->pruned, name))
			continue;
		if (sb_ledger_load(&release, app, numbers[i], err) < 0) {
			if (err->code == SB_ENOENT)
				continue;
			return -1;
		}
		need(gc, release.facts);
	}
	return 0;
}

static bool older(int dir, const char *name, int64_t seconds)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;

	int64_t last =
		st.st_mtim.tv_sec > st.st_ctim.tv_sec ? st.st_mtim.tv_sec : st.st_ctim.tv_sec;

	return sb_wall() - last > seconds;
}

/* Each name of a folder below the store for which `unneeded` says so. */
static int sweep_folder(struct gc *gc, const char *path,
			bool (*unneeded)(const struct gc *gc, int dir, const char *name),
			int (*take)(struct gc *gc, int dir, const char *path, const char *name,
				    struct sb_error *err),
			struct sb_error *err)
{
	SB_AUTO_CLOSE int dir = sb_open_dir(gc->store->dir, path, err);
	SB_AUTO(sb_list) names = { 0 };

	if (dir < 0 || sb_list_dir(&names, dir, ".", err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (unneeded(gc, dir, names.item[i]) && take(gc, dir, path, names.item[i], err) < 0)
			return -1;
	return 0;
}

static bool is_slug_of(const struct sb_list *digests, const char *name)
{
	for (size_t i = 0; i < digests->n; i++)
		if (!strncmp(name, digests->item[i], 64) && !strcmp(name + 64, ".tar.gz"))
			return true;
	return false;
}

/* A young slug may wait for the record that will name it. */
static bool slug_unneeded(const struct gc *gc, int dir, const char *name)
{
	return strlen(name) > 64 && !is_slug_of(&gc->slugs, name) && older(dir, name, DAY);
}

static bool temp_unneeded(const struct gc *gc, int dir, const char *name)
{
	return !(strlen(name) > 64 && is_slug_of(&gc->slugs, name)) && older(dir, name, DAY);
}

static bool layer_unneeded(const struct gc *gc, int dir, const char *name)
{
	SB_AUTO_FREE char *facts = sb_xasprintf("%s/layer.json", name);

	if (!strncmp(name, ".tmp-", 5))
		return older(dir, name, DAY);
	return sb_is_digest(name) && !sb_list_has(&gc->layers, name) &&
	       older(dir, facts, SB_GC_DAYS * DAY);
}

/* What is only there to save time, and made anew where it is missing. */
static bool piece_unneeded(const struct gc *gc, int dir, const char *name)
{
	(void)gc;
	return older(dir, name, strncmp(name, ".tmp-", 5) ? SB_GC_DAYS * DAY : DAY);
}

static bool has(const struct gc *gc, const char *path)
{
	return faccessat(gc->store->dir, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* What runs looked at, and what was compressed in them, a folder for each app. */
static int sweep_remembered(struct gc *gc, struct sb_error *err)
{
	SB_AUTO(sb_list) apps = { 0 };

	if (has(gc, "traces") && sweep_folder(gc, "traces", piece_unneeded, drop, err) < 0)
		return -1;
	if (!has(gc, "compressed"))
		return 0;
	if (sb_list_dir(&apps, gc->store->dir, "compressed", err) < 0)
		return -1;
	for (size_t i = 0; i < apps.n; i++) {
		SB_AUTO_FREE char *path = sb_xasprintf("compressed/%s", apps.item[i]);

		if (sweep_folder(gc, path, piece_unneeded, drop, err) < 0)
			return -1;
	}
	return 0;
}

static int sweep_pieces(struct gc *gc, struct sb_error *err)
{
	SB_AUTO(sb_list) names = { 0 };

	if (sb_list_dir(&names, gc->store->dir, "pieces", err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		SB_AUTO_FREE char *path = sb_xasprintf("pieces/%s", names.item[i]);

		if (strlen(names.item[i]) == 2 && sweep_folder(gc, path, piece_unneeded, drop, err) < 0)
			return -1;
	}
	if (!gc->dry_run)
		sb_sweep(gc->store->pieces, DAY);
	return 0;
}

/* What a killed process left half made. Best effort: the next gc tries again. */
static void sweep_temporary(const struct gc *gc, int at, const char *const *folders)
{
	for (size_t i = 0; !gc->dry_run && folders[i]; i++)
		sb_sweep_below(at, folders[i], DAY);
}

static int prune_app(struct gc *gc, const struct sb_app *app, struct sb_error *err)
{
	static const char *const folders[] = {
		".", "releases", "builds", "staged", "addons", NULL
	};
	SB_AUTO(sb_lock) lock = SB_LOCK_INIT;
	SB_AUTO_CLOSE int releases = sb_open_dir(app->dir, "releases", err);
	SB_AUTO_FREE int *list = NULL;
	size_t n = 0;

	if (releases < 0)
		return -1;
	if (sb_lock_take(&lock, app->dir, "lock.publish", "gc", 0, NULL, NULL, err) < 0) {
		if (err->code != SB_EAGAIN)
			return -1;
		*err = (struct sb_error) { 0 };
		gc->result.busy++;
		return 0;
	}
	if (sb_prunable_releases(&list, &n, app, gc->settings->keep_releases, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		char name[32];

		snprintf(name, sizeof(name), "v%d", list[i]);
		measure(&gc->result, releases, name, 0);
		sb_list_addf(&gc->pruned, "%s %s", app->name, name);
	}
	gc->result.releases += (int)n;
	sweep_temporary(gc, app->dir, folders);
	if (gc->dry_run)
		return 0;
	return sb_prune_releases(app, gc->settings->keep_releases, err);
}

static int each_app(struct gc *gc,
		    int (*what)(struct gc *gc, const struct sb_app *app, struct sb_error *err),
		    struct sb_error *err)
{
	SB_AUTO(sb_list) names = { 0 };

	if (sb_apps_list(&names, gc->store, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		SB_AUTO(sb_app) app = SB_APP_INIT;

		if (sb_app_open(&app, gc->store, names.item[i], err) < 0 || what(gc, &app, err) < 0)
			return sb_wrap(err, "gc of %s", names.item[i]);
	}
	return 0;
}

/* From the first root that is read to the last name that is taken, nothing becomes needed again:
 * see store.h. */
static int take_unneeded(struct gc *gc, struct sb_error *err)
{
	SB_AUTO(sb_lock) lock = SB_LOCK_INIT;

	if (sb_store_lock(&lock, gc->store, "gc", err) < 0 || each_app(gc, find_roots, err) < 0 ||
	    sweep_folder(gc, "slugs", slug_unneeded, put_aside, err) < 0 ||
	    sweep_folder(gc, "tmp", temp_unneeded, put_aside, err) < 0)
		return -1;
	return sweep_folder(gc, "layers", layer_unneeded, put_aside, err);
}

static int collect(struct gc *gc, struct sb_error *err)
{
	static const char *const folders[] = { "apps",         "store",        "store/slugs",
					       "store/traces", "store/pieces", NULL };

	if (each_app(gc, prune_app, err) < 0)
		return -1;
	sweep_temporary(gc, gc->store->root, folders);

	int done = take_unneeded(gc, err);

	for (size_t i = 0; i < gc->aside.n; i++) {
		struct sb_error one = { 0 };

		if (drop(gc, gc->store->dir, "", gc->aside.item[i], &one) < 0 && done == 0) {
			*err = one;
			done = -1;
		}
	}
	/* What is only there to save time wants no lock. */
	if (done < 0 || sweep_folder(gc, "notes", piece_unneeded, drop, err) < 0 ||
	    sweep_remembered(gc, err) < 0)
		return -1;
	return sweep_pieces(gc, err);
}

int sb_gc(struct sb_gc_result *out, struct sb_store *store, const struct sb_settings *settings,
	  bool dry_run, struct sb_error *err)
{
	struct gc gc = { .store = store, .settings = settings, .dry_run = dry_run };
	int result = collect(&gc, err);

	sb_list_release(&gc.slugs);
	sb_list_release(&gc.layers);
	sb_list_release(&gc.pruned);
	sb_list_release(&gc.aside);
	if (result == 0)
		*out = gc.result;
	return result;
}
