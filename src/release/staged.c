#include "base/base.h"
#include "release/staged.h"
#include "sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAGED_MAX (4 << 20)
#define HEX "0123456789abcdef"

static bool is_commit(struct sb_span name)
{
	return (name.n == 40 || name.n == SB_OID_MAX) && sb_span_all(name, HEX);
}

static int open_staged(const struct sb_app *app, const char *commit, struct sb_error *err)
{
	if (commit && !is_commit(sb_span_of(commit)))
		return sb_fail(err, SB_EINPUT, "\"%s\" is no commit's id", commit);
	return sb_open_dir(app->dir, "staged", err);
}

int sb_staged_write(const struct sb_app *app, const struct sb_staged *staged, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(STAGED_MAX);
	SB_AUTO_FREE char *name = sb_xasprintf("%s.json", staged->commit);
	SB_AUTO_CLOSE int dir = open_staged(app, staged->commit, err);

	if (dir < 0)
		return -1;
	sb_json_set_text(staged->facts, "commit", staged->commit);
	sb_json_print(&text, staged->facts);
	if (text.full)
		return sb_fail(err, SB_ELIMIT, "the marker of %s would be over %d bytes",
			       staged->commit, STAGED_MAX);
	return sb_write_file(dir, name, 0640, sb_buffer_span(&text), err);
}

int sb_staged_load(struct sb_staged *out, const struct sb_app *app, const char *commit,
		   struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(STAGED_MAX);
	SB_AUTO(sb_staged) made = { 0 };
	SB_AUTO_FREE char *name = sb_xasprintf("%s.json", commit);
	SB_AUTO_CLOSE int dir = open_staged(app, commit, err);

	if (dir < 0)
		return -1;
	if (sb_read_file(&text, dir, name, err) < 0)
		return err->code == SB_ENOENT ? sb_fail(err, SB_ENOENT, "%s is not staged for %s",
							commit, app->name)
					      : -1;
	made.facts = sb_json_parse(sb_buffer_span(&text), err);
	if (!made.facts)
		return sb_wrap(err, "the marker of %s", commit);
	if (strcmp(sb_json_text(made.facts, "commit", ""), commit))
		return sb_fail(err, SB_EINPUT, "the marker of %s speaks of another commit", commit);
	sb_span_copy(made.commit, sizeof(made.commit), sb_span_of(commit));
	*out = SB_STEAL(made);
	return 0;
}

int sb_staged_list(struct sb_list *out, const struct sb_app *app, struct sb_error *err)
{
	SB_AUTO(sb_list) names = { 0 };

	if (sb_list_dir(&names, app->dir, "staged", err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		struct sb_span name = sb_span_of(names.item[i]);

		if (!sb_span_ends(name, ".json"))
			continue;
		name.n -= 5;
		if (is_commit(name))
			sb_list_add_take(out, sb_span_dup(name));
	}
	return 0;
}

static bool app_names_slug(const struct sb_app *app, const char *sha256)
{
	SB_AUTO(sb_list) commits = { 0 };
	struct sb_error ignored = { 0 };

	if (sb_staged_list(&commits, app, &ignored) < 0)
		return true;
	for (size_t i = 0; i < commits.n; i++) {
		SB_AUTO(sb_staged) staged = { 0 };

		if (sb_staged_load(&staged, app, commits.item[i], &ignored) == 0 &&
		    !strcmp(sb_json_text(staged.facts, "slug.sha256", ""), sha256))
			return true;
	}
	return false;
}

/* Another push, of whatever app, that made the same bytes and waits for its ref. */
static bool is_named(const struct sb_app *app, const char *sha256)
{
	SB_AUTO(sb_list) names = { 0 };
	struct sb_error ignored = { 0 };
	bool named = sb_apps_list(&names, app->store, &ignored) < 0;

	for (size_t i = 0; i < names.n && !named; i++) {
		SB_AUTO(sb_app) other = SB_APP_INIT;

		named = sb_app_open(&other, app->store, names.item[i], &ignored) < 0 || app_names_slug(&other, sha256);
	}
	return named;
}

/*
 * The slug of a marker that is gone, where it was not published. One that was put there after the
 * marker is of a push whose own marker may not be written yet: gc knows better later.
 */
static void drop_slug(const struct sb_app *app, const char *sha256, const struct stat *marker)
{
	SB_AUTO_FREE char *name = sb_xasprintf("tmp/%s.tar.gz", sha256);
	struct stat slug;

	if (fstatat(app->store->dir, name, &slug, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (slug.st_ctim.tv_sec < marker->st_mtim.tv_sec ||
	     (slug.st_ctim.tv_sec == marker->st_mtim.tv_sec && slug.st_ctim.tv_nsec <= marker->st_mtim.tv_nsec)) &&
	    !is_named(app, sha256))
		unlinkat(app->store->dir, name, 0);
}

void sb_staged_forsake(const struct sb_app *app, const char *sha256, const struct stat *slug)
{
	struct stat then = { .st_mtim = slug->st_ctim };

	drop_slug(app, sha256, &then);
}

int sb_staged_drop(const struct sb_app *app, const char *commit, struct sb_error *err)
{
	SB_AUTO_FREE char *name = sb_xasprintf("%s.json", commit);
	SB_AUTO_CLOSE int dir = open_staged(app, commit, err);
	SB_AUTO(sb_staged) staged = { 0 };
	struct sb_error unread = { 0 };
	struct stat marker;

	if (dir < 0)
		return -1;
	bool known = fstatat(dir, name, &marker, AT_SYMLINK_NOFOLLOW) == 0 &&
		     sb_staged_load(&staged, app, commit, &unread) == 0;

	if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
		return sb_fail_sys(err, "remove the marker of %s", commit);
	if (known)
		drop_slug(app, sb_json_text(staged.facts, "slug.sha256", ""), &marker);
	return sb_sync_dir(dir, err);
}

void sb_staged_release(struct sb_staged *staged)
{
	json_decref(staged->facts);
	*staged = (struct sb_staged) { 0 };
}
