#include "build/partial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/finish.h"
#include "sys/files.h"
#include "sys/settle.h"
#include "sys/thread.h"

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

/* What came and went with the packages that do not stay. */
static bool drop(const struct sb_partial *partial, const bool *taken)
{
	const struct sb_contents *old = &partial->former.contents;

	for (size_t i = old->n; i-- > 0;) {
		int flags = old->item[i].kind == 'd' ? AT_REMOVEDIR : 0;

		if (!taken[i] && unlinkat(partial->next, old->item[i].path, flags) < 0 &&
		    errno != ENOENT)
			return false;
	}
	return true;
}

/* Moves what was installed beside what stays; false where both have a file of that name. */
static bool move_in(const struct sb_partial *partial, int deps, const struct sb_contents *fresh)
{
	for (size_t i = 0; i < fresh->n; i++) {
		const char *path = fresh->item[i].path;
		bool folder = fresh->item[i].kind == 'd';

		if (folder && mkdirat(partial->next, path, 0755) < 0 && errno != EEXIST)
			return false;
		if (!folder && renameat2(deps, path, partial->next, path, RENAME_NOREPLACE) < 0)
			return false;
	}
	return true;
}

/* The list of both. A path that is a folder in one only was refused by the calls above. */
static void merge(struct sb_contents *all, const struct sb_contents *old, const bool *taken)
{
	SB_AUTO(sb_contents) more = { 0 };

	for (size_t i = 0; i < old->n; i++)
		if (taken[i] && (old->item[i].kind != 'd' || !sb_contents_find(all, old->item[i].path)))
			sb_contents_add(&more, old->item[i].path, old->item[i].kind,
					old->item[i].size, old->item[i].sha256);
	for (size_t i = 0; i < more.n; i++)
		sb_contents_add(all, more.item[i].path, more.item[i].kind, more.item[i].size,
				more.item[i].sha256);
	sb_contents_sort(all);
}

/* In a thread: whom a file belongs to is known, who stays is not. What is nobody's is not linked. */
static void *link_all(void *arg)
{
	struct sb_partial *partial = arg;
	const struct sb_former *former = &partial->former;

	for (size_t i = 0; i < former->contents.n; i++) {
		const struct sb_content *item = &former->contents.item[i];

		if (atomic_load(&partial->stop))
			return NULL;
		if (item->kind == 'd' ? mkdirat(partial->next, item->path, 0755) < 0
				      : former->owner[i][0] >= 0 &&
						linkat(former->dir, item->path, partial->next,
						       item->path, 0) < 0)
			return NULL;
	}
	partial->linked = true;
	return NULL;
}

int sb_partial_link(struct sb_partial *partial, struct sb_build *build, struct sb_error *err)
{
	SB_AUTO_FREE char *path = sb_step_fresh_folder(build, "next", err);

	partial->next = path ? sb_open_dir(build->work, "next", err) : -1;
	if (partial->next < 0)
		return -1;
	partial->linking = sb_thread_start(&partial->thread, link_all, partial);
	return 0;
}

static void join(struct sb_partial *partial)
{
	if (partial->linking)
		pthread_join(partial->thread, NULL);
	partial->linking = false;
}

int sb_partial_join(struct sb_partial *partial, int work, struct sb_contents *all,
		    struct sb_error *err)
{
	bool fits = true;
	SB_AUTO_FREE bool *taken = choose(partial, &fits);
	SB_AUTO_CLOSE int deps = sb_open_dir(work, "deps", err);

	if (deps < 0)
		return -1;
	join(partial);
	if (!partial->linked || !fits || !drop(partial, taken) || !move_in(partial, deps, all))
		return 0;
	merge(all, &partial->former.contents, taken);
	if (sb_folder_close(partial->next, all, err) < 0 || sb_remove_tree(work, "deps", err) < 0)
		return -1;
	return renameat(work, "next", work, "deps") < 0 ? sb_fail_sys(err, "name the layer") : 1;
}

void sb_partial_release(struct sb_partial *partial)
{
	atomic_store(&partial->stop, true);
	join(partial);
	sb_autoclose(&partial->next);
	sb_former_release(&partial->former);
	sb_list_release(&partial->wanted);
	free(partial->stays);
	free(partial->packages);
}
