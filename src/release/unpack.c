#include "base/base.h"
#include "release/ledger.h"
#include "slug/slug.h"
#include "sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What the dependency layer brings; each is a symlink into the store where it can be. */
static const char *const parts[] = { "python", "runtime", "src" };

static int damaged(const char *path, const char *how, struct sb_error *err)
{
	sb_fail(err, SB_ESYS, "the slug %s is damaged: %s", path, how);
	sb_error_fix(err, "push or deploy its commit again: slugbuild deploy REV");
	return -1;
}

static int check_digest(int fd, const char *path, const char *sha256, struct sb_error *err)
{
	static char room[1 << 18];
	SB_AUTO(sb_sha256) hash = { 0 };
	char found[SB_DIGEST_HEX];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, room, sizeof(room), at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sb_fail_sys(err, "read %s", path);
		sb_sha256_add(&hash, (struct sb_span) { room, (size_t)n });
		at += n;
	}
	sb_sha256_finish(&hash, found);
	return strcmp(found, sha256) ? damaged(path, "its SHA-256 is another one", err) : 0;
}

static int open_slug(const struct sb_app *app, const struct sb_release *release,
		     struct sb_error *err)
{
	const char *sha256 = sb_json_text(release->facts, "slug.sha256", "");
	int64_t size = sb_json_int(release->facts, "slug.size", -1);

	if (!sb_is_digest(sha256))
		return sb_fail(err, SB_EUSAGE, "release v%d has no slug: nothing was deployed then",
			       release->number);

	SB_AUTO_FREE char *path = sb_store_slug_path(app->store, sha256);
	SB_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return damaged(path, "it is not there", err);
	if (fd < 0 || fstat(fd, &st) < 0)
		return sb_fail_sys(err, "open %s", path);
	if (size >= 0 && st.st_size != size)
		return damaged(path, "its size is another one", err);
	/* What nobody wrote to since is not read for its digest: what is used of it, its gzip checksums
	 * vouch for. That of a push was written a moment ago. */
	if (sb_store_slug_sealed(&st, sha256) || !strcmp(sb_json_text(release->facts, "kind", ""), "deploy"))
		return SB_STEAL_FD(fd);
	if (check_digest(fd, path, sha256, err) < 0)
		return -1;
	sb_store_slug_seal(fd, sha256);
	return SB_STEAL_FD(fd);
}

/* What is linked to the store: paths in the release and their targets. Those are left out when the
 * slug is unpacked, and the layers that hold nothing else are not even read. */
struct links {
	struct sb_list name, target;
	struct sb_list whole; /* names of layers */
};

static void links_release(struct links *links)
{
	sb_list_release(&links->name);
	sb_list_release(&links->target);
	sb_list_release(&links->whole);
}

