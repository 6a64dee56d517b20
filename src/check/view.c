#include "base/base.h"
#include "check/view.h"

#include "check/rules.h"

#include <stdlib.h>
#include <string.h>

#define HOPS_MAX 8
#define LINK_MAX 4096 /* bytes of a symlink's target */

struct sb_span sb_path_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	return (struct sb_span) { path, slash ? (size_t)(slash - path) : 0 };
}

/* One name behind `done`: false where ".." leads out. */
static bool step(struct sb_buffer *done, struct sb_span name)
{
	if (!name.n || sb_span_is(name, "."))
		return true;
	if (!sb_span_is(name, "..")) {
		if (done->n)
			sb_buffer_addc(done, '/');
		sb_buffer_add(done, name);
		return !done->full;
	}
	if (!done->n)
		return false;

	size_t n = sb_path_folder(done->p).n;

	done->n = n;
	done->p[n] = '\0';
	return true;
}

char *sb_path_join(struct sb_span folder, struct sb_span path)
{
	SB_AUTO(sb_buffer) done = SB_BUFFER_INIT(SB_PATH_MAX);
	struct sb_span rest = path, name;

	if (path.n && path.p[0] == '/')
		return NULL;
	sb_buffer_add(&done, folder);
	while (sb_span_cut(&rest, '/', &name))
		if (!step(&done, name))
			return NULL;
	return step(&done, rest) ? sb_buffer_detach(&done) : NULL;
}

/* The walk of sb_view_find: what lies behind, what lies ahead. */
struct way {
	const struct sb_view *view;
	struct sb_place *place;
	struct sb_buffer done;
	char *ahead; /* owned */
	size_t at;
	int hops;
};

static int follow(struct way *way, const char *link, const char *oid, struct sb_error *err)
{
	SB_AUTO(sb_buffer) target = SB_BUFFER_INIT(LINK_MAX);

	sb_list_add(&way->place->links, link);
	if (++way->hops > HOPS_MAX) {
		way->place->kind = SB_PLACE_LOOP;
		return 0;
	}
	if (sb_blob_read(&target, way->view->check->repo, oid, err) < 0)
		return sb_wrap(err, "symlink %s", link);
	if (!target.n || target.p[0] == '/') {
		way->place->kind = SB_PLACE_OUTSIDE;
		return 0;
	}

	char *ahead = sb_xasprintf("%s/%s", target.p, way->ahead + way->at);

	free(way->ahead);
	way->ahead = ahead;
	way->at = 0;
	return 1;
}

/* One more name of the way: 1 go on, 0 the end (place->kind says which), -1 failed. */
static int walk_on(struct way *way, struct sb_error *err)
{
	struct sb_span rest = sb_span_of(way->ahead + way->at), name = rest;
	struct sb_entry entry;

	if (!rest.n)
		return 0;
	if (sb_span_cut(&rest, '/', &name))
		way->at += name.n + 1;
	else
		way->at += name.n;
	if (way->place->kind != SB_PLACE_FOLDER) {
		way->place->kind = sb_span_is(name, "") ? way->place->kind : SB_PLACE_NONE;
		return sb_span_is(name, "");
	}

	SB_AUTO(sb_buffer) next = SB_BUFFER_INIT(SB_PATH_MAX);

	sb_buffer_add(&next, sb_buffer_span(&way->done));
	if (!step(&next, name)) {
		way->place->kind = SB_PLACE_OUTSIDE;
		return 0;
	}
	if (next.n <= way->done.n) {
		way->done.n = next.n; /* "..", "." or nothing */
		if (way->done.p)
			way->done.p[next.n] = '\0';
		return 1;
	}

	int found =
		sb_tree_find(way->view->check->repo, way->view->check->tree, next.p, &entry, err);

	if (found < 0)
		return -1;
	if (!found) {
		way->place->kind = way->hops ? SB_PLACE_DANGLING : SB_PLACE_NONE;
		return 0;
	}
	if (entry.kind == SB_LINK)
		return follow(way, next.p, entry.oid, err);
	way->place->kind = entry.kind == SB_DIR         ? SB_PLACE_FOLDER
			   : entry.kind == SB_SUBMODULE ? SB_PLACE_SUBMODULE
							: SB_PLACE_FILE;
	memcpy(way->place->oid, entry.oid, sizeof(entry.oid));
	sb_buffer_clear(&way->done);
	sb_buffer_add(&way->done, sb_buffer_span(&next));
	return 1;
}

