#include "base/base.h"
#include "app/activate.h"
#include "app/reconcile.h"
#include "app/stage.h"
#include "app/targets.h"
#include "app/turn.h"
#include "release/staged.h"
#include "sys/child.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/process.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void sb_stage_release(struct sb_stage *stage)
{
	sb_produce_release(&stage->make);
	sb_build_record_release(&stage->record);
	sb_list_release(&stage->config);
	sb_lock_release(&stage->lock);
	sb_lock_release(&stage->slot);
	sb_app_release(&stage->app);
	sb_settings_release(&stage->settings);
	sb_autoclose(&stage->tmp);
	free(stage->name);
	free(stage->work);
}

/* The tree that the newest release was made from. */
static void find_known(struct sb_stage *stage)
{
	SB_AUTO(sb_release) release = { 0 };
	struct sb_error unseen = { 0 };
	int number = sb_ledger_newest(&stage->app, &unseen);
	const char *tree = NULL;

	if (number > 0 && sb_ledger_load(&release, &stage->app, number, &unseen) == 0)
		tree = sb_json_text(release.facts, "tree", NULL);
	if (tree && strlen(tree) <= SB_OID_MAX)
		sb_span_copy(stage->make.known, sizeof(stage->make.known), sb_span_of(tree));
}

int sb_stage_preview(struct sb_stage *stage, const struct sb_settings *all, const char *app,
		     struct sb_error *err)
{
	stage->app = (struct sb_app) SB_APP_INIT;
	stage->record = (struct sb_build_record) SB_BUILD_RECORD_INIT;
	stage->lock = stage->slot = (struct sb_lock) SB_LOCK_INIT;
	stage->tmp = -1;
	if (sb_settings_for_app(&stage->settings, all, app, err) < 0)
		return -1;
	stage->make = (struct sb_produce) { .settings = &stage->settings,
					    .log = stage->log,
					    .repo = stage->repo,
					    .app = app,
					    .oid = stage->oid,
					    .only_static = true,
					    .old = stage->old };
	return 0;
}

int sb_stage_open(struct sb_stage *stage, const struct sb_settings *all, const char *app, struct sb_error *err)
{
	if (sb_stage_preview(stage, all, app, err) < 0 ||
	    sb_app_open(&stage->app, stage->store, app, err) < 0 ||
	    sb_config_load(&stage->config, stage->app.dir, err) < 0)
		return -1;
	stage->make.app = stage->app.name;
	stage->make.store = stage->store;
	stage->make.config = &stage->config;
	stage->make.config_known = true;
	stage->make.only_static = false;
	find_known(stage);
	return 0;
}

int sb_unchanged_since(const struct sb_app *app, const struct sb_settings *settings, struct sb_repo *repo,
		       const char *oid)
{
	SB_AUTO(sb_release) release = { 0 };
	struct sb_error ignored = { 0 };
	struct sb_commit commit;
	char tree[SB_OID_MAX + 1];
	int current = sb_ledger_current(app, &ignored);

	if (!*settings->path || current < 1 || sb_ledger_load(&release, app, current, &ignored) < 0 ||
	    sb_repo_commit(repo, oid, &commit, &ignored) < 0 ||
	    sb_app_tree(tree, repo, commit.tree, settings, &ignored) < 0)
		return 0;
	return strcmp(sb_json_text(release.facts, "pushed_tree", ""), tree) ? 0 : current;
}

bool sb_stage_forward(const struct sb_stage *stage)
{
	return !stage->old || !*stage->old || sb_repo_descends(stage->repo, stage->oid, stage->old);
}

/* After the wait the ref must still hold what git told us, or the push would lose to it anyway. */
static int recheck_old(struct sb_stage *stage, struct sb_error *err)
{
	char held[SB_OID_MAX + 1];

	if (!stage->old || strncmp(stage->ref, "refs/heads/", 11) != 0)
		return 0; /* a tag's ref holds the tag, not the commit it peels to */
	if (sb_repo_ref(stage->repo, stage->ref, held, err) < 0)
		return -1;
	if (!strcmp(held, stage->old))
		return 0;
	sb_fail(err, SB_EAGAIN, "%s has moved while this push waited", stage->ref + 11);
	sb_error_fix(err, "git pull, then push again");
	return -1;
}

