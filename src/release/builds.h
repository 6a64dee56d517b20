#ifndef SB_BUILDS_H
#define SB_BUILDS_H

#include "base/timings.h"
#include "release/apps.h"
#include "sys/clock.h"

/*
 * The record of each build, whether it succeeds or not: builds/ID/{state.json, log}.
 * States: waiting, building, staged, failed, cancelled, published, refused (by git),
 * abandoned (its process died: the lock on builds/ID/alive is free). Newest settings->keep_builds
 * are kept. A descriptor of `alive` that a child inherits keeps the build alive.
 */
struct sb_build_record {
	char id[SB_BUILD_ID_MAX];
	int dir;     /* builds/ID */
	int log;     /* its log, open for writing; -1 when loaded */
	int alive;   /* the lock that says "somebody builds this"; -1 when loaded */
	json_t *facts; /* state, app, commit, ref, pid, started, ended, reason, release, timings[], publish_timings[] */
};
#define SB_BUILD_RECORD_INIT { .dir = -1, .log = -1, .alive = -1 }

int sb_build_record_open(struct sb_build_record *out, const struct sb_app *app, const char *commit, const char *ref,
			 struct sb_error *err) SB_MUST_CHECK;
int sb_build_record_load(struct sb_build_record *out, const struct sb_app *app, const char *id, struct sb_error *err) SB_MUST_CHECK;
int sb_build_record_state(struct sb_build_record *record, const char *state, const char *reason, struct sb_error *err) SB_MUST_CHECK;
int sb_builds_list(struct sb_list *out, const struct sb_app *app, struct sb_error *err) SB_MUST_CHECK; /* newest first */
int sb_builds_prune(const struct sb_app *app, int64_t keep, struct sb_error *err) SB_MUST_CHECK;
/* Under `key` into the facts, which the next sb_build_record_state writes, and as lines of the log. */
void sb_build_note_timings(struct sb_build_record *record, const char *key, struct sb_timings *timings);
/* Publishing's own, as "publish_timings": into the facts as who published has left them, and written. */
void sb_build_note_publish(struct sb_build_record *record, const struct sb_app *app, struct sb_timings *timings);
/* builds:cancel: leaves a file that the build's own process sees at its next tick. */
int sb_build_cancel(const struct sb_app *app, const char *id, struct sb_error *err) SB_MUST_CHECK;
/* Opens the log of a loaded record for appending; a descriptor, or -1. */
int sb_build_log_append(struct sb_build_record *record, struct sb_error *err);
bool sb_build_cancel_asked(const struct sb_build_record *record);
void sb_build_record_release(struct sb_build_record *record);

#endif
