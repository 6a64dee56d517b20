#ifndef SB_STAGED_H
#define SB_STAGED_H

#include "release/apps.h"

/*
 * The marker that pre-receive leaves: "this commit is built and waits for its ref".
 * staged/COMMIT.json, with the slug already in the store's tmp under its digest. It is a
 * promise of a finished slug, never of a release: only the ref decides that.
 */
struct sb_staged {
	char commit[SB_OID_MAX + 1];
	json_t *facts; /* ref, old, repo, build, slug{sha256,size,…,layers}, processes, release_command, runtime,
			* provenance, formation, health_path, env, forced, python, deps_key, created */
};

int sb_staged_write(const struct sb_app *app, const struct sb_staged *staged, struct sb_error *err) SB_MUST_CHECK;
int sb_staged_load(struct sb_staged *out, const struct sb_app *app, const char *commit, struct sb_error *err) SB_MUST_CHECK; /* SB_ENOENT */
int sb_staged_list(struct sb_list *out, const struct sb_app *app, struct sb_error *err) SB_MUST_CHECK; /* commits */
/* A slug that was staged and whose marker could not be written goes again, if it is still that one (`slug`:
 * what stat(2) said when it was staged) and nobody else's marker names it. Best effort. */
struct stat;
void sb_staged_forsake(const struct sb_app *app, const char *sha256, const struct stat *slug);
/* And its slug, where it is still in the store's tmp and no other marker names it. */
int sb_staged_drop(const struct sb_app *app, const char *commit, struct sb_error *err) SB_MUST_CHECK;
void sb_staged_release(struct sb_staged *staged);

#endif