static void add_packages(struct links *links, const struct sb_app *app, const struct sb_release *release)
{
	const char *key = sb_json_text(release->facts, "deps_key", "");
	SB_AUTO_FREE char *layer = sb_is_digest(key) ? sb_store_layer(app->store, key) : NULL;

	for (size_t i = 0; layer && i < SB_COUNT(parts); i++) {
		SB_AUTO_FREE char *target = sb_xasprintf("%s/.slugbuild/%s", layer, parts[i]);

		if (faccessat(AT_FDCWD, target, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		sb_list_addf(&links->name, ".slugbuild/%s", parts[i]);
		sb_list_add(&links->target, target);
	}
	if (links->name.n)
		sb_list_add(&links->whole, "python");
}

/* What collectstatic made, where the build found that releases may share it (app/share.h). */
static void add_static(struct links *links, const struct sb_app *app, const struct sb_release *release)
{
	const char *root = sb_json_text(release->facts, "shared_static", "");
	const json_t *one;
	size_t i;

	json_array_foreach((json_t *)sb_json_at(release->facts, "slug.layers"), i, one) {
		if (!*root || strcmp(sb_json_text(one, "name", ""), "static") != 0)
			continue;

		SB_AUTO_FREE char *layer = sb_store_layer(app->store, sb_json_text(one, "key", ""));
		SB_AUTO_FREE char *target = layer ? sb_xasprintf("%s/%s", layer, root) : NULL;

		if (!target || faccessat(AT_FDCWD, target, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		sb_list_add(&links->name, root);
		sb_list_add(&links->target, target);
		sb_list_add(&links->whole, "static");
	}
}

/* Facts that do not add up are no reason to fail: then all of the slug is read. */
static int unpack_rest(int slug, int dir, const json_t *facts, const struct links *links,
		       struct sb_error *err)
{
	const char *const *skip = links->name.n ? (const char *const *)links->name.item : NULL;
	const json_t *layers = sb_json_at(facts, "layers");
	int64_t total = 0, at = 0;
	json_t *layer;
	size_t i;

	json_array_foreach((json_t *)layers, i, layer) total +=
		sb_json_int(layer, "size", INT32_MAX);
	if (!total || total > sb_json_int(facts, "size", 0))
		return sb_slug_unpack(slug, dir, skip, err);
	json_array_foreach((json_t *)layers, i, layer)
	{
		int64_t size = sb_json_int(layer, "size", 0);

		if (size && !sb_list_has(&links->whole, sb_json_text(layer, "name", "")) &&
		    sb_slug_unpack_part(slug, at, size, dir, skip, err) < 0)
			return -1;
		at += size;
	}
	return 0;
}

static int make_link(int dir, const char *name, const char *target, struct sb_error *err)
{
	const char *slash = strrchr(name, '/');
	SB_AUTO_FREE char *folder =
		sb_span_dup((struct sb_span) { name, slash ? (size_t)(slash - name) : 0 });
	SB_AUTO_CLOSE int made = slash ? sb_make_dirs_at(dir, folder, 0755, err) : dup(dir);

	if (made < 0)
		return -1;
	return symlinkat(target, made, slash ? slash + 1 : name) < 0 ? sb_fail_sys(err, "link %s", name)
								     : 0;
}

static int fill(int slug, int dir, const struct links *links, const json_t *facts, struct sb_error *err)
{
	if (unpack_rest(slug, dir, facts, links, err) < 0)
		return -1;
	for (size_t i = 0; i < links->name.n; i++)
		if (make_link(dir, links->name.item[i], links->target.item[i], err) < 0)
			return -1;
	/* The name `app` says that all of it is there, also after a power cut. */
	if (syncfs(dir) < 0)
		return sb_fail_sys(err, "sync the release's folder");
	return 0;
}

int sb_release_unpack(const struct sb_app *app, const struct sb_release *release,
		      const struct sb_settings *settings, struct sb_error *err)
{
	SB_AUTO_FREE char *path = sb_release_path(app, release->number, NULL);
	SB_AUTO_CLOSE int folder = sb_open_dir(AT_FDCWD, path, err);
	SB_AUTO_FREE char *temp = NULL;
	struct sb_error ignored = { 0 };

	if (folder < 0)
		return -1;
	if (faccessat(folder, "app", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	sb_sweep(folder, 0);

	SB_AUTO_CLOSE int slug = open_slug(app, release, err);
	__attribute__((cleanup(links_release))) struct links links = { 0 };
	SB_AUTO_CLOSE int dir = slug < 0 ? -1 : sb_make_temp_dir(folder, &temp, 0755, err);

	if (dir < 0)
		return -1;
	if (!settings->release_copy) {
		add_packages(&links, app, release);
		add_static(&links, app, release);
	}
	if (fill(slug, dir, &links, sb_json_at(release->facts, "slug"), err) == 0 &&
	    sb_rename_new(folder, temp, folder, "app", err) == 0)
		return 0;
	(void)!sb_remove_tree(folder, temp, &ignored);
	return sb_wrap(err, "unpack v%d", release->number);
}
