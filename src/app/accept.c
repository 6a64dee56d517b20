#include "base/base.h"
#include "app/hook.h"
#include "app/note.h"
#include "app/stage.h"
#include "app/targets.h"
#include "app/watcher.h"
#include "release/staged.h"
#include "sys/child.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

/* The static rules for every target, before anything else happens. */
static int check_all(struct sb_hook *hook, const struct sb_targets *targets, struct sb_stage *stage,
		     struct sb_error *err)
{
	bool refused = false;

	for (size_t i = 0; i < targets->n; i++) {
		struct sb_produce *make = &stage[i].make;

		/* What pre-receive has said already is not said again. */
		make->static_told = sb_note_has(hook, targets->item[i].app, targets->item[i].update);
		if (sb_produce_check(make, err) < 0)
			return targets->n > 1 || strncmp(stage[i].ref, "refs/heads/", 11) ? sb_wrap(err, "%s", stage[i].ref)
										 : -1;
		struct sb_findings rest = sb_findings_after(&make->findings, make->static_told ? make->static_findings : 0);

		if (rest.n)
			sb_log_findings(make->log, &rest);
		refused |= make->findings.errors > 0;
	}
	if (!refused)
		return 0;
	return sb_fail(err, SB_EREFUSED, "Push rejected: the files above must be mended first.");
}

static int refuse_early(struct sb_stage *stage, struct sb_error *err)
{
	if (stage->settings.force == SB_REFUSE && !sb_stage_forward(stage)) {
		sb_fail(err, SB_EREFUSED, "a forced push to %s is refused here", sb_short_ref(stage->ref));
		sb_error_fix(err, "git pull --rebase, or slugbuild.force = allow on the server");
		return -1;
	}
	if (sb_repo_lacks_parents(stage->repo, stage->oid)) {
		sb_fail(err, SB_EREFUSED, "the push comes from a shallow clone and lacks its parent commits");
		sb_error_fix(err, "git fetch --unshallow (in CI: fetch-depth: 0), then push again");
		return -1;
	}
	return 0;
}

static int hand_to_watcher(struct sb_hook *hook, struct sb_stage *stage, size_t n, struct sb_error *err)
{
	struct sb_staged_target *target = sb_xcalloc(n, sizeof(*target));

	for (size_t i = 0; i < n; i++) {
		target[i] = (struct sb_staged_target) { stage[i].app.name, stage[i].ref,
							stage[i].make.commit.oid,
							stage[i].record.id, stage[i].lock };
		stage[i].lock.fd = -1;
	}
	int done = sb_watch(hook, target, n, err);

	free(target);
	return done;
}

static int open_stage(struct sb_stage *stage, struct sb_hook *hook, const struct sb_target *target,
		      struct sb_error *err)
{
	const struct sb_update *update = target->update;

	stage->log = &hook->log;
	stage->repo = &hook->repo;
	stage->store = &hook->store;
	stage->ref = update->ref;
	stage->oid = update->new_oid;
	stage->old = update->kind == SB_UPDATE_CREATE ? "" : update->old_oid;
	stage->ancestry = &hook->ancestry;
	if ((hook->part == SB_PART_CHECK ? sb_stage_preview : sb_stage_open)(stage, &hook->settings,
									     target->app, err) < 0)
		return -1;
	stage->make.no_cache = hook->no_cache;
	stage->make.verbose = hook->verbose;
	stage->make.followed = true; /* by the watcher */
	return refuse_early(stage, err);
}

/* Of two refs of one app the first was built already, by the same push: they hold one commit. */
static bool built_before(const struct sb_hook *hook, const struct sb_stage *stage)
{
	SB_AUTO(sb_staged) staged = { 0 };
	struct sb_error none = { 0 };

	return sb_note_refs(hook, stage->app.name) > 1 &&
	       sb_staged_load(&staged, &stage->app, stage->make.commit.oid, &none) == 0;
}

/* Of several apps in one repository only those whose folder changed go on. */
static int open_stages(struct sb_hook *hook, struct sb_targets *targets, struct sb_stage *stage, struct sb_error *err)
{
	for (size_t i = 0; i < targets->n;) {
		if (open_stage(&stage[i], hook, &targets->item[i], err) < 0)
			return -1;
		int since = hook->no_cache ? 0 : sb_unchanged_since(&stage[i].app, &stage[i].settings, &hook->repo,
								    stage[i].oid);

		if (!since) {
			i++;
			continue;
		}
		if (hook->part != SB_PART_BUILD)
			sb_log_step(&hook->log, "%s: unchanged since v%d: not built", stage[i].app.name, since);
		sb_stage_release(&stage[i]);
		stage[i] = (struct sb_stage)SB_STAGE_INIT;
		sb_targets_drop(targets, i);
	}
	return 0;
}

