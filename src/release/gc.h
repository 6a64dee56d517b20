#ifndef SB_GC_H
#define SB_GC_H

#include "release/apps.h"

/*
 * Removes what no release names: slugs, layers, pieces, release folders beyond
 * settings->keep_releases (never the current one, a staged one, one in flight), temporary
 * names older than a day. Takes each app's publish lock and skips an app that is busy.
 *
 * Pieces are a cache: those not used for SB_GC_DAYS go, and layers that no release names
 * go by the same age (their mtime is the last use); so do what builds remember of runs (traces)
 * and of compressing (compressed).
 */
#define SB_GC_DAYS 7

struct sb_gc_result {
	int64_t bytes, files;
	int releases;
	int busy; /* apps whose releases were left alone: something publishes there */
};
int sb_gc(struct sb_gc_result *out, struct sb_store *store, const struct sb_settings *settings, bool dry_run,
	  struct sb_error *err) SB_MUST_CHECK;

/*
 * Only the folders of old releases of one app: called at the end of a publish, the publish lock held.
 * The newest `keep` releases that went live are kept, the newest `keep` that failed, the current one
 * and what is in flight. retire takes them out of the ledger, a rename for each, and returns how many;
 * remove_retired takes their files away, wants no lock, and may run in several processes at once: what
 * a killed one left, the next takes. prune does both.
 */
int sb_retire_releases(const struct sb_app *app, int64_t keep, struct sb_error *err) SB_MUST_CHECK;
int sb_remove_retired(const struct sb_app *app, struct sb_error *err) SB_MUST_CHECK;
int sb_prune_releases(const struct sb_app *app, int64_t keep, struct sb_error *err) SB_MUST_CHECK;

/* The numbers that sb_retire_releases would take. */
int sb_prunable_releases(int **out, size_t *n, const struct sb_app *app, int64_t keep,
			 struct sb_error *err) SB_MUST_CHECK;

#endif
