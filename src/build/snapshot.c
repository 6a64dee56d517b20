#include "build/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/span.h"
#include "sys/files.h"

#define DEPTH_MAX 256
#define FILES_MAX 1000000
#define TARGET_MAX 4096

struct sb_snapshot_entry {
	char *path;
	mode_t mode;
	ino_t inode;
	off_t size;
	struct timespec mtime, ctime;
};

void sb_snapshot_release(struct sb_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->n; i++)
		free(snapshot->item[i].path);
	free(snapshot->item);
	*snapshot = (struct sb_snapshot) { 0 };
}

/* What is not the app's: the environment that is bound there, and bytecode. */
static bool is_left_out(const char *path, const char *name)
{
	return !strcmp(path, ".slugbuild") || !strcmp(name, "__pycache__") ||
	       sb_span_ends(sb_span_of(name), ".pyc");
}

static int walk(struct sb_snapshot *out, int dir, const char *prefix, int depth,
		struct sb_error *err)
{
	SB_AUTO(sb_list) names = { 0 };

	if (depth > DEPTH_MAX)
		return sb_fail(err, SB_ELIMIT, "folders more than %d deep", DEPTH_MAX);
	if (sb_list_dir(&names, dir, ".", err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		SB_AUTO_FREE char *path =
			sb_xasprintf("%s%s%s", prefix, *prefix ? "/" : "", names.item[i]);
		struct stat st;

		if (is_left_out(path, names.item[i]))
			continue;
		if (fstatat(dir, names.item[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
			return sb_fail_sys(err, "look at %s", path);
		if (S_ISDIR(st.st_mode)) {
			SB_AUTO_CLOSE int below =
				openat(dir, names.item[i],
				       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

			if (below < 0)
				return sb_fail_sys(err, "open %s", path);
			if (walk(out, below, path, depth + 1, err) < 0)
				return -1;
			continue;
		}
		if (out->n >= FILES_MAX)
			return sb_fail(err, SB_ELIMIT, "more than %d files", FILES_MAX);
		sb_grow(&out->item, out->n, sizeof(*out->item));
		out->item[out->n++] =
			(struct sb_snapshot_entry) { SB_STEAL(path), st.st_mode, st.st_ino,
						     st.st_size,     st.st_mtim, st.st_ctim };
	}
	return 0;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct sb_snapshot_entry *)a)->path,
		      ((const struct sb_snapshot_entry *)b)->path);
}

int sb_snapshot_take(struct sb_snapshot *out, int dir, struct sb_error *err)
{
	SB_AUTO(sb_snapshot) made = { 0 };

	if (walk(&made, dir, "", 0, err) < 0)
		return -1;
	if (made.n)
		qsort(made.item, made.n, sizeof(*made.item), by_path);
	*out = SB_STEAL(made);
	return 0;
}

static bool is_same(const struct sb_snapshot_entry *a, const struct sb_snapshot_entry *b)
{
	return a->mode == b->mode && a->inode == b->inode && a->size == b->size &&
	       a->mtime.tv_sec == b->mtime.tv_sec && a->mtime.tv_nsec == b->mtime.tv_nsec &&
	       a->ctime.tv_sec == b->ctime.tv_sec && a->ctime.tv_nsec == b->ctime.tv_nsec;
}

/* Whether a relative target, from where the link lies, stays inside. */
static bool stays_inside(const char *path, const char *target)
{
	int depth = (int)sb_span_count(sb_span_of(path), '/');
	struct sb_span rest = sb_span_of(target);

	if (*target == '/')
		return false;
	while (rest.n) {
		struct sb_span part = rest;

		if (!sb_span_cut(&rest, '/', &part))
			rest.n = 0;
		if (sb_span_is(part, ".."))
			depth--;
		else if (part.n && !sb_span_is(part, "."))
			depth++;
		if (depth < 0)
			return false;
	}
	return true;
}

static int may_move(int from, const struct sb_snapshot_entry *entry, struct sb_error *err)
{
	char target[TARGET_MAX];
	ssize_t n;

	if (S_ISREG(entry->mode))
		return 0;
	if (!S_ISLNK(entry->mode)) {
		sb_fail(err, SB_EBUILD, "collectstatic left something that is no file: %s",
			entry->path);
		sb_error_where(err, "%s", entry->path);
		return -1;
	}
	n = readlinkat(from, entry->path, target, sizeof(target) - 1);
	if (n < 0)
		return sb_fail_sys(err, "read the symlink %s", entry->path);
	target[n] = '\0';
	if (stays_inside(entry->path, target))
		return 0;
	sb_fail(err, SB_EBUILD, "collectstatic made a symlink that leaves the app: %s -> %s",
		entry->path, target);
	sb_error_where(err, "%s", entry->path);
	sb_error_fix(err, "collect copies, without --link, and with a relative STATICFILES_DIRS");
	return -1;
}

static int move_one(int from, int to, const struct sb_snapshot_entry *entry, struct sb_error *err)
{
	const char *slash = strrchr(entry->path, '/');

	if (may_move(from, entry, err) < 0)
		return -1;
	if (slash) {
		SB_AUTO_FREE char *folder = sb_span_dup(
			(struct sb_span) { entry->path, (size_t)(slash - entry->path) });
		SB_AUTO_CLOSE int dir = sb_make_dirs_at(to, folder, 0755, err);

		if (dir < 0)
			return -1;
	}
	if (renameat(from, entry->path, to, entry->path) < 0)
		return sb_fail_sys(err, "move %s", entry->path);
	return 0;
}

int sb_snapshot_move_new(const struct sb_snapshot *before, int from, int to, struct sb_list *moved,
			 struct sb_list *gone, struct sb_error *err)
{
	SB_AUTO(sb_snapshot) after = { 0 };
	size_t i = 0, j = 0;

	if (sb_snapshot_take(&after, from, err) < 0)
		return -1;
	while (i < before->n || j < after.n) {
		int order = i == before->n ? 1
			    : j == after.n ? -1
					   : strcmp(before->item[i].path, after.item[j].path);

		if (order < 0) {
			sb_list_add(gone, before->item[i++].path);
			continue;
		}
		if (order > 0 || !is_same(&before->item[i], &after.item[j])) {
			if (move_one(from, to, &after.item[j], err) < 0)
				return -1;
			sb_list_add(moved, after.item[j].path);
		}
		i += order == 0;
		j++;
	}
	return 0;
}
