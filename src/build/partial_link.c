#include "build/partial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/finish.h"
#include "sys/files.h"
#include "sys/settle.h"

/* What every environment has of its own: it is made anew. */
static bool is_base(const char *path)
{
	static const char *const names[] = { "pyvenv.cfg", "lib64", "bin/python" };
	static const char top[] = ".slugbuild/python/";
	struct sb_span rest = sb_span_of(path);

	if (!strcmp(path, SB_DEPS_FACTS))
		return true;
	if (!sb_span_starts(rest, top))
		return false;
	rest = (struct sb_span) { rest.p + strlen(top), rest.n - strlen(top) };
	for (size_t i = 0; i < SB_COUNT(names); i++)
		if (sb_span_is(rest, names[i]))
			return true;
	return sb_span_starts(rest, "bin/python") && sb_span_all((struct sb_span) {
		rest.p + strlen("bin/python"), rest.n - strlen("bin/python") }, "0123456789.");
}

/* 1: stays; 0: goes; -1: nobody's, or of one that stays and of one that goes. */
static int fate(const struct sb_partial *partial, size_t i)
{
	const int *owner = partial->former.owner[i];

	if (owner[0] < 0)
		return is_base(partial->former.contents.item[i].path) ? 0 : -1;
	if (owner[1] >= 0 && partial->stays[owner[0]] != partial->stays[owner[1]])
		return -1;
	return partial->stays[owner[0]];
}

/* Marks the folders above an entry. */
static void mark_parents(const struct sb_contents *all, const char *path, bool *marked)
{
	SB_AUTO_FREE char *at = sb_xstrdup(path);
	char *slash;

	while ((slash = strrchr(at, '/'))) {
		*slash = '\0';

		const struct sb_content *parent = sb_contents_find(all, at);

		if (!parent || marked[parent - all->item])
			return;
		marked[parent - all->item] = true;
	}
}

/* Which entries are taken over, folders with them; *fits is false where that cannot be told. Owned. */
static bool *choose(const struct sb_partial *partial, bool *fits)
{
	const struct sb_contents *all = &partial->former.contents;
	bool *taken = sb_xcalloc(all->n + 1, sizeof(*taken));
	bool *filled = sb_xcalloc(all->n + 1, sizeof(*filled));

	for (size_t i = 0; i < all->n && *fits; i++) {
		int stays = all->item[i].kind == 'd' ? 0 : fate(partial, i);

		*fits = stays >= 0;
		if (all->item[i].kind == 'd')
			continue;
		mark_parents(all, all->item[i].path, filled);
		taken[i] = stays > 0;
		if (stays > 0)
			mark_parents(all, all->item[i].path, taken);
	}
	for (size_t i = 0; i < all->n && *fits; i++)
		*fits = all->item[i].kind != 'd' || filled[i]; /* an empty folder is nobody's */
	free(filled);
	return taken;
}

/* An entry of both: a folder is no harm. */
static bool collides(const struct sb_contents *fresh, const struct sb_content *item)
{
	const struct sb_content *other = sb_contents_find(fresh, item->path);

	return other && (other->kind != 'd' || item->kind != 'd');
}

static bool take(const struct sb_partial *partial, int deps, const struct sb_content *item)
{
	if (item->kind == 'd')
		return mkdirat(deps, item->path, 0755) == 0 || errno == EEXIST;
	return linkat(partial->former.dir, item->path, deps, item->path, 0) == 0;
}

int sb_partial_link(const struct sb_partial *partial, int deps, struct sb_contents *all,
		    struct sb_error *err)
{
	const struct sb_contents *old = &partial->former.contents;
	bool fits = true;
	SB_AUTO_FREE bool *taken = choose(partial, &fits);
	SB_AUTO(sb_contents) more = { 0 };

	for (size_t i = 0; i < old->n && fits; i++) {
		const struct sb_content *item = &old->item[i];

		if (!taken[i])
			continue;
		fits = !collides(all, item) && take(partial, deps, item);
		if (item->kind != 'd' || !sb_contents_find(all, item->path))
			sb_contents_add(&more, item->path, item->kind, item->size, item->sha256);
	}
	if (!fits)
		return 0;
	for (size_t i = 0; i < more.n; i++)
		sb_contents_add(all, more.item[i].path, more.item[i].kind, more.item[i].size,
				more.item[i].sha256);
	sb_contents_sort(all);
	return sb_folder_close(deps, all, err) < 0 ? -1 : 1;
}

void sb_partial_release(struct sb_partial *partial)
{
	sb_former_release(&partial->former);
	sb_list_release(&partial->wanted);
	free(partial->stays);
	free(partial->packages);
}
