#include "base/base.h"
#include "release/store.h"
#include "base/json.h"
#include "source/tree.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/lock.h"
#include "sys/settle.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOCK_SECONDS 60 /* nobody holds lock.store for more than renames: no sync, no removal */
#define YOUNG 300       /* seconds in which a new layer's name is on the disk at last */
#define TELL_MS 2000    /* a wait that is worth a line */

static char *user_name(uid_t uid)
{
	struct passwd entry, *found = NULL;
	char room[4096];

	if (!getpwuid_r(uid, &entry, room, sizeof(room), &found) && found)
		return sb_xstrdup(found->pw_name);
	return sb_xasprintf("uid %u", (unsigned)uid);
}

static int not_ours(const char *root, uid_t owner, struct sb_error *err)
{
	SB_AUTO_FREE char *theirs = user_name(owner);
	SB_AUTO_FREE char *ours = user_name(geteuid());

	if (owner != geteuid())
		sb_fail(err, SB_ECONFIG, "state root %s belongs to %s; slugbuild runs as %s", root,
			theirs, ours);
	else
		sb_fail(err, SB_ECONFIG, "state root %s is not writable; slugbuild runs as %s",
			root, ours);
	sb_error_fix(err,
		     "run slugbuild as %s (sudo -u %s slugbuild …), or\n"
		     "give the folder to %s: chown -R %s %s, or\n"
		     "choose another: git config --global slugbuild.root DIR",
		     theirs, theirs, ours, ours, root);
	return -1;
}

static int cannot_make(const char *root, struct sb_error *err)
{
	SB_AUTO_FREE char *ours = user_name(geteuid());

	if (err->code != SB_ESYS)
		return -1;
	sb_wrap(err, "state root %s cannot be made; slugbuild runs as %s", root, ours);
	err->code = SB_ECONFIG;
	sb_error_fix(err,
		     "make it, as root: install -d -o %s -m 755 %s, or\n"
		     "choose another: git config --global slugbuild.root DIR",
		     ours, root);
	return -1;
}

static int open_root(const char *root, struct sb_error *err)
{
	struct stat st;

	if (root[0] != '/') {
		sb_fail(err, SB_ECONFIG, "slugbuild.root is no absolute path: \"%s\"", root);
		sb_error_fix(err, "git config --global slugbuild.root /var/lib/slugbuild");
		return -1;
	}
	if (stat(root, &st) < 0) {
		int fd = sb_make_dirs(root, 0755, err);

		return fd < 0 ? cannot_make(root, err) : fd;
	}
	if (!S_ISDIR(st.st_mode))
		return sb_fail(err, SB_ECONFIG, "state root %s is no folder", root);
	if (st.st_uid != geteuid() || faccessat(AT_FDCWD, root, W_OK | X_OK, AT_EACCESS) < 0)
		return not_ours(root, st.st_uid, err);
	return sb_open_dir(AT_FDCWD, root, err);
}

static int make_folders(int root, struct sb_error *err)
{
	static const struct {
		const char *path;
		mode_t mode;
	} folder[] = {
		{ "repos", 0755 },       { "apps", 0755 },         { "log", 0750 },
		{ "store/slugs", 0750 }, { "store/layers", 0755 }, { "store/traces", 0750 },
		{ "store/notes", 0750 },
		{ "store/cache", 0755 }, { "store/tmp", 0750 },
	};

	for (size_t i = 0; i < SB_COUNT(folder); i++) {
		int fd = sb_make_dirs_at(root, folder[i].path, folder[i].mode, err);

		if (fd < 0)
			return -1;
		close(fd);
	}
	return 0;
}

int sb_store_open(struct sb_store *out, const struct sb_settings *settings, struct sb_error *err)
{
	SB_AUTO(sb_store) made = SB_STORE_INIT;
	const char *root = settings->root ? settings->root : "";

	made.root = open_root(root, err);
	if (made.root < 0 || make_folders(made.root, err) < 0)
		return -1;
	made.dir = sb_open_dir(made.root, "store", err);
	if (made.dir < 0)
		return -1;
	made.pieces = sb_make_dirs_at(made.dir, "pieces", 0750, err);
	if (made.pieces < 0)
		return -1;
	made.root_path = sb_xstrdup(root);
	for (size_t n = strlen(made.root_path); n > 1 && made.root_path[n - 1] == '/'; n--)
		made.root_path[n - 1] = '\0';
	made.path = sb_xasprintf("%s/store", made.root_path);
	made.pieces_path = sb_xasprintf("%s/pieces", made.path);
	*out = made;
	made = (struct sb_store)SB_STORE_INIT;
	return 0;
}

