#include "base/base.h"
#include "app/publish.h"
#include "app/reconcile.h"
#include "release/staged.h"
#include "sys/clock.h"
#include "sys/lock.h"

#include <string.h>

/* A release between its commit point and its end, with nobody working on it. */
static int finish_release(const struct sb_activate *way, struct sb_error *err)
{
	SB_AUTO(sb_lock) lock = SB_LOCK_INIT;
	SB_AUTO(sb_release) release = { 0 };
	int number = sb_ledger_newest(way->app, err);

	if (number < 1)
		return number;
	if (sb_ledger_load(&release, way->app, number, err) < 0)
		return -1;
	if (release.state == SB_CURRENT || release.state == SB_SUPERSEDED || release.state == SB_FAILED)
		return 0;
	if (sb_lock_take(&lock, way->app->dir, "lock.publish", "the reconciler", 0, NULL, NULL, err) < 0)
		return 0; /* somebody is at it */
	sb_release_release(&release);
	if (sb_ledger_load(&release, way->app, number, err) < 0)
		return -1;
	if (release.state == SB_CURRENT || release.state == SB_SUPERSEDED || release.state == SB_FAILED)
		return 0;
	sb_log_step(way->log, "Finishing v%d of %s, which was cut off (%s)", number, way->app->name,
		    sb_release_state_name(release.state));
	if (sb_activate(way, &release, err) < 0)
		return -1;
	sb_say_released(way, number);
	return 0;
}

/* How long ago the marker was made is known from its build's id; see sb_build_id. */
static bool settled(const struct sb_activate *way, const struct sb_staged *staged)
{
	int64_t at = sb_json_int(staged->facts, "staged_at", 0);

	return sb_wall() - at > way->settings->settle_seconds || sb_wall() < at;
}

static int settle_marker(const struct sb_activate *way, struct sb_repo *repo, const char *commit,
			 struct sb_error *err)
{
	SB_AUTO(sb_staged) staged = { 0 };
	enum sb_published how;
	char held[SB_OID_MAX + 1];

	if (sb_staged_load(&staged, way->app, commit, err) < 0)
		return err->code == SB_ENOENT ? 0 : -1;
	const char *ref = sb_json_text(staged.facts, "ref", "");

	if (sb_repo_ref(repo, ref, held, err) < 0)
		return -1;
	if (!strcmp(held, commit)) {
		sb_log_step(way->log, "Releasing %.8s, which was pushed and built but not released", commit);
		return sb_publish(&how, way, repo, ref, commit, err);
	}
	return settled(way, &staged) ? sb_publish(&how, way, repo, ref, commit, err) : 0;
}

int sb_reconcile(const struct sb_activate *way, struct sb_repo *repo, struct sb_error *err)
{
	SB_AUTO(sb_list) commits = { 0 };
	SB_AUTO(sb_repo) own = { 0 };

	if (sb_lock_is_taken(way->app->dir, "lock.publish"))
		return 0;
	if (finish_release(way, err) < 0 || sb_staged_list(&commits, way->app, err) < 0)
		return -1;
	/* A build lock that is held is a push on its way, or its watcher. */
	if (!commits.n || sb_lock_is_taken(way->app->dir, "lock.build"))
		return 0;
	if (!repo) {
		if (!*way->app->repo)
			return 0;
		if (sb_repo_open(&own, way->app->repo, err) < 0)
			return -1;
		repo = &own;
	}
	for (size_t i = 0; i < commits.n; i++)
		if (settle_marker(way, repo, commits.item[i], err) < 0)
			return sb_wrap(err, "reconcile %s", way->app->name);
	return 0;
}
