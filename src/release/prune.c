#include "base/base.h"
#include "release/gc.h"
#include "release/ledger.h"
#include "sys/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GONE ".tmp-gone-" /* a release that is to be removed; swept where nobody came to it */

/* The releases to remove, newest first in the walk: each kind has its own count of those kept. */
static int choose(int *out, size_t *n, const int *numbers, size_t count, const struct sb_app *app,
		  int64_t keep, struct sb_error *err)
{
	int current = sb_ledger_current(app, err);
	int64_t live = 0, failed = 0;

	if (current < 0)
		return -1;
	for (size_t i = count; i-- > 0;) {
		SB_AUTO(sb_release) release = { 0 };

		if (sb_ledger_load(&release, app, numbers[i], err) < 0)
			return -1;

		bool ended = release.state == SB_SUPERSEDED || release.state == SB_FAILED ||
			     release.state == SB_CURRENT;
		int64_t *of_kind = release.state == SB_FAILED ? &failed : &live;

		/* The newest one stays whatever it is: its folder holds the highest number. */
		if (!ended || numbers[i] == current || i == count - 1) {
			*of_kind += ended;
			continue;
		}
		if (*of_kind < keep)
			++*of_kind;
		else
			out[(*n)++] = numbers[i];
	}
	return 0;
}

int sb_prunable_releases(int **out, size_t *n, const struct sb_app *app, int64_t keep,
			 struct sb_error *err)
{
	SB_AUTO_FREE int *numbers = NULL;
	size_t count = 0, chosen = 0;

	if (sb_ledger_numbers(&numbers, &count, app, err) < 0)
		return -1;

	SB_AUTO_FREE int *list = sb_xcalloc(count, sizeof(*list));

	if (choose(list, &chosen, numbers, count, app, keep < 1 ? 1 : keep, err) < 0)
		return -1;
	*out = SB_STEAL(list);
	*n = chosen;
	return 0;
}

int sb_retire_releases(const struct sb_app *app, int64_t keep, struct sb_error *err)
{
	SB_AUTO_FREE int *list = NULL;
	SB_AUTO_CLOSE int releases = sb_open_dir(app->dir, "releases", err);
	size_t n = 0;

	if (releases < 0 || sb_prunable_releases(&list, &n, app, keep, err) < 0)
		return -1;
	/* The mark first: a number stays used when its folder is gone. */
	if (n && sb_ledger_mark(app, list[0], err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		char name[32], gone[48];

		snprintf(name, sizeof(name), "v%d", list[i]);
		snprintf(gone, sizeof(gone), GONE "v%d", list[i]);
		/* Gone in one step: no reader meets half a release. */
		if (renameat(releases, name, releases, gone) < 0)
			return sb_fail_sys(err, "remove %s of %s", name, app->name);
	}
	return (int)n;
}

int sb_remove_retired(const struct sb_app *app, struct sb_error *err)
{
	SB_AUTO_CLOSE int releases = sb_open_dir(app->dir, "releases", err);
	SB_AUTO(sb_list) names = { 0 };

	if (releases < 0 || sb_list_dir(&names, releases, ".", err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (!strncmp(names.item[i], GONE, strlen(GONE)) &&
		    sb_remove_tree(releases, names.item[i], err) < 0)
			return sb_wrap(err, "remove releases of %s", app->name);
	return 0;
}

int sb_prune_releases(const struct sb_app *app, int64_t keep, struct sb_error *err)
{
	return sb_retire_releases(app, keep, err) < 0 ? -1 : sb_remove_retired(app, err);
}