int sb_store_pieces(struct sb_piece_store *out, const struct sb_store *store, struct sb_error *err)
{
	if (store->pieces < 0)
		return sb_fail(err, SB_ESYS, "the store is not open");
	*out = (struct sb_piece_store) { .dir = store->pieces, .path = store->pieces_path };
	return 0;
}

char *sb_store_layer_path(const struct sb_store *store, const char *key)
{
	return sb_xasprintf("%s/layers/%s/tree", store->path, key);
}

/* Whether the layer is there; marks it as used now. */
static bool touch_layer(const struct sb_store *store, const char *key)
{
	SB_AUTO_FREE char *facts = sb_xasprintf("layers/%s/layer.json", key);

	return utimensat(store->dir, facts, NULL, AT_SYMLINK_NOFOLLOW) == 0;
}

struct wait {
	const struct sb_store *store;
	bool told;
};

static void say_waiting(void *ctx, SB_UNUSED const char *signature, int64_t waited_ms)
{
	struct wait *wait = ctx;
	int64_t seconds;

	if (!wait->told && waited_ms >= TELL_MS) {
		SB_AUTO_FREE char *holder = sb_lock_holder(wait->store->root, "lock.store", &seconds);

		wait->told = *holder;
		if (*holder)
			sb_log_say(wait->store->log, "Waiting for the store, which %s has had for %lld s", holder,
				   (long long)seconds);
	}
	sb_log_tick(wait->store->log);
}

int sb_store_lock(struct sb_lock *lock, const struct sb_store *store, const char *what,
		  struct sb_error *err)
{
	struct wait wait = { .store = store };

	return sb_lock_take(lock, store->root, "lock.store", what, LOCK_SECONDS,
			    store->log ? say_waiting : NULL, &wait, err);
}

/* Who moved it in may not have synced the folder yet, and nobody waits for that: who uses a layer
 * that came lately does it too. */
static void sync_young(const struct sb_store *store, const char *key)
{
	SB_AUTO_FREE char *path = sb_xasprintf("layers/%s", key);
	struct sb_error ignored = { 0 };
	struct stat st;

	if (fstatat(store->dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0 || sb_wall() - st.st_ctim.tv_sec > YOUNG)
		return;
	SB_AUTO_CLOSE int layers = sb_open_dir(store->dir, "layers", &ignored);

	if (layers >= 0)
		(void)!sb_sync_dir(layers, &ignored);
}

char *sb_store_layer(const struct sb_store *store, const char *key)
{
	SB_AUTO(sb_lock) lock = SB_LOCK_INIT;
	struct sb_error err = { 0 };

	if (!sb_is_digest(key))
		return NULL;
	if (sb_store_lock(&lock, store, "looking up a layer", &err) < 0) {
		if (store->log)
			sb_log_warn(store->log, "a layer of the store is not used: %s", err.text);
		return NULL;
	}
	if (!touch_layer(store, key))
		return NULL;
	sb_lock_release(&lock);
	sync_young(store, key);
	return sb_store_layer_path(store, key);
}

/* A folder under a temporary name in layers/, with the tree and layer.json, all of it synced. */
static int make_layer(int layers, const char *temp, const char *key, const char *path,
		      const struct sb_contents *contents, struct sb_error *err)
{
	SB_AUTO_CLOSE int dir = sb_open_dir(layers, temp, err);
	SB_AUTO_JSON json_t *facts = sb_json_new_object();
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(4096);
	char stamp[SB_STAMP_MAX];

	if (dir < 0)
		return -1;
	if (renameat(AT_FDCWD, path, dir, "tree") < 0) {
		sb_fail_sys(err, "move %s into the store", path);
		if (errno == EXDEV)
			sb_error_fix(err, "keep the whole of slugbuild.root on one filesystem");
		return -1;
	}
	SB_AUTO_CLOSE int tree = sb_open_dir(dir, "tree", err);

	if (tree < 0 || (contents ? sb_contents_write(contents, tree, SB_CONTENTS_BESIDE, err)
				  : sb_folder_seal(tree, err)) < 0)
		return -1;
	if (fchmod(tree, 0555) < 0)
		return sb_fail_sys(err, "chmod the layer");
	sb_stamp(stamp, sb_wall());
	sb_json_set_text(facts, "key", key);
	sb_json_set_text(facts, "created", stamp);
	sb_json_print(&text, facts);
	if (sb_write_file(dir, "layer.json", 0644, sb_buffer_span(&text), err) < 0)
		return -1;
	if (syncfs(dir) < 0)
		return sb_fail_sys(err, "sync the layer %s", key);
	return 0;
}

char *sb_store_keep_layer(struct sb_store *store, const char *key, const char *path,
			  const struct sb_contents *contents, struct sb_error *err)
{
	SB_AUTO(sb_lock) lock = SB_LOCK_INIT;
	SB_AUTO_CLOSE int layers = sb_open_dir(store->dir, "layers", err);
	SB_AUTO_FREE char *temp = NULL;
	struct sb_error ignored = { 0 };

	if (layers < 0)
		return NULL;
	if (!sb_is_digest(key)) {
		sb_fail(err, SB_EINPUT, "a layer's key is a SHA-256, not \"%s\"", key);
		return NULL;
	}
	SB_AUTO_CLOSE int dir = sb_make_temp_dir(layers, &temp, 0755, err);

	if (dir < 0)
		return NULL;
	bool moved = make_layer(layers, temp, key, path, contents, err) == 0 &&
		     sb_store_lock(&lock, store, "keeping a layer", err) == 0 &&
		     sb_rename_new_unsynced(layers, temp, layers, key, err) == 0;
	/* Another build kept the same layer first: equal keys are equal layers. */
	bool kept = moved || (lock.fd >= 0 && err->code == SB_EAGAIN && touch_layer(store, key));

	sb_lock_release(&lock);
	if (!moved)
		(void)!sb_remove_tree(layers, temp, &ignored);
	if (!kept)
		return NULL;
	*err = (struct sb_error) { 0 };
	return sb_sync_dir(layers, err) < 0 ? NULL : sb_store_layer_path(store, key);
}

char *sb_store_slug_path(const struct sb_store *store, const char *sha256)
{
	return sb_xasprintf("%s/slugs/%s.tar.gz", store->path, sha256);
}

bool sb_store_slug_sealed(const struct stat *st, const char *sha256)
{
	return st->st_mtim.tv_sec == sb_entry_mtime(sha256) && st->st_mtim.tv_nsec == 0;
}

void sb_store_slug_seal(int fd, const char *sha256)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = sb_entry_mtime(sha256) } };

	/* Without it the file is hashed the next time too. */
	(void)!futimens(fd, times);
}

