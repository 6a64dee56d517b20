#include "base/base.h"
#include "app/publish.h"
#include "app/reconcile.h"
#include "app/second_run.h"
#include "app/watcher.h"
#include "release/staged.h"
#include "sys/clock.h"
#include "sys/files.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NEAR_MS 10000 /* of dense polling; then it is done more rarely */
#define GRACE_MS 5000 /* for a post-receive that no receive-pack tells us of: it has the pusher's ear */

static void nap(int64_t ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static bool still_staged(struct sb_hook *hook, const struct sb_staged_target *target)
{
	SB_AUTO(sb_app) app = SB_APP_INIT;
	SB_AUTO(sb_staged) staged = { 0 };
	struct sb_error err = { 0 };

	return sb_app_open(&app, &hook->store, target->app, &err) == 0 &&
	       sb_staged_load(&staged, &app, target->commit, &err) == 0;
}

static bool ref_moved(struct sb_hook *hook, const struct sb_staged_target *target)
{
	char held[SB_OID_MAX + 1];
	struct sb_error err = { 0 };

	return sb_repo_ref(&hook->repo, target->ref, held, &err) == 0 && !strcmp(held, target->commit);
}

/* Whether git can still decide: receive-pack lives, or (where we cannot see it) the quarantine does. */
static bool undecided(const struct sb_hook *hook)
{
	if (hook->ancestry.receive_pack >= 0)
		return !sb_pidfd_ended(hook->ancestry.receive_pack);
	return hook->object_dir && access(hook->object_dir, F_OK) == 0;
}

static int settle(struct sb_hook *hook, struct sb_staged_target *target, int64_t deadline)
{
	SB_AUTO(sb_app) app = SB_APP_INIT;
	SB_AUTO(sb_settings) settings = { 0 };
	struct sb_error err = { 0 };
	enum sb_published how;

	/* Without a receive-pack to follow, a ref was seen to move seconds after the quarantine went. */
	while (hook->ancestry.receive_pack < 0 && still_staged(hook, target) && !ref_moved(hook, target) &&
	       sb_now_ms() < deadline)
		nap(250);
	for (int64_t end = sb_now_ms() + GRACE_MS; hook->ancestry.receive_pack < 0 && sb_now_ms() < end;) {
		if (!ref_moved(hook, target) || !still_staged(hook, target))
			break;
		nap(250);
	}
	if (!still_staged(hook, target))
		return 0;
	if (hook->ancestry.receive_pack < 0 && !ref_moved(hook, target))
		return 0; /* the marker stays for the reconciler */
	if (sb_app_open(&app, &hook->store, target->app, &err) < 0 ||
	    sb_settings_for_app(&settings, &hook->settings, target->app, &err) < 0)
		return -1;
	struct sb_activate way = { .app = &app, .settings = &settings, .log = &hook->log };

	return sb_publish(&how, &way, &hook->repo, target->ref, target->commit, &err);
}

/* What the builds left, while their locks are held. */
static void sweep(struct sb_hook *hook, const struct sb_staged_target *target, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		SB_AUTO(sb_app) app = SB_APP_INIT;
		struct sb_error ignored = { 0 };

		if (target[i].lock.fd < 0 || sb_app_open(&app, &hook->store, target[i].app, &ignored) < 0)
			continue;
		sb_sweep_below(app.dir, "work", 0);
	}
}

static void follow(struct sb_hook *hook, struct sb_staged_target *target, size_t n)
{
	int64_t begin = sb_now_ms(), deadline = begin + hook->settings.settle_seconds * 1000;
	size_t open = n;

	while (open && undecided(hook) && sb_now_ms() < deadline) {
		for (size_t i = 0; i < n; i++) {
			if (target[i].lock.fd < 0 ||
			    (!ref_moved(hook, &target[i]) && still_staged(hook, &target[i])))
				continue;
			sb_lock_release(&target[i].lock); /* its fate is known: the next push may build */
			open--;
		}
		nap(sb_now_ms() - begin < NEAR_MS ? 20 : 250);
	}
	/* post-receive ran below receive-pack and is over, or never ran. */
	while (undecided(hook) && sb_now_ms() < deadline)
		nap(50);
	for (size_t i = 0; i < n; i++) {
		sb_lock_release(&target[i].lock);
		if (settle(hook, &target[i], deadline) < 0)
			continue; /* the marker or the release's state says it; the reconciler goes on */
	}
	for (size_t i = 0; i < n; i++)
		if (ref_moved(hook, &target[i]))
			sb_second_run(hook, target[i].app, target[i].commit, target[i].build);
}

int sb_watch(struct sb_hook *hook, struct sb_staged_target *target, size_t n, struct sb_error *err)
{
	int *keep = sb_xcalloc(n + 6, sizeof(*keep));
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (target[i].lock.fd >= 0)
			keep[kept++] = target[i].lock.fd;
	if (hook->ancestry.receive_pack >= 0)
		keep[kept++] = hook->ancestry.receive_pack;
	keep[kept++] = hook->store.root;
	keep[kept++] = hook->store.dir;
	keep[kept] = -1;
	pid_t pid = sb_detach(keep, err);

	free(keep);
	if (pid < 0)
		return -1;
	if (pid == 0) {
		signal(SIGTERM, SIG_DFL);
		hook->log.fd = -1;
		hook->log.file = -1;
		unsetenv("GIT_OBJECT_DIRECTORY");
		unsetenv("GIT_ALTERNATE_OBJECT_DIRECTORIES");
		unsetenv("GIT_QUARANTINE_PATH");
		SB_AUTO_FREE char *path = sb_xstrdup(hook->repo.path);
		struct sb_error lost = { 0 };

		sb_repo_release(&hook->repo);
		hook->ancestry.connections = 0; /* closed by sb_detach */
		sweep(hook, target, n);
		if (sb_repo_open(&hook->repo, path, &lost) == 0)
			follow(hook, target, n);
		_exit(0);
	}
	for (size_t i = 0; i < n; i++) {
		close(target[i].lock.fd); /* the child holds it on */
		target[i].lock.fd = -1;
	}
	return 0;
}
