#include "base/toplist.h"
#include "source/room.h"

struct seeker {
	const struct sb_room *room;
	struct sb_toplist top;
};

static int visit(void *ctx, const char *path, const struct sb_entry *entry, struct sb_error *err)
{
	struct seeker *seeker = ctx;
	const struct sb_room *room = seeker->room;
	bool is_dir = entry->kind == SB_DIR || entry->kind == SB_SUBMODULE;
	int64_t size = 0;

	if (room->skip && room->skip(room->ctx, path, is_dir))
		return is_dir ? SB_SKIP : 0;
	if (is_dir || entry->kind == SB_LINK)
		return 0;
	if (sb_blob_size(room->repo, entry->oid, &size, err) < 0)
		return -1;
	sb_toplist_put(&seeker->top, path, size);
	return 0;
}

/* Best effort: it only serves a message, and a bomb's walk ends at the limits. */
static char *largest(const struct sb_room *room)
{
	const struct sb_walk_limits limits = { room->settings->max_files, room->settings->max_depth };
	struct seeker seeker = { .room = room };
	struct sb_error ignored = { 0 };

	(void)!sb_tree_walk(room->repo, room->tree, &limits, visit, &seeker, &ignored);

	char *text = sb_toplist_text(&seeker.top);

	sb_toplist_release(&seeker.top);
	return text;
}

int sb_room_take(struct sb_room *room, const char *path, int64_t size, struct sb_error *err)
{
	const struct sb_settings *settings = room->settings;
	bool alone = settings->max_blob > 0 && size > settings->max_blob;

	room->bytes += size;
	if (!alone && (settings->max_bytes <= 0 || room->bytes <= settings->max_bytes))
		return 0;
	SB_AUTO_FREE char *list = largest(room);

	sb_fail(err, SB_ELIMIT, "%s: %s %lld bytes; the limit is %lld", path,
		alone ? "a file of" : "the files up to here have", (long long)(alone ? size : room->bytes),
		(long long)(alone ? settings->max_blob : settings->max_bytes));
	sb_error_where(err, "%s", path);
	sb_error_fix(err, "%slist what the app does not need in .slugignore, or raise slugbuild.%s", list,
		     alone ? "maxBlob" : "maxBytes");
	return -1;
}
