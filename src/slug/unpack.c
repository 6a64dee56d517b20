#include "base/base.h"
#include "slug/reader.h"
#include "slug/writers.h"
#include "sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Entries become files below one folder. Each parent is opened anew without following anything
 * (and kept while entries of the same folder come), and the name itself is made, never opened:
 * so a symlink in the slug leads nowhere while we write. Folders and symlinks are made here, files by
 * threads beside (slug/writers.h).
 */
struct unpack {
	int dir;
	const char *const *skip;
	struct sb_writers *writers; /* NULL: none */
	char *parent;               /* path of `at`; NULL: none */
	struct sb_held *at;         /* the parent of the last entry */
	struct sb_list
		folders; /* whose times are set at the end: what is made in them changes those */
	int64_t folder_time;
};

static void unpack_release(struct unpack *u)
{
	sb_writers_drop(u->writers);
	free(u->parent);
	sb_held_drop(u->at);
	sb_list_release(&u->folders);
}

static bool skipped(const struct unpack *u, const char *path)
{
	for (size_t i = 0; u->skip && u->skip[i]; i++)
		if (sb_path_below(path, u->skip[i]))
			return true;
	return false;
}

static void forget_parent(struct unpack *u)
{
	sb_held_drop(SB_STEAL(u->at));
	free(SB_STEAL(u->parent));
}

/* Opens the folder an entry lies in; `name` gets what comes behind the last "/". */
static int enter(struct unpack *u, const char *path, const char **name, struct sb_error *err)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	*name = slash ? slash + 1 : path;
	if (u->parent && strlen(u->parent) == n && !memcmp(u->parent, path, n))
		return 0;
	forget_parent(u);
	u->parent = sb_span_dup((struct sb_span) { path, n });

	int fd = n ? sb_open_beneath(u->dir, u->parent, O_RDONLY | O_DIRECTORY, 0, err)
		   : fcntl(u->dir, F_DUPFD_CLOEXEC, 3);

	if (fd >= 0) {
		u->at = sb_held_new(fd);
		return 0;
	}
	forget_parent(u);
	return n ? sb_wrap(err, "unpack %s", path) : sb_fail_sys(err, "unpack %s", path);
}

static int cut_short(const struct sb_slug_entry *entry, struct sb_error *err)
{
	return sb_fail(err, SB_EINPUT, "a damaged slug: %s is cut short", entry->path);
}

static int write_content(struct sb_reader *reader, int fd, const struct sb_slug_entry *entry,
			 struct sb_error *err)
{
	int64_t written = 0;
	struct sb_span part;
	int more;

	while ((more = sb_reader_data(reader, &part, err)) > 0) {
		if (sb_write_all(fd, part, err) < 0)
			return sb_wrap(err, "write %s", entry->path);
		written += (int64_t)part.n;
	}
	return !more && written != entry->size ? cut_short(entry, err) : more;
}

static int read_content(struct sb_reader *reader, char *room, const struct sb_slug_entry *entry,
			struct sb_error *err)
{
	int64_t n = 0;
	struct sb_span part;
	int more;

	while ((more = sb_reader_data(reader, &part, err)) > 0) {
		if ((int64_t)part.n > entry->size - n)
			return sb_fail(err, SB_EINPUT, "a damaged slug: %s is too long", entry->path);
		memcpy(room + n, part.p, part.n);
		n += (int64_t)part.n;
	}
	return !more && n != entry->size ? cut_short(entry, err) : more;
}

static int make_file(struct unpack *u, struct sb_reader *reader, const char *name,
		     const struct sb_slug_entry *entry, struct sb_error *err)
{
	char *room = u->writers ? sb_writers_room(u->writers, u->at, entry->size) : NULL;

	if (room) {
		if (read_content(reader, room, entry, err) < 0)
			return -1;
		sb_writers_take(u->writers, name, entry);
		return 0;
	}

	SB_AUTO_CLOSE int fd = sb_entry_create(u->at->fd, name, entry, err);

	if (fd < 0 || write_content(reader, fd, entry, err) < 0)
		return -1;
	return sb_entry_close(SB_STEAL_FD(fd), entry, err);
}

static int make_link(struct unpack *u, const char *name, const struct sb_slug_entry *entry,
		     struct sb_error *err)
{
	const struct timespec times[2] = { { .tv_sec = entry->mtime }, { .tv_sec = entry->mtime } };

