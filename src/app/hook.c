#include "base/base.h"
#include "app/hook.h"
#include "app/targets.h"
#include "sys/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_BYTES (64 << 10)

/* Options of Gitea and GitLab ("topic=…", "ci.skip") are none of our business; a misspelt one of ours is.
 * Said once: post-receive gets them again. */
static void warn_unknown(struct sb_hook *hook, const char *option)
{
	bool hosted = hook->part == SB_PART_CHECK || hook->log.gitlab;

	if (hook->part == SB_PART_DELIVER || (hosted && (strpbrk(option, "=.") || !strcmp(option, "force-push"))))
		return;
	sb_log_warn(&hook->log, "Unknown push option \"%.64s\"; known are dry-run, no-cache, verbose.", option);
}

/* Push options are a short list of their own; what they say is never printed raw. */
static void read_push_options(struct sb_hook *hook)
{
	const char *count = getenv("GIT_PUSH_OPTION_COUNT");
	long n = count ? strtol(count, NULL, 10) : 0;

	for (long i = 0; i < n && i < 64; i++) {
		SB_AUTO_FREE char *name = sb_xasprintf("GIT_PUSH_OPTION_%ld", i);
		const char *option = getenv(name);

		if (!option)
			continue;
		if (!strcmp(option, "dry-run"))
			hook->dry_run = true;
		else if (!strcmp(option, "no-cache"))
			hook->no_cache = true;
		else if (!strcmp(option, "verbose"))
			hook->verbose = true;
		else
			warn_unknown(hook, option);
	}
}

struct picker {
	struct sb_hook *hook;
	struct sb_branch_map *map;
};

/* Of 20,000 refs of a mirror one deploys: that is kept, and the branches that are named. */
static int pick(void *ctx, const struct sb_update *update, struct sb_error *err)
{
	const struct picker *picker = ctx;
	struct sb_hook *hook = picker->hook;

	if (sb_branch_map_has(picker->map, update->ref)) {
		if (++hook->deploying <= SB_DEPLOY_MAX)
			return 1;
		sb_fail(err, SB_EREFUSED, "over %d refs of this push would deploy", SB_DEPLOY_MAX);
		sb_error_fix(err, "push them in parts, or narrow slugbuild.branch on the server");
		return -1;
	}
	if (strncmp(update->ref, "refs/heads/", 11) != 0 || update->kind == SB_UPDATE_DELETE)
		return 0;
	return ++hook->others <= SB_NAMED_MAX;
}

static int read_stdin(struct sb_push *push, struct sb_error *err)
{
	SB_AUTO_FREE char *part = sb_xcalloc(1, PART_BYTES);
	ssize_t n;

	do {
		n = read(STDIN_FILENO, part, PART_BYTES);
		if (n > 0 && sb_push_feed(push, (struct sb_span) { part, (size_t)n }, err) < 0)
			return -1;
	} while (n > 0 || (n < 0 && errno == EINTR && !sb_cancel_asked()));
	if (n < 0)
		return sb_fail_sys(err, "the push");
	return sb_push_end(push, err);
}

static int read_push(struct sb_hook *hook, const char *const *line, struct sb_error *err)
{
	struct picker picker = { hook, sb_branch_map_new(&hook->settings, hook->head) };
	SB_AUTO_FREE char *text = line ? sb_xasprintf("%s %s %s\n", line[1], line[2], line[0]) : NULL;
	int done;

	hook->push.keep = pick;
	hook->push.ctx = &picker;
	if (!line)
		done = read_stdin(&hook->push, err);
	else
		done = sb_push_feed(&hook->push, sb_span_of(text), err) < 0 ? -1 : sb_push_end(&hook->push, err);
	sb_branch_map_free(picker.map);
	hook->push.keep = NULL;
	if (done == 0 && line && hook->push.lines != 1)
		return sb_fail(err, SB_EINPUT, "not one ref");
	return done;
}

/*
 * Gitea: a wiki's repository, and the pushes to refs/pull that it makes without a check of its own.
 * GitLab: only "project-N" is a project's own repository; wikis, designs and snippets run the
 * global hooks too.
 */
bool sb_hook_aside(void)
{
	const char *wiki = getenv("GITEA_REPO_IS_WIKI"), *internal = getenv("GITEA_INTERNAL_PUSH");
	const char *gitlab = getenv("GL_REPOSITORY");

	return (wiki && !strcmp(wiki, "true")) || (internal && !strcmp(internal, "true")) ||
	       (gitlab && strncmp(gitlab, "project-", 8) != 0);
}

int sb_hook_begin(struct sb_hook *hook, enum sb_part part, const char *const *line, struct sb_error *err)
{
	const char *objects = getenv("GIT_OBJECT_DIRECTORY");

	*hook = (struct sb_hook) { .log = SB_LOG_INIT, .store = SB_STORE_INIT, .ancestry = SB_ANCESTRY_INIT };
	hook->part = part;
	hook->log.fd = STDERR_FILENO;
	hook->log.gitlab = getenv("GL_REPOSITORY") != NULL;
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	sb_ancestry_find(&hook->ancestry);
	if (objects && getenv("GIT_ALTERNATE_OBJECT_DIRECTORIES"))
		hook->object_dir = realpath(objects, NULL);
	if (sb_repo_open(&hook->repo, NULL, err) < 0 || sb_repo_settings(&hook->settings, &hook->repo, err) < 0 ||
	    sb_repo_head(&hook->repo, hook->head, err) < 0 || read_push(hook, line, err) < 0)
		return -1;
	hook->log.stall_ms = hook->settings.stall_seconds * 1000;
	hook->log.colour = hook->settings.log_colour;
	read_push_options(hook);
	return 0;
}

/* A target that an earlier one of the same app makes needless: 1; 0 it stands alone. */
static int is_said(const struct sb_targets *targets, size_t n, struct sb_hook *hook, bool refuse,
		   struct sb_error *err)
{
	const struct sb_target *late = &targets->item[n], *first = NULL;
	struct sb_commit one, other;

	for (size_t i = 0; i < n && !first; i++)
		first = strcmp(targets->item[i].app, late->app) ? NULL : &targets->item[i];
	if (!first)
		return 0;
	if (sb_repo_commit(&hook->repo, first->update->new_oid, &one, err) < 0 ||
	    sb_repo_commit(&hook->repo, late->update->new_oid, &other, err) < 0)
		return -1;
	if (!strcmp(one.oid, other.oid))
		return 1;
	if (!refuse)
		return 0;
	sb_fail(err, SB_EREFUSED, "%s and %s deploy %s, and hold different commits", sb_short_ref(first->update->ref),
		sb_short_ref(late->update->ref), late->app);
	sb_error_fix(err, "push them one after the other; the last one is what runs");
	return -1;
}

int sb_hook_targets(struct sb_targets *out, struct sb_hook *hook, bool refuse, struct sb_error *err)
{
	sb_targets_find(out, &hook->push, &hook->settings, hook->head);
	for (size_t i = 1; i < out->n;) {
		int said = is_said(out, i, hook, refuse, err);

		if (said < 0)
			return -1;
		if (said)
			sb_targets_drop(out, i);
		else
			i++;
	}
	return 0;
}

void sb_hook_release(struct sb_hook *hook)
{
	sb_push_release(&hook->push);
	sb_repo_release(&hook->repo);
	sb_settings_release(&hook->settings);
	sb_store_release(&hook->store);
	sb_ancestry_release(&hook->ancestry);
	sb_log_release(&hook->log);
	json_decref(hook->note);
	free(hook->object_dir);
}
