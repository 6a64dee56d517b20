#include "base/base.h"
#include "release/ledger.h"
#include "sys/clock.h"
#include "sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RELEASE_JSON_MAX (4 << 20) /* pieces and packages of a large app */
#define ENV_MAX (SB_CONFIG_MAX * 4)

static const char *const state_names[] = {
	[SB_PENDING] = "pending",   [SB_RELEASING] = "releasing", [SB_RELEASED] = "released",
	[SB_STARTING] = "starting", [SB_CURRENT] = "current",     [SB_SUPERSEDED] = "superseded",
	[SB_FAILED] = "failed",
};

const char *sb_release_state_name(enum sb_release_state state)
{
	return state_names[state];
}

static int state_of(enum sb_release_state *out, const char *name, struct sb_error *err)
{
	for (size_t i = 0; i < SB_COUNT(state_names); i++) {
		if (!strcmp(state_names[i], name)) {
			*out = (enum sb_release_state)i;
			return 0;
		}
	}
	return sb_fail(err, SB_EINPUT, "release.json has an unknown state \"%s\"", name);
}

int sb_release_number(const char *text)
{
	char *end = NULL;

	text += *text == 'v';
	if (*text < '1' || *text > '9')
		return 0;

	long n = strtol(text, &end, 10);

	return *end || n > INT_MAX - 1 ? 0 : (int)n;
}

int sb_release_init(struct sb_release *release, const char *kind, const char *description)
{
	char stamp[SB_STAMP_MAX];

	*release = (struct sb_release) { .facts = sb_json_new_object() };
	sb_stamp(stamp, sb_wall());
	sb_json_set_text(release->facts, "kind", kind);
	sb_json_set_text(release->facts, "description", description);
	sb_json_set_text(release->facts, "created", stamp);
	return 0;
}

void sb_release_release(struct sb_release *release)
{
	json_decref(release->facts);
	*release = (struct sb_release) { 0 };
}

char *sb_release_path(const struct sb_app *app, int number, const char *below)
{
	return sb_xasprintf("%s/releases/v%d%s%s", app->path, number, below && *below ? "/" : "",
			    below ? below : "");
}