	if (symlinkat(entry->link, u->at->fd, name) < 0) {
		if (errno != EEXIST)
			return sb_fail_sys(err, "make %s", entry->path);
		if (sb_entry_make_way(u->at->fd, name, entry->path, err) < 0)
			return -1;
		if (symlinkat(entry->link, u->at->fd, name) < 0)
			return sb_fail_sys(err, "make %s", entry->path);
	}
	if (utimensat(u->at->fd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return sb_fail_sys(err, "make %s", entry->path);
	return 0;
}

static int make_folder(struct unpack *u, const char *name, const struct sb_slug_entry *entry,
		       struct sb_error *err)
{
	struct stat st;

	if (mkdirat(u->at->fd, name, 0755) < 0) {
		if (errno != EEXIST || fstatat(u->at->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return sb_fail_sys(err, "make %s", entry->path);
		if (S_ISDIR(st.st_mode))
			return 0; /* another layer has it too */
		if (sb_entry_make_way(u->at->fd, name, entry->path, err) < 0)
			return -1;
		if (mkdirat(u->at->fd, name, 0755) < 0)
			return sb_fail_sys(err, "make %s", entry->path);
	}
	/* It is a folder of ours and no symlink: nobody else writes here yet. */
	if (fchmodat(u->at->fd, name, 0755, 0) < 0)
		return sb_fail_sys(err, "make %s", entry->path);
	sb_list_add(&u->folders, entry->path);
	u->folder_time = entry->mtime;
	return 0;
}

static int unpack_entries(struct unpack *u, struct sb_reader *reader, struct sb_error *err)
{
	struct sb_slug_entry entry;
	const char *name;
	int more;

	while ((more = sb_reader_next(reader, &entry, err)) > 0) {
		int made;

		if (u->writers && sb_writers_failed(u->writers))
			return sb_writers_finish(SB_STEAL(u->writers), err);
		if (skipped(u, entry.path))
			continue;
		if (enter(u, entry.path, &name, err) < 0)
			return -1;
		if (entry.is_dir)
			made = make_folder(u, name, &entry, err);
		else if (entry.link)
			made = make_link(u, name, &entry, err);
		else
			made = make_file(u, reader, name, &entry, err);
		if (made < 0)
			return -1;
	}
	return more;
}

/* Folders get their time last, all the same one: we write no other. */
static int settle(struct unpack *u, struct sb_error *err)
{
	const struct timespec times[2] = { { .tv_sec = u->folder_time },
					   { .tv_sec = u->folder_time } };
	const char *name;

	for (size_t i = 0; i < u->folders.n; i++) {
		const char *path = u->folders.item[i];

		if (enter(u, path, &name, err) < 0)
			return -1;
		if (utimensat(u->at->fd, name, times, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
			return sb_fail_sys(err, "set the time of %s", path);
	}
	return 0;
}

static int unpack_range(struct unpack *u, int fd, int64_t at, int64_t size, struct sb_error *err)
{
	SB_AUTO(sb_reader) reader = { 0 };

	if (sb_reader_open(&reader, fd, at, size, NULL, err) < 0)
		return -1;
	return unpack_entries(u, &reader, err);
}

/* `beside`: no two of its entries have one name, so they may be made in any order. */
static int unpack_part(int fd, int64_t at, int64_t size, int dir, const char *const *skip, bool beside,
		       struct sb_error *err)
{
	SB_AUTO(unpack) u = { .dir = dir, .skip = skip };

	if (!size)
		return 0;
	u.writers = beside ? sb_writers_start() : NULL;
	if (unpack_range(&u, fd, at, size, err) < 0 || sb_writers_finish(SB_STEAL(u.writers), err) < 0)
		return -1;
	return settle(&u, err);
}

int sb_slug_unpack_part(int fd, int64_t at, int64_t size, int dir, const char *const *skip,
			struct sb_error *err)
{
	return unpack_part(fd, at, size, dir, skip, true, err);
}

int sb_slug_unpack(int fd, int dir, const char *const *skip, struct sb_error *err)
{
	int64_t size;

	if (sb_reader_measure(&size, fd, err) < 0)
		return -1;
	return unpack_part(fd, 0, size, dir, skip, false, err);
}

int sb_layer_unpack(const struct sb_layer *layer, int dir, struct sb_error *err)
{
	SB_AUTO(unpack) u = { .dir = dir };

	for (size_t i = 0; i < layer->n; i++) {
		const struct sb_piece *piece = &layer->piece[i];
		SB_AUTO_CLOSE int fd = open(piece->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0)
			return sb_fail_sys(err, "open %s", piece->path);
		if (unpack_range(&u, fd, 0, piece->size, err) < 0)
			return sb_wrap(err, "%s", piece->path);
	}
	return settle(&u, err);
}
