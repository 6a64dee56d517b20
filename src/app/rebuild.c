#include "base/base.h"
#include "app/publish.h"
#include "app/rebuild.h"
#include "app/stage.h"
#include "app/targets.h"
#include "release/staged.h"
#include "sys/lock.h"

#include <string.h>

/* The commit to build: REV, or what the deploy ref holds; never one that the ref did not reach. */
static int find_commit(char oid[SB_OID_MAX + 1], const struct sb_activate *way, struct sb_repo *repo,
		       const char *ref, const char *rev, struct sb_error *err)
{
	char tip[SB_OID_MAX + 1];

	if (sb_repo_ref(repo, ref, tip, err) < 0)
		return -1;
	if (!*tip)
		return sb_fail(err, SB_ENOENT, "%s holds nothing yet: push first", ref);
	if (!rev) {
		memcpy(oid, tip, sizeof(tip));
		return 0;
	}
	if (sb_repo_resolve(repo, rev, oid, err) < 0)
		return -1;
	if (strcmp(oid, tip) != 0 && !sb_repo_descends(repo, tip, oid)) {
		sb_fail(err, SB_EUSAGE, "%s is not in %s, which %s deploys from", rev, sb_short_ref(ref),
			way->app->name);
		sb_error_fix(err, "git push %s %s:%s", repo->path, rev, sb_short_ref(ref));
		return -1;
	}
	return 0;
}

static int publish(const struct sb_activate *way, const char *commit, struct sb_error *err)
{
	SB_AUTO(sb_lock) lock = SB_LOCK_INIT;
	SB_AUTO(sb_staged) staged = { 0 };

	if (sb_publish_lock(&lock, way, "slugbuild deploy", err) < 0 ||
	    sb_staged_load(&staged, way->app, commit, err) < 0)
		return -1;
	return sb_publish_marker(way, &staged, err);
}

static int check(struct sb_stage *stage, struct sb_error *err)
{
	if (sb_produce_check(&stage->make, err) < 0)
		return -1;
	if (stage->make.findings.n)
		sb_log_findings(stage->log, &stage->make.findings);
	if (!stage->make.findings.errors)
		return 0;
	return sb_fail(err, SB_EREFUSED, "The files above must be mended first.");
}

int sb_rebuild(const struct sb_activate *way, struct sb_repo *repo, const char *rev, bool no_cache,
	       struct sb_error *err)
{
	char head[SB_REF_MAX + 1], oid[SB_OID_MAX + 1];

	if (sb_repo_head(repo, head, err) < 0)
		return -1;
	SB_AUTO_FREE char *ref = sb_deploy_ref(way->settings, head, way->app->name);

	if (!ref)
		return sb_fail(err, SB_ECONFIG, "slugbuild.branch names no branch that deploys %s", way->app->name);
	if (find_commit(oid, way, repo, ref, rev, err) < 0)
		return -1;
	SB_AUTO(sb_stage) stage = { .log = way->log,
				    .repo = repo,
				    .store = (struct sb_store *)way->app->store,
				    .ref = ref,
				    .oid = oid };

	if (sb_stage_open(&stage, way->settings, way->app->name, err) < 0 || check(&stage, err) < 0)
		return -1;
	stage.make.no_cache = no_cache;
	if (sb_stage_build(&stage, err) < 0)
		return -1;
	return publish(way, stage.make.commit.oid, err);
}
