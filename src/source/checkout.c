#include "source/room.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIR_MTIME 315532800 /* 1980-01-01, as in a slug */

/* Open folders from the root down to where the walk is. */
struct level {
	int fd;
	size_t n; /* bytes of its path */
};

struct checkout {
	struct sb_repo *repo;
	struct sb_room room;
	struct level *level;
	size_t levels;
	int fd; /* of the file being written */
};

static int fail_at(struct sb_error *err, const char *path)
{
	sb_fail_sys(err, "cannot write %s", path);
	sb_error_where(err, "%s", path);
	return -1;
}

static int set_mtime(int fd, int64_t mtime)
{
	const struct timespec both[2] = { { .tv_sec = mtime }, { .tv_sec = mtime } };

	return futimens(fd, both);
}

/* Closes the deepest folder; its mtime is set last, when nothing is made in it any more. */
static int leave(struct checkout *out, const char *path, struct sb_error *err)
{
	struct level *level = &out->level[--out->levels];
	int rc = set_mtime(level->fd, DIR_MTIME);

	if (rc < 0)
		fail_at(err, path);
	if (out->levels)
		close(level->fd);
	return rc;
}

/* The folder that `path` stands in; leaves those that it does not. `name` gets the last part. */
static int parent_of(struct checkout *out, const char *path, const char **name,
		     struct sb_error *err)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	*name = slash ? slash + 1 : path;
	while (out->levels > 1 && out->level[out->levels - 1].n != n)
		if (leave(out, path, err) < 0)
			return -1;
	return out->level[out->levels - 1].fd;
}

static int make_folder(struct checkout *out, int dir, const char *path, const char *name,
		       bool enter, struct sb_error *err)
{
	SB_AUTO_CLOSE int fd = -1;

	if (mkdirat(dir, name, 0755) < 0)
		return fail_at(err, path);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, 0755) < 0)
		return fail_at(err, path);
	if (!enter)
		return set_mtime(fd, DIR_MTIME) < 0 ? fail_at(err, path) : 0;
	sb_grow(&out->level, out->levels, sizeof(*out->level));
	out->level[out->levels++] = (struct level) { SB_STEAL_FD(fd), strlen(path) };
	return 0;
}

static int write_part(void *ctx, struct sb_span part, struct sb_error *err)
{
	const struct checkout *out = ctx;

	while (part.n) {
		ssize_t n = write(out->fd, part.p, part.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sb_fail_sys(err, "cannot write");
		part.p += n;
		part.n -= (size_t)n;
	}
	return 0;
}

static int write_file(struct checkout *out, int dir, const char *path, const char *name,
		      const struct sb_entry *entry, struct sb_error *err)
{
	out->fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out->fd < 0)
		return fail_at(err, path);
	int rc = sb_blob_stream(out->repo, entry->oid, write_part, out, err);

	if (rc < 0) {
		sb_wrap(err, "%s", path);
		sb_error_where(err, "%s", path);
	} else if (fchmod(out->fd, entry->kind == SB_PROGRAM ? 0755 : 0644) < 0 ||
		   set_mtime(out->fd, sb_entry_mtime(entry->oid)) < 0)
		rc = fail_at(err, path);
	if (close(out->fd) < 0 && rc == 0)
		rc = fail_at(err, path);
	out->fd = -1;
	return rc;
}

static int write_link(struct checkout *out, int dir, const char *path, const char *name,
		      const struct sb_entry *entry, struct sb_error *err)
{
	SB_AUTO(sb_buffer) target = SB_BUFFER_INIT(SB_LINK_MAX + 1);
	const struct timespec both[2] = { { .tv_sec = sb_entry_mtime(entry->oid) },
					  { .tv_sec = sb_entry_mtime(entry->oid) } };

	if (sb_blob_read(&target, out->repo, entry->oid, err) < 0) {
		sb_wrap(err, "%s", path);
		sb_error_where(err, "%s", path);
		return -1;
	}
	if (!target.n || target.n > SB_LINK_MAX || memchr(target.p, '\0', target.n)) {
		sb_fail(err, SB_EINPUT,
			"%s: a symlink whose target is empty, too long or holds a NUL", path);
		sb_error_where(err, "%s", path);
		return -1;
	}
	if (symlinkat(target.p, dir, name) < 0 ||
	    utimensat(dir, name, both, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_at(err, path);
	return 0;
}

static int check_size(struct checkout *out, const char *path, const struct sb_entry *entry,
		      struct sb_error *err)
{
	int64_t size = 0;

	if (sb_blob_size(out->repo, entry->oid, &size, err) < 0) {
		sb_wrap(err, "%s", path);
		sb_error_where(err, "%s", path);
		return -1;
	}
	return sb_room_take(&out->room, path, size, err);
}

static int visit(void *ctx, const char *path, const struct sb_entry *entry, struct sb_error *err)
{
	struct checkout *out = ctx;
	bool is_dir = entry->kind == SB_DIR || entry->kind == SB_SUBMODULE;
	const char *name;

	if (out->room.skip && out->room.skip(out->room.ctx, path, is_dir))
		return is_dir ? SB_SKIP : 0;
	int dir = parent_of(out, path, &name, err);

	if (dir < 0)
		return -1;
	if (is_dir)
		return make_folder(out, dir, path, name, entry->kind == SB_DIR, err);
	if (check_size(out, path, entry, err) < 0)
		return -1;
	return entry->kind == SB_LINK ? write_link(out, dir, path, name, entry, err)
				      : write_file(out, dir, path, name, entry, err);
}

int sb_tree_checkout(struct sb_repo *repo, const char *tree, int dir,
		     const struct sb_settings *settings,
		     bool (*skip)(void *ctx, const char *path, bool is_dir), void *ctx,
		     struct sb_error *err)
{
	struct checkout out = {
		.repo = repo,
		.room = { .repo = repo, .tree = tree, .settings = settings, .skip = skip, .ctx = ctx },
		.fd = -1,
	};
	const struct sb_walk_limits limits = { settings->max_files, settings->max_depth };

	sb_grow(&out.level, out.levels, sizeof(*out.level));
	out.level[out.levels++] = (struct level) { dir, 0 };
	int rc = sb_tree_walk(repo, tree, &limits, visit, &out, err);

	while (rc == 0 && out.levels)
		rc = leave(&out, ".", err);
	while (out.levels > 1)
		close(out.level[--out.levels].fd);
	free(out.level);
	return rc;
}
