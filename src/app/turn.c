#include "base/base.h"
#include "app/turn.h"
#include "sys/child.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/line.h"
#include "sys/thread.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STEP_MS 100
#define TELL_MS 500

/* One wait: a line to stand in, and what its first one tries to get. */
struct wait {
	struct sb_stage *stage;
	struct sb_line line;
	const char *what; /* is written into locks */
	int64_t until;    /* of the monotonic clock */
	int64_t told_at;
	char *told;
	/* 1 got it, 0 not yet, -1 failed */
	int (*attempt)(struct wait *wait, struct sb_error *err);
	/* "the push of 1a2b3c4 (pid 812)", and for how long it has been at it. Owned. */
	char *(*holder)(const struct wait *wait, int64_t *seconds);
	int slots; /* an open folder, for the second wait */
};

static void wait_release(struct wait *wait)
{
	sb_line_release(&wait->line);
	sb_autoclose(&wait->slots);
	free(wait->told);
}

static int64_t places(const struct sb_settings *settings)
{
	return settings->max_builds ? settings->max_builds : sb_processors();
}

static int try_app(struct wait *wait, struct sb_error *err)
{
	struct sb_stage *stage = wait->stage;

	if (sb_lock_take(&stage->lock, stage->app.dir, "lock.build", wait->what, 0, NULL, NULL, err) == 0)
		return 1;
	return err->code == SB_EAGAIN ? 0 : -1;
}

static char *app_holder(const struct wait *wait, int64_t *seconds)
{
	return sb_lock_holder(wait->stage->app.dir, "lock.build", seconds);
}

static int try_slots(struct wait *wait, struct sb_error *err)
{
	int64_t n = places(&wait->stage->settings);

	for (int64_t i = 1; i <= n; i++) {
		SB_AUTO_FREE char *name = sb_xasprintf("%lld", (long long)i);

		if (sb_lock_is_taken(wait->slots, name))
			continue;
		if (sb_lock_take(&wait->stage->slot, wait->slots, name, wait->what, 0, NULL, NULL, err) == 0)
			return 1;
		if (err->code != SB_EAGAIN)
			return -1;
	}
	return 0;
}

/* The one that has been at it longest is likely to end first. */
static char *slot_holder(const struct wait *wait, int64_t *seconds)
{
	int64_t n = places(&wait->stage->settings);
	char *found = sb_xstrdup("");

	*seconds = -1;
	for (int64_t i = 1; i <= n; i++) {
		SB_AUTO_FREE char *name = sb_xasprintf("%lld", (long long)i);
		int64_t since;
		char *one = sb_lock_holder(wait->slots, name, &since);

		if (!*one || since <= *seconds) {
			free(one);
			continue;
		}
		free(found);
		found = one;
		*seconds = since;
	}
	return found;
}

static void tell(struct wait *wait, size_t ahead)
{
	int64_t seconds = 0, now = sb_now_ms();

	if (now - wait->told_at < TELL_MS)
		return;
	wait->told_at = now;
	SB_AUTO_FREE char *who = wait->holder(wait, &seconds);
	SB_AUTO_FREE char *text = sb_xasprintf("%s+%zu", who, ahead);

	if (*who && (!wait->told || strcmp(text, wait->told) != 0)) {
		sb_log_step(wait->stage->log, "Waiting for %s", who);
		sb_log_say(wait->stage->log, "It has run for %lld s.", (long long)seconds);
		if (wait->slots >= 0)
			sb_log_say(wait->stage->log, "Builds at once on this server: %lld "
						     "(slugbuild.maxBuilds).",
				   (long long)places(&wait->stage->settings));
		if (ahead)
			sb_log_say(wait->stage->log, "Others that stand before this push: %zu.", ahead);
		free(wait->told);
		wait->told = SB_STEAL(text);
	}
	sb_log_tick(wait->stage->log);
}

static int stand(struct wait *wait, struct sb_error *err)
{
	for (;;) {
		size_t ahead = sb_line_ahead(wait->line.dir, wait->line.place);
		int got = ahead ? 0 : wait->attempt(wait, err);

		if (got != 0)
			return got < 0 ? -1 : 0;
		if (sb_cancel_asked())
			return sb_fail(err, SB_ECANCEL, "cancelled: %s", sb_cancel_asked());
		if (sb_now_ms() >= wait->until)
			break;
		tell(wait, ahead);
		usleep(STEP_MS * 1000);
	}
	int64_t seconds;
	SB_AUTO_FREE char *who = wait->holder(wait, &seconds);

	sb_fail(err, SB_EAGAIN, "waited %lld s for %s, which has been at it for %lld s",
		(long long)wait->stage->settings.lock_seconds, *who ? who : "the builds before this one",
		(long long)seconds);
	sb_error_fix(err, "push again later, or slugbuild builds:cancel -a %s", wait->stage->app.name);
	return -1;
}

int sb_turn_take(struct sb_stage *stage, struct sb_error *err)
{
	SB_AUTO_FREE char *what = sb_xasprintf("the push of %.8s to %s", stage->oid, stage->app.name);
	SB_AUTO_FREE char *place = sb_xasprintf("%s~%s", stage->record.id, stage->app.name);
	int64_t until = sb_now_ms() + stage->settings.lock_seconds * 1000;
	__attribute__((cleanup(wait_release))) struct wait app = { .stage = stage,
								   .line = SB_LINE_INIT,
								   .what = what,
								   .until = until,
								   .attempt = try_app,
								   .holder = app_holder,
								   .slots = -1 };
	__attribute__((cleanup(wait_release))) struct wait slot = app;

	slot.attempt = try_slots;
	slot.holder = slot_holder;
	if (sb_line_join(&app.line, stage->app.dir, "line", stage->record.id, what, err) < 0 || stand(&app, err) < 0)
		return -1;
	sb_line_release(&app.line);
	slot.slots = sb_make_dirs_at(stage->store->root, "slots", 0750, err);
	if (slot.slots < 0 || sb_line_join(&slot.line, stage->store->root, "line", place, what, err) < 0)
		return -1;
	return stand(&slot, err);
}

static size_t position_in(int dir, const char *name, const char *place)
{
	struct sb_error ignored = { 0 };
	SB_AUTO_CLOSE int line = sb_open_dir(dir, name, &ignored);

	return line >= 0 && sb_line_has(line, place) ? sb_line_ahead(line, place) + 1 : 0;
}

size_t sb_turn_position(const struct sb_app *app, const char *build, const char **what)
{
	SB_AUTO_FREE char *place = sb_xasprintf("%s~%s", build, app->name);
	size_t position = position_in(app->dir, "line", build);

	*what = position ? app->name : "a place to build";
	return position ? position : position_in(app->store->root, "line", place);
}
