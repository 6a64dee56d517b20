#ifndef SB_LEDGER_H
#define SB_LEDGER_H

#include "release/apps.h"

/*
 * The ledger: releases v1, v2, …, immutable and never numbered twice. A release is
 * prepared under a temporary name and appears by a rename that replaces nothing: the
 * commit point. What moves afterwards is its state (release.json, rewritten whole) and
 * the app's `current` symlink: activation.
 *
 *	SB_AUTO(sb_release) release = { 0 };
 *
 *	sb_release_init(&release, "deploy", "Deploy 1a2b3c4");
 *	… slug, manifest facts …
 *	if (sb_ledger_commit(&app, &release, &vars, err) < 0)   // now it has a number
 *		return -1;
 *
 * All calls that write want the app's publish lock held.
 */

enum sb_release_state {
	SB_PENDING,    /* committed; nothing was run */
	SB_RELEASING,  /* the release phase runs, or was cut off while it ran */
	SB_RELEASED,   /* the release phase is done */
	SB_STARTING,   /* handed to the runner */
	SB_CURRENT,
	SB_SUPERSEDED, /* was current */
	SB_FAILED,
};

struct sb_release {
	int number;
	enum sb_release_state state;
	json_t *facts; /* kind, description, commit, tree, ref, old, forced, slug{}, processes{}, release_command,
			* runtime{}, provenance{}, created, build, previous, reason (of a failure), deps_key, by */
};

int sb_release_init(struct sb_release *release, const char *kind, const char *description); /* always 0 */
void sb_release_release(struct sb_release *release);

/* Gives it the next number and makes releases/vN durable with release.json, config.json, env. Sets
 * `previous` to the current release where the facts have none. */
int sb_ledger_commit(struct sb_app *app, struct sb_release *release, const struct sb_list *vars,
		     struct sb_error *err) SB_MUST_CHECK;
/* Writes the high-water mark (releases/last): `number` and all below it were used, pruned or not. */
int sb_ledger_mark(const struct sb_app *app, int number, struct sb_error *err) SB_MUST_CHECK;
int sb_ledger_load(struct sb_release *out, const struct sb_app *app, int number, struct sb_error *err) SB_MUST_CHECK;
int sb_ledger_set_state(const struct sb_app *app, struct sb_release *release, enum sb_release_state state,
			const char *reason, struct sb_error *err) SB_MUST_CHECK;
/* Writes the facts as they are now; the state stays. */
int sb_ledger_save(const struct sb_app *app, const struct sb_release *release, struct sb_error *err) SB_MUST_CHECK;
int sb_ledger_newest(const struct sb_app *app, struct sb_error *err) SB_MUST_CHECK;  /* 0: none, -1: failed */
int sb_ledger_current(const struct sb_app *app, struct sb_error *err) SB_MUST_CHECK; /* 0: none */
int sb_ledger_activate(const struct sb_app *app, int number, struct sb_error *err) SB_MUST_CHECK; /* `current` */
int sb_ledger_numbers(int **out, size_t *n, const struct sb_app *app, struct sb_error *err) SB_MUST_CHECK; /* ascending */

/* "v12" or "12" → 12; 0 when it is neither. */
int sb_release_number(const char *text);
const char *sb_release_state_name(enum sb_release_state state);

/* releases/vN/app: the slug unpacked, its dependency layer a symlink into the store (or a copy, by
 * setting). Made under a temporary name; nothing to do when it is there. */
int sb_release_unpack(const struct sb_app *app, const struct sb_release *release, const struct sb_settings *settings,
		      struct sb_error *err) SB_MUST_CHECK;
char *sb_release_path(const struct sb_app *app, int number, const char *below) SB_MUST_CHECK; /* absolute. Owned. */

#endif