static const char *why_cancel(void *ctx)
{
	struct sb_stage *stage = ctx;

	sb_log_tick(stage->log); /* where no child runs, this is asked all the same */
	/* Gitea kills git, and nothing between it and us. */
	if (stage->ancestry && sb_pidfd_ended(stage->ancestry->receive_pack))
		return "git has ended, and no ref can move any more";
	if (stage->settings.on_disconnect == SB_CANCEL && stage->ancestry && sb_client_gone(stage->ancestry))
		return "the client is gone";
	if (stage->record.dir >= 0 && sb_build_cancel_asked(&stage->record))
		return "builds:cancel";
	return NULL;
}

char *sb_stage_last_python(const struct sb_app *app)
{
	SB_AUTO(sb_release) release = { 0 };
	struct sb_error err = { 0 };
	int number = sb_ledger_newest(app, &err);

	if (number < 1 || sb_ledger_load(&release, app, number, &err) < 0)
		return NULL;
	const char *version = sb_json_text(release.facts, "runtime.python", NULL);
	const char *dot = version ? strchr(version, '.') : NULL;
	const char *second = dot ? strchr(dot + 1, '.') : NULL;

	return second ? sb_span_dup((struct sb_span) { version, (size_t)(second - version) }) : NULL;
}

/* The commit that runs now, or NULL. Owned. */
static char *current_commit(const struct sb_app *app)
{
	SB_AUTO(sb_release) release = { 0 };
	struct sb_error err = { 0 };
	int number = sb_ledger_current(app, &err);

	if (number < 1 || sb_ledger_load(&release, app, number, &err) < 0)
		return NULL;
	const char *commit = sb_json_text(release.facts, "commit", NULL);

	return commit ? sb_xstrdup(commit) : NULL;
}

static int write_marker(struct sb_stage *stage, struct sb_error *err)
{
	SB_AUTO(sb_staged) staged = { 0 };
	json_t *added = sb_json_new_object();

	memcpy(staged.commit, stage->make.commit.oid, sizeof(staged.commit));
	staged.facts = json_incref(stage->make.facts);
	sb_json_set_text(staged.facts, "ref", stage->ref);
	sb_json_set_text(staged.facts, "old", stage->old && *stage->old ? stage->old : NULL);
	sb_json_set_flag(staged.facts, "forced", !sb_stage_forward(stage));
	sb_json_set_text(staged.facts, "build", stage->record.id);
	sb_json_set_int(staged.facts, "staged_at", sb_wall());
	for (size_t i = 0; i < stage->make.env_added.n; i++) {
		const char *pair = stage->make.env_added.item[i], *equals = strchr(pair, '=');
		SB_AUTO_FREE char *name = sb_span_dup((struct sb_span) { pair, (size_t)(equals - pair) });

		sb_json_set_text(added, name, equals + 1);
	}
	sb_json_set_take(staged.facts, "env_added", added);
	return sb_staged_write(&stage->app, &staged, err);
}

/* What a killed build of this app left: we hold its lock, so nobody is at it. */
static int sweep_former(struct sb_stage *stage, struct sb_error *err)
{
	SB_AUTO_FREE char *prefix = sb_xasprintf(".tmp-%s~", stage->app.name);
	SB_AUTO(sb_list) names = { 0 };

	stage->work = sb_xasprintf("%s/work", stage->app.path);
	stage->make.work = stage->work;
	SB_AUTO_CLOSE int work = sb_make_dirs(stage->work, 0755, err);

	if (work < 0 || sb_list_dir(&names, stage->tmp, ".", err) < 0)
		return -1;
	sb_sweep(work, 0);
	sb_sweep_below(stage->app.dir, "staged", 0); /* markers are written under this lock only */
	for (size_t i = 0; i < names.n; i++)
		if (!strncmp(names.item[i], prefix, strlen(prefix)))
			unlinkat(stage->tmp, names.item[i], 0);
	return 0;
}

/* The slug under its own name, the marker that says so, the state; or none of them. */
static int put_up(struct sb_stage *stage, struct sb_error *err)
{
	const char *sha256 = stage->make.slug.sha256;
	SB_AUTO_FREE char *file = sb_xasprintf("%s.tar.gz", sha256);
	struct sb_error late = { 0 };
	struct stat own = { 0 }, slug = { 0 };

	if (fstatat(stage->tmp, stage->name, &own, AT_SYMLINK_NOFOLLOW) < 0)
		return sb_fail_sys(err, "the slug that was made");
	int done = sb_store_stage_slug(stage->store, stage->name, sha256, err);

	if (fstatat(stage->tmp, file, &slug, AT_SYMLINK_NOFOLLOW) < 0 || slug.st_ino != own.st_ino)
		slug = (struct stat) { 0 }; /* not ours: left alone */
	if (done == 0)
		done = write_marker(stage, err);
	if (done == 0)
		done = sb_build_record_state(&stage->record, "staged", NULL, err);
	if (done == 0)
		return 0;
	if (sb_staged_drop(&stage->app, stage->make.commit.oid, &late) < 0)
		sb_log_warn(stage->log, "%s", late.text);
	sb_staged_forsake(&stage->app, sha256, &slug);
	return -1;
}