static int accept_targets(struct sb_hook *hook, struct sb_targets *targets, struct sb_stage *stage,
			  struct sb_error *err)
{
	if (sb_store_open(&hook->store, &hook->settings, err) < 0)
		return -1;
	hook->store.log = &hook->log;
	if (hook->part == SB_PART_BUILD)
		sb_note_read(hook);
	if (open_stages(hook, targets, stage, err) < 0)
		return -1;
	if (!targets->n)
		return hook->dry_run ? sb_fail(err, SB_EREFUSED, "Dry run, as asked by push option.") : 0;
	if (check_all(hook, targets, stage, err) < 0)
		return -1;
	if (hook->dry_run) {
		sb_log_say(&hook->log, "Dry run: the files are fine; nothing was built and nothing moves.");
		return sb_fail(err, SB_EREFUSED, "Dry run, as asked by push option.");
	}
	if (hook->part == SB_PART_CHECK)
		return sb_note_write(hook, err);
	for (size_t i = 0; i < targets->n; i++) {
		if (built_before(hook, &stage[i]) || sb_stage_build(&stage[i], err) == 0)
			continue;
		/* The push is one verdict: those staged before are taken back. */
		for (size_t k = 0; k < i; k++)
			sb_stage_undo(&stage[k], "another app of this push failed");
		return -1;
	}
	return hand_to_watcher(hook, stage, targets->n, err);
}

/* What would have deployed: the command, or the patterns where no branch does. */
static void say_other(struct sb_hook *hook, const char *pushed, const char *app, const char *ref)
{
	const char *patterns = *hook->settings.branch ? hook->settings.branch : "no branch";

	if (ref)
		sb_log_warn(&hook->log, "Pushed to %s: nothing is deployed. %s deploys from %s: "
					"git push REMOTE %s:%s",
			    pushed, app, sb_short_ref(ref), pushed, sb_short_ref(ref));
	else
		sb_log_warn(&hook->log, "Pushed to %s: nothing is deployed. %s deploys from %s.", pushed, app,
			    patterns);
}

/* Loud about what does not deploy; quiet about tags and what hosts keep for themselves. */
static void say_unmapped(struct sb_hook *hook)
{
	const char *app = *hook->settings.app ? hook->settings.app : "the app";
	SB_AUTO_FREE char *ref = sb_deploy_ref(&hook->settings, hook->head, app);

	/* Global hooks are run for every repository of a GitLab. */
	if (!ref && hook->log.gitlab && !*hook->settings.app)
		return;

	for (size_t i = 0; i < hook->push.n; i++) {
		const struct sb_update *update = &hook->push.update[i];

		if (strncmp(update->ref, "refs/heads/", 11) != 0)
			continue;
		bool deploys = sb_ref_deploys(&hook->settings, hook->head, update->ref);

		if (update->kind == SB_UPDATE_DELETE && deploys)
			sb_log_warn(&hook->log, "Deleting %s deploys nothing; %s keeps its current release.",
				    sb_short_ref(update->ref), app);
		if (!deploys)
			say_other(hook, sb_short_ref(update->ref), app, ref);
	}
	if (hook->others > SB_NAMED_MAX)
		sb_log_warn(&hook->log, "And to %zu more branches: nothing is deployed.",
			    hook->others - SB_NAMED_MAX);
}

static int accept(struct sb_hook *hook, struct sb_error *err)
{
	SB_AUTO(sb_targets) targets = { 0 };

	if (hook->part != SB_PART_BUILD)
		say_unmapped(hook);
	if (sb_hook_targets(&targets, hook, true, err) < 0)
		return -1;
	if (!targets.n)
		return 0;
	struct sb_stage *stage = sb_xcalloc(targets.n, sizeof(*stage));

	for (size_t i = 0; i < targets.n; i++)
		stage[i] = (struct sb_stage)SB_STAGE_INIT;
	int done = accept_targets(hook, &targets, stage, err);

	for (size_t i = 0; i < targets.n; i++)
		sb_stage_release(&stage[i]);
	free(stage);
	return done;
}

int sb_accept(enum sb_part part, const char *const *line)
{
	struct sb_hook hook;
	struct sb_error err = { 0 };

	if (sb_hook_aside())
		return 0;

	/* Killed with receive-pack: no ref would move any more. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sb_cancel_on_signals();
	int done = sb_hook_begin(&hook, part, line, &err);

	if (done == 0)
		done = accept(&hook, &err);
	if (done < 0 && *err.text)
		sb_log_fail(&hook.log, &err, NULL);
	sb_hook_release(&hook);
	return done < 0 ? sb_exit_status(err.code) : 0;
}
