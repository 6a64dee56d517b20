#ifndef SB_PRODUCE_H
#define SB_PRODUCE_H

#include "base/json.h"
#include "base/log.h"
#include "base/timings.h"
#include "check/check.h"
#include "release/builds.h"
#include "release/store.h"
#include "slug/slug.h"

/*
 * From a checked commit to a slug: build, layers, one file. The same for a push, for
 * `slugbuild deploy` and for `slugbuild build`.
 *
 *	struct sb_produce make = { .settings = …, .log = &log, .repo = &repo, … };
 *
 *	if (sb_produce_check(&make, err) < 0 || sb_produce_slug(&make, err) < 0) …
 *	use(make.facts, make.slug);
 *	sb_produce_release(&make);
 *
 * Writes to the store's caches, to a work folder that it removes (what a build that is followed
 * leaves in `work`, its watcher sweeps: files are slow to remove, and a pusher waits), and the slug to
 * `dir`/`name`; nothing else.
 */
struct sb_layers;
struct sb_produce {
	/* in; all borrowed */
	const struct sb_settings *settings; /* the app's */
	struct sb_log *log;
	struct sb_repo *repo;
	const char *app;
	const char *oid;                /* the commit, or a tag that peels to it */
	struct sb_store *store;
	const struct sb_list *config;   /* config vars */
	const char *last_python;        /* or NULL */
	const char *old;                /* the commit before this one, or NULL, "" */
	const char *current;            /* the commit that the current release was made of, or NULL */
	bool no_cache;
	bool verbose;                   /* where its time went is told when a build is over */
	bool config_known;              /* `config` is the app's: variables that it lacks are named */
	bool heroku;                    /* check by Heroku's rules instead of ours */
	bool only_static;               /* check the files, and start no program */
	bool static_told;               /* what the files alone give was shown: it stands first, the rest behind */
	bool followed;                  /* a second run is made behind this one */
	bool second_run;                /* only what a remembered result still needs; no slug is made */
	json_t **checklist;             /* out of the check, owned; or NULL: not asked for */
	const char *work;               /* a folder to work in, swept by the caller; NULL: the store's tmp */
	int dir;
	const char *name;
	char known[SB_OID_MAX + 1];     /* the tree of the app's newest release, which was checked; or "" */
	/* out; sb_produce_release */
	struct sb_timings timings;
	struct sb_commit commit;
	char tree[SB_OID_MAX + 1];      /* of the app: the commit's, or slugbuild.path's in it */
	char pushed_tree[SB_OID_MAX + 1]; /* the same before sb_complete put anything into it */
	char old_tree[SB_OID_MAX + 1];  /* the same of `current`, else `old`, or "" */
	struct sb_plan plan;
	struct sb_findings findings;
	size_t static_findings;         /* how many of them, the first ones, the files alone gave */
	struct sb_list env_added;       /* config vars that app.json gives: "K=V", not set yet */
	struct sb_slug slug;
	struct sb_layers *layers;       /* while it is built */
	char *shared_static;            /* where releases link to a kept layer; or NULL */
	struct sb_completed *completed; /* see app/complete.h; `repo` then reads from there */
	struct sb_repo *pushed_repo;    /* what `repo` was before; or NULL */
	json_t *facts;                  /* see slugbuild-manifest(5): what a release of it will say */
};

/* The tree of the app in a commit's: the whole, or the folder that slugbuild.path names. */
int sb_app_tree(char tree[SB_OID_MAX + 1], struct sb_repo *repo, const char *top, const struct sb_settings *settings,
		struct sb_error *err) SB_MUST_CHECK;

/* Reads the commit and runs the rules that need no dependencies. 0 also with findings: look at findings.errors. */
int sb_produce_check(struct sb_produce *make, struct sb_error *err) SB_MUST_CHECK;

/* Builds what was checked. */
int sb_produce_slug(struct sb_produce *make, struct sb_error *err) SB_MUST_CHECK;

void sb_produce_release(struct sb_produce *make);

#endif