static int build_one(struct sb_stage *stage, struct sb_error *err)
{
	SB_AUTO_FREE char *python = sb_stage_last_python(&stage->app);
	SB_AUTO_FREE char *current = current_commit(&stage->app);

	sb_log_step(stage->log, "Building %s from %s, %.8s", stage->app.name,
		    sb_short_ref(stage->ref), stage->make.commit.oid);
	if (sb_turn_take(stage, err) < 0 || recheck_old(stage, err) < 0 ||
	    sb_build_record_state(&stage->record, "building", NULL, err) < 0)
		return -1;
	stage->tmp = sb_make_dirs_at(stage->store->dir, "tmp", 0755, err);
	if (stage->tmp < 0)
		return -1;
	if (sweep_former(stage, err) < 0)
		return -1;
	stage->name = sb_xasprintf(".tmp-%s~%s.tar.gz", stage->app.name, stage->record.id);
	stage->make.dir = stage->tmp;
	stage->make.name = stage->name;
	stage->make.last_python = python;
	stage->make.current = current;
	if (sb_produce_slug(&stage->make, err) < 0)
		return -1;
	sb_build_note_timings(&stage->record, "timings", &stage->make.timings);
	const char *why = sb_cancel_asked();

	if (why)
		return sb_fail(err, SB_ECANCEL, "cancelled: %s", why);
	return put_up(stage, err);
}

static void say_timings(struct sb_stage *stage)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(1 << 16);
	struct sb_span rest, line;

	sb_timings_print(&text, &stage->make.timings);
	rest = sb_buffer_span(&text);
	sb_log_step(stage->log, "Where the time went");
	while (sb_span_cut(&rest, '\n', &line))
		sb_log_line(stage->log, line);
}

/* Of a build that no watcher comes behind. */
static void sweep_own(const struct sb_stage *stage)
{
	if (stage->work)
		sb_sweep_below(AT_FDCWD, stage->work, 0);
}

int sb_stage_build(struct sb_stage *stage, struct sb_error *err)
{
	struct sb_activate way = { .app = &stage->app, .settings = &stage->settings, .log = stage->log };
	struct sb_error late = { 0 };

	if (sb_reconcile(&way, stage->repo, &late) < 0)
		sb_log_warn(stage->log, "%s", late.text);
	if (sb_config_load(&stage->config, stage->app.dir, err) < 0)
		return -1;
	sb_mask_vars(stage->log, &stage->config);
	if (sb_build_record_open(&stage->record, &stage->app, stage->make.commit.oid, stage->ref,
				 err) < 0)
		return -1;
	stage->log->file = stage->record.log;
	sb_cancel_also(why_cancel, stage);
	int done = build_one(stage, err);

	sb_cancel_also(NULL, NULL);
	sb_lock_release(&stage->slot);
	if (stage->make.verbose)
		say_timings(stage);
	if (done < 0) {
		sweep_own(stage);
		sb_build_note_timings(&stage->record, "timings", &stage->make.timings);
		sb_log_fail(stage->log, err, stage->record.id);
		if (sb_build_record_state(&stage->record, err->code == SB_ECANCEL ? "cancelled" : "failed",
					  err->text, &late) < 0)
			sb_log_warn(stage->log, "%s", late.text);
		if (stage->tmp >= 0 && stage->name)
			unlinkat(stage->tmp, stage->name, 0);
		err->text[0] = '\0'; /* it was shown with its build */
	}
	stage->log->file = -1;
	return done;
}

void sb_stage_undo(struct sb_stage *stage, const char *why)
{
	struct sb_error err = { 0 };

	sweep_own(stage);
	if (sb_staged_drop(&stage->app, stage->make.commit.oid, &err) < 0 ||
	    sb_build_record_state(&stage->record, "refused", why, &err) < 0)
		sb_log_warn(stage->log, "%s", err.text);
}
