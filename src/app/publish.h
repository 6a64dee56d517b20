#ifndef SB_PUBLISH_H
#define SB_PUBLISH_H

#include "app/activate.h"
#include "source/repo.h"

/*
 * What was staged becomes a release, if the deploy ref holds its commit: re-read here,
 * under the publish lock. A line on a hook's standard input is a claim; the ref is the truth.
 */
enum sb_published {
	SB_PUBLISHED,
	SB_NOT_STAGED,  /* no marker: built by nobody, or published by another one already */
	SB_REF_DIFFERS, /* git refused the ref, or a later push has moved it: the marker is dropped */
};

int sb_publish(enum sb_published *out, const struct sb_activate *way, struct sb_repo *repo, const char *ref,
	       const char *commit, struct sb_error *err) SB_MUST_CHECK;

/* What a marker says becomes a release, whatever the ref holds: the caller holds the publish lock and
 * has made sure that the deploy ref held this commit. */
struct sb_staged;
int sb_publish_marker(const struct sb_activate *way, const struct sb_staged *staged, struct sb_error *err) SB_MUST_CHECK;

/* A new release made from a former one's facts: other config vars, a rollback, a retry. `from` < 1: the
 * newest one. `vars` NULL: that release's own. The publish lock is taken here. */
struct sb_change {
	const char *kind; /* "config", "rollback", "retry", "addon", "scale" */
	const char *description;
	int from;
	const struct sb_list *vars;
};
int sb_publish_change(const struct sb_activate *way, const struct sb_change *change, int *number,
		      struct sb_error *err) SB_MUST_CHECK;

/* "Released v7", the address, "Verifying deploy... done." */
void sb_say_released(const struct sb_activate *way, int number);

#endif
