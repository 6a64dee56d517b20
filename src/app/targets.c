#include "base/base.h"
#include "app/targets.h"
#include "base/list.h"

#include <stdlib.h>
#include <string.h>

/* The map as pairs: names->item[i] deploys apps->item[i]. */
struct sb_branch_map {
	struct sb_list refs, apps;
};

static void map_release(struct sb_branch_map *map)
{
	sb_list_release(&map->refs);
	sb_list_release(&map->apps);
}

static void map_add(struct sb_branch_map *map, struct sb_span name, const char *app)
{
	const char *prefix = sb_span_starts(name, "refs/") ? "" : "refs/heads/";

	if (!name.n || !*app)
		return;
	sb_list_addf(&map->refs, "%s%.*s", prefix, SB_SPAN_ARG(name));
	sb_list_add(&map->apps, app);
}

/* "main=blog dev=blog-dev" or "main staging"; empty: HEAD. */
static void map_branches(struct sb_branch_map *map, const char *text, const char *head, const char *app)
{
	SB_AUTO_FREE char *copy = sb_xstrdup(text);
	char *save = NULL;
	bool any = false;

	for (char *word = strtok_r(copy, " ,\t\n", &save); word; word = strtok_r(NULL, " ,\t\n", &save)) {
		char *equals = strchr(word, '=');
		size_t n = equals ? (size_t)(equals - word) : strlen(word);

		map_add(map, (struct sb_span) { word, n }, equals ? equals + 1 : app);
		any = true;
	}
	if (!any)
		map_add(map, sb_span_of(head), app);
}

/* The value of a key in [slugbuild "app"], or NULL; the last one wins. */
static const char *app_key(const struct sb_settings *settings, const char *app, const char *key)
{
	SB_AUTO_FREE char *want = sb_xasprintf("%s\n%s=", app, key);
	const char *found = NULL;

	for (size_t i = 0; i < settings->app_keys.n; i++)
		if (!strncmp(settings->app_keys.item[i], want, strlen(want)))
			found = settings->app_keys.item[i] + strlen(want);
	return found;
}

static void map_make(struct sb_branch_map *map, const struct sb_settings *settings, const char *head)
{
	SB_AUTO(sb_list) seen = { 0 };

	if (*settings->app || *settings->branch)
		map_branches(map, settings->branch, head, settings->app);
	for (size_t i = 0; i < settings->app_keys.n; i++) {
		const char *line = settings->app_keys.item[i], *end = strchr(line, '\n');
		SB_AUTO_FREE char *app = sb_span_dup((struct sb_span) { line, (size_t)(end - line) });

		if (sb_list_has(&seen, app))
			continue;
		sb_list_add(&seen, app);
		const char *branch = app_key(settings, app, "branch");

		if (branch)
			map_branches(map, branch, head, app);
		else if (app_key(settings, app, "path") && strcmp(app, settings->app) != 0)
			map_branches(map, "", head, app);
	}
}

/* Refs that Git hosts keep for themselves. Who may open a pull request writes to some of them, so
 * that no pattern may deploy them. */
static bool is_hosts_own(const char *ref)
{
	static const char *const folder[] = { "pull/", "for/", "draft/", "for-review/", "merge-requests/",
					      "keep-around/", "pipelines/", "environments/", "tmp/",
					      "replace/", "changes/" };

	for (size_t i = 0; i < SB_COUNT(folder); i++)
		if (!strncmp(ref + 5, folder[i], strlen(folder[i])))
			return true;
	return false;
}

static bool matches(const char *pattern, const char *ref)
{
	size_t n = strlen(pattern);

	if (is_hosts_own(ref))
		return false;
	if (n && pattern[n - 1] == '*')
		return !strncmp(pattern, ref, n - 1);
	return !strcmp(pattern, ref);
}

static bool has_target(const struct sb_targets *targets, const char *app, const struct sb_update *update)
{
	for (size_t i = 0; i < targets->n; i++)
		if (targets->item[i].update == update && !strcmp(targets->item[i].app, app))
			return true;
	return false;
}

void sb_targets_find(struct sb_targets *out, const struct sb_push *push, const struct sb_settings *settings,
		     const char *head)
{
	__attribute__((cleanup(map_release))) struct sb_branch_map map = { 0 };

	map_make(&map, settings, head);
	for (size_t i = 0; i < push->n; i++) {
		const struct sb_update *update = &push->update[i];

		for (size_t k = 0; k < map.refs.n; k++) {
			if (update->kind == SB_UPDATE_DELETE || !matches(map.refs.item[k], update->ref) ||
			    has_target(out, map.apps.item[k], update))
				continue;
			sb_grow(&out->item, out->n, sizeof(*out->item));
			out->item[out->n++] =
				(struct sb_target) { sb_xstrdup(map.apps.item[k]), update };
		}
	}
}

void sb_targets_drop(struct sb_targets *targets, size_t i)
{
	free(targets->item[i].app);
	targets->n--;
	memmove(&targets->item[i], &targets->item[i + 1], (targets->n - i) * sizeof(*targets->item));
}

void sb_targets_release(struct sb_targets *targets)
{
	for (size_t i = 0; i < targets->n; i++)
		free(targets->item[i].app);
	free(targets->item);
	*targets = (struct sb_targets) { 0 };
}

struct sb_branch_map *sb_branch_map_new(const struct sb_settings *settings, const char *head)
{
	struct sb_branch_map *map = sb_xcalloc(1, sizeof(*map));

	map_make(map, settings, head);
	return map;
}

bool sb_branch_map_has(const struct sb_branch_map *map, const char *ref)
{
	for (size_t i = 0; i < map->refs.n; i++)
		if (matches(map->refs.item[i], ref))
			return true;
	return false;
}

void sb_branch_map_free(struct sb_branch_map *map)
{
	if (map)
		map_release(map);
	free(map);
}

bool sb_ref_deploys(const struct sb_settings *settings, const char *head, const char *ref)
{
	__attribute__((cleanup(map_release))) struct sb_branch_map map = { 0 };

	map_make(&map, settings, head);
	return sb_branch_map_has(&map, ref);
}

char *sb_deploy_ref(const struct sb_settings *settings, const char *head, const char *app)
{
	__attribute__((cleanup(map_release))) struct sb_branch_map map = { 0 };

	map_make(&map, settings, head);
	for (size_t i = 0; i < map.refs.n; i++)
		if (!strcmp(map.apps.item[i], app) && !strchr(map.refs.item[i], '*'))
			return sb_xstrdup(map.refs.item[i]);
	return NULL;
}

const char *sb_short_ref(const char *ref)
{
	return strncmp(ref, "refs/heads/", 11) ? ref : ref + 11;
}