static int by_number(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

int sb_ledger_numbers(int **out, size_t *n, const struct sb_app *app, struct sb_error *err)
{
	SB_AUTO(sb_list) names = { 0 };
	SB_AUTO_FREE int *numbers = NULL;
	size_t found = 0;

	if (sb_list_dir(&names, app->dir, "releases", err) < 0)
		return -1;
	numbers = sb_xcalloc(names.n, sizeof(*numbers));
	for (size_t i = 0; i < names.n; i++) {
		int number = names.item[i][0] == 'v' ? sb_release_number(names.item[i]) : 0;

		if (number)
			numbers[found++] = number;
	}
	qsort(numbers, found, sizeof(*numbers), by_number);
	*out = SB_STEAL(numbers);
	*n = found;
	return 0;
}

int sb_ledger_newest(const struct sb_app *app, struct sb_error *err)
{
	SB_AUTO_FREE int *numbers = NULL;
	size_t n = 0;

	if (sb_ledger_numbers(&numbers, &n, app, err) < 0)
		return -1;
	return n ? numbers[n - 1] : 0;
}

/* The highest number that was ever used: what is there, or what was there before it was pruned. */
static int highest_ever(const struct sb_app *app, int releases, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(64);
	int newest = sb_ledger_newest(app, err);

	if (newest < 0)
		return -1;
	if (sb_read_file(&text, releases, "last", err) < 0) {
		if (err->code != SB_ENOENT)
			return -1;
		*err = (struct sb_error) { 0 };
		return newest;
	}

	SB_AUTO_FREE char *word = sb_span_dup(sb_span_trim(sb_buffer_span(&text)));
	int last = sb_release_number(word);

	if (!last)
		return sb_fail(err, SB_EINPUT, "%s/releases/last holds no number", app->path);
	return last > newest ? last : newest;
}

int sb_ledger_mark(const struct sb_app *app, int number, struct sb_error *err)
{
	SB_AUTO_CLOSE int releases = sb_open_dir(app->dir, "releases", err);
	char text[32];

	if (releases < 0)
		return -1;

	int highest = highest_ever(app, releases, err);

	if (highest < 0)
		return -1;
	snprintf(text, sizeof(text), "%d\n", number > highest ? number : highest);
	return sb_write_file(releases, "last", 0640, sb_span_of(text), err);
}

static int write_release(int dir, const struct sb_release *release, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(RELEASE_JSON_MAX);

	sb_json_set_int(release->facts, "number", release->number);
	sb_json_set_text(release->facts, "state", state_names[release->state]);
	sb_json_print(&text, release->facts);
	if (text.full)
		return sb_fail(err, SB_ELIMIT, "release.json would be over %d bytes",
			       RELEASE_JSON_MAX);
	return sb_write_file(dir, "release.json", 0640, sb_buffer_span(&text), err);
}

static int write_env(int dir, const struct sb_list *vars, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(ENV_MAX);

	sb_config_print_env(&text, vars);
	if (text.full)
		return sb_fail(err, SB_ELIMIT, "too many config vars");
	return sb_write_file(dir, "env", 0600, sb_buffer_span(&text), err);
}

/* Aims at `number` and takes the first free one from there. The rename is the commit point. */
static int commit_as(struct sb_release *release, int number, int releases, const char *temp,
		     int dir, struct sb_error *err)
{
	for (;; number++) {
		char name[32];

		release->number = number;
		snprintf(name, sizeof(name), "v%d", number);
		if (write_release(dir, release, err) < 0)
			return -1;
		if (sb_rename_new(releases, temp, releases, name, err) == 0)
			return 0;
		if (err->code != SB_EAGAIN || number >= INT_MAX - 2)
			return -1;
		*err = (struct sb_error) { 0 };
	}
}

int sb_ledger_commit(struct sb_app *app, struct sb_release *release, const struct sb_list *vars,
		     struct sb_error *err)
{
	SB_AUTO_CLOSE int releases = sb_open_dir(app->dir, "releases", err);
	SB_AUTO_FREE char *temp = NULL;
	struct sb_error ignored = { 0 };
	int highest = releases < 0 ? -1 : highest_ever(app, releases, err);
	int current = highest < 0 ? -1 : sb_ledger_current(app, err);

	if (current < 0)
		return -1;
	release->state = SB_PENDING;
	if (!json_object_get(release->facts, "previous"))
		sb_json_set_take(release->facts, "previous",
				 current ? json_integer(current) : json_null());

	SB_AUTO_CLOSE int dir = sb_make_temp_dir(releases, &temp, 0750, err);

	if (dir < 0)
		return -1;
	if (sb_config_save(dir, vars, err) < 0 || write_env(dir, vars, err) < 0 ||
	    commit_as(release, highest + 1, releases, temp, dir, err) < 0) {
		(void)!sb_remove_tree(releases, temp, &ignored);
		release->number = 0;
		return -1;
	}
	/* Committed. The mark matters only once this folder is pruned, and pruning writes it first.
	 */
	(void)!sb_ledger_mark(app, release->number, &ignored);
	return 0;
}

static int open_release(const struct sb_app *app, int number, struct sb_error *err)
{
	char path[48];

	snprintf(path, sizeof(path), "releases/v%d", number);
	if (number < 1 ||
	    (faccessat(app->dir, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)) {
		sb_fail(err, SB_ENOENT, "%s has no release v%d", app->name, number);
		sb_error_fix(err, "slugbuild releases -a %s lists them", app->name);
		return -1;
	}
	return sb_open_dir(app->dir, path, err);
}

int sb_ledger_load(struct sb_release *out, const struct sb_app *app, int number,
		   struct sb_error *err)
{
	SB_AUTO(sb_release) made = { .number = number };
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(RELEASE_JSON_MAX);
	SB_AUTO_CLOSE int dir = open_release(app, number, err);

	if (dir < 0)
		return -1;
	if (sb_read_file(&text, dir, "release.json", err) < 0 ||
	    !(made.facts = sb_json_parse(sb_buffer_span(&text), err)) ||
	    state_of(&made.state, sb_json_text(made.facts, "state", ""), err) < 0)
		return sb_wrap(err, "release v%d of %s", number, app->name);
	*out = SB_STEAL(made);
	return 0;
}

int sb_ledger_save(const struct sb_app *app, const struct sb_release *release, struct sb_error *err)
{
	SB_AUTO_CLOSE int dir = open_release(app, release->number, err);

	return dir < 0 ? -1 : write_release(dir, release, err);
}

int sb_ledger_set_state(const struct sb_app *app, struct sb_release *release,
			enum sb_release_state state, const char *reason, struct sb_error *err)
{
	enum sb_release_state before = release->state;

	release->state = state;
	sb_json_set_text(release->facts, "reason", reason);
	if (sb_ledger_save(app, release, err) == 0)
		return 0;
	release->state = before;
	return -1;
}

int sb_ledger_current(const struct sb_app *app, struct sb_error *err)
{
	char target[64];
	ssize_t n = readlinkat(app->dir, "current", target, sizeof(target) - 1);

	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0)
		return sb_fail_sys(err, "read %s/current", app->path);
	target[n] = '\0';

	int number = strncmp(target, "releases/v", 10) ? 0 : sb_release_number(target + 9);

	if (!number)
		return sb_fail(err, SB_EINPUT, "%s/current points to no release: %s", app->path,
			       target);
	return number;
}

int sb_ledger_activate(const struct sb_app *app, int number, struct sb_error *err)
{
	SB_AUTO_CLOSE int dir = open_release(app, number, err);
	char target[48];

	if (dir < 0)
		return -1;
	snprintf(target, sizeof(target), "releases/v%d", number);
	return sb_swap_symlink(app->dir, "current", target, err);
}