int sb_view_find(struct sb_place *out, const struct sb_view *view, const char *path,
		 struct sb_error *err)
{
	SB_AUTO(sb_place) made = { .kind = SB_PLACE_FOLDER };
	struct way way = { view, &made, SB_BUFFER_INIT(SB_PATH_MAX), sb_xstrdup(path), 0, 0 };
	int go = path[0] == '/' ? 0 : 1;

	if (!go)
		made.kind = SB_PLACE_OUTSIDE;
	while (go > 0)
		go = walk_on(&way, err);
	made.path = sb_buffer_detach(&way.done);
	sb_buffer_release(&way.done);
	free(way.ahead);
	if (go < 0)
		return -1;
	for (size_t i = 0; i < made.links.n; i++)
		made.ignored |= sb_ignore_matches(&view->ignore, made.links.item[i], false);
	if (made.kind == SB_PLACE_FILE || made.kind == SB_PLACE_FOLDER)
		made.ignored |= made.path[0] && sb_ignore_matches(&view->ignore, made.path,
								  made.kind == SB_PLACE_FOLDER);
	*out = SB_STEAL(made);
	return 0;
}

void sb_place_release(struct sb_place *place)
{
	free(place->path);
	sb_list_release(&place->links);
	*place = (struct sb_place) { 0 };
}

int sb_view_has(const struct sb_view *view, const char *path, struct sb_error *err)
{
	SB_AUTO(sb_place) place = { 0 };

	if (sb_view_find(&place, view, path, err) < 0)
		return -1;
	return !place.ignored && (place.kind == SB_PLACE_FILE || place.kind == SB_PLACE_FOLDER);
}

/* What stands where a file must and is none. */
static void complain_about_place(const struct sb_view *view, const char *path,
				 const struct sb_place *place)
{
	const char *rule = "file-is-symlink-out";
	const char *says = "is a symlink that leads out of the app";

	if (!*path)
		path = "."; /* "-r ." */
	if (place->kind == SB_PLACE_FOLDER || place->kind == SB_PLACE_SUBMODULE) {
		rule = "file-is-directory";
		says = place->kind == SB_PLACE_FOLDER ? "is a folder; it must be a file"
						      : "is a submodule; it must be a file";
	} else if (place->kind == SB_PLACE_LOOP) {
		says = "is a symlink that leads in circles";
	} else if (place->kind == SB_PLACE_DANGLING) {
		says = "is a symlink to what is not in the tree";
	}

	struct sb_finding *f =
		sb_report(view->findings, view->check->settings, rule, "%s %s", path, says);

	sb_finding_at(f, path, 0, 0);
	sb_finding_fix(f, "put a regular file in its place: git rm -r --cached %s", path);
}

int sb_view_text(struct sb_text *text, struct sb_buffer *bytes, const struct sb_view *view,
		 const char *path, bool lines, struct sb_error *err)
{
	SB_AUTO(sb_place) place = { 0 };
	int64_t size;

	if (sb_view_find(&place, view, path, err) < 0)
		return -1;
	if (place.kind == SB_PLACE_NONE || place.ignored)
		return 0;
	if (place.kind != SB_PLACE_FILE) {
		complain_about_place(view, path, &place);
		return 0;
	}
	if (sb_blob_size(view->check->repo, place.oid, &size, err) < 0)
		return sb_wrap(err, "%s", path);
	if ((uint64_t)size >= bytes->max) {
		sb_finding_at(sb_report(view->findings, view->check->settings, "file-too-large",
					"%s has %lld bytes; the limit is %zu", path,
					(long long)size, bytes->max),
			      path, 0, 0);
		return 0;
	}
	if (sb_blob_read(bytes, view->check->repo, place.oid, err) < 0)
		return sb_wrap(err, "%s", path);
	*text = (struct sb_text) { path, sb_buffer_span(bytes), view->findings,
				   view->check->settings };
	return sb_text_clean(text, lines) ? 1 : 0;
}

void sb_view_forget(struct sb_view *view)
{
	sb_list_release(&view->programs);
	sb_list_release(&view->settings);
	sb_list_release(&view->manages);
	sb_list_release(&view->near_manages);
	sb_list_release(&view->procfiles);
	sb_list_release(&view->inputs);
	sb_list_release(&view->gitlinks);
	sb_list_release(&view->pointers);
	free(view->migration);
	view->migration = NULL;
	sb_list_release(&view->rooted);
	sb_hygiene_release(&view->hygiene);
}

void sb_view_release(struct sb_view *view)
{
	sb_ignore_release(&view->ignore);
	sb_ignore_release(&view->lfs);
	sb_tree_release(&view->root);
	sb_view_forget(view);
}