int sb_store_stage_slug(const struct sb_store *store, const char *name, const char *sha256,
			struct sb_error *err)
{
	SB_AUTO_CLOSE int tmp = sb_open_dir(store->dir, "tmp", err);
	SB_AUTO_FREE char *to = sb_xasprintf("%s.tar.gz", sha256);

	if (tmp < 0)
		return -1;
	if (!sb_is_digest(sha256))
		return sb_fail(err, SB_EINPUT, "a slug's name is a SHA-256, not \"%s\"", sha256);
	SB_AUTO_CLOSE int fd = openat(tmp, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		sb_store_slug_seal(fd, sha256);
	if (renameat(tmp, name, tmp, to) < 0)
		return sb_fail_sys(err, "stage the slug %s", name);
	return sb_sync_dir(tmp, err);
}

int sb_store_keep_slug(const struct sb_store *store, const char *sha256, struct sb_error *err)
{
	SB_AUTO(sb_lock) lock = SB_LOCK_INIT;
	SB_AUTO_CLOSE int tmp = sb_open_dir(store->dir, "tmp", err);
	SB_AUTO_CLOSE int slugs = tmp < 0 ? -1 : sb_open_dir(store->dir, "slugs", err);
	SB_AUTO_FREE char *name = sb_xasprintf("%s.tar.gz", sha256);

	if (slugs < 0)
		return -1;
	if (!sb_is_digest(sha256))
		return sb_fail(err, SB_EINPUT, "a slug's name is a SHA-256, not \"%s\"", sha256);
	if (sb_store_lock(&lock, store, "keeping a slug", err) < 0)
		return -1;
	/* Replaces a kept one, which has the same bytes: then it is as young as this use. */
	int why = renameat(tmp, name, slugs, name) == 0 ? 0 : errno;
	bool kept = !why || (why == ENOENT && faccessat(slugs, name, F_OK, 0) == 0);

	sb_lock_release(&lock);
	if (kept)
		return sb_sync_dir(slugs, err) < 0 || (!why && sb_sync_dir(tmp, err) < 0) ? -1 : 0;
	if (why == ENOENT)
		return sb_fail(err, SB_ENOENT, "the slug %s is not in the store", sha256);
	errno = why;
	return sb_fail_sys(err, "keep the slug %s", sha256);
}

void sb_store_release(struct sb_store *store)
{
	sb_autoclose(&store->root);
	sb_autoclose(&store->dir);
	sb_autoclose(&store->pieces);
	free(store->path);
	free(store->root_path);
	free(store->pieces_path);
	*store = (struct sb_store)SB_STORE_INIT;
}
