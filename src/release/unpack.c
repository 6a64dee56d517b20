#include "base/base.h"
#include "release/ledger.h"
#include "slug/slug.h"
#include "sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHEAP (256 << 20) /* bytes that are hashed in a fraction of a second */

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
	if ((st.st_size <= CHEAP ||
	     !strcmp(sb_json_text(release->facts, "kind", ""), "rollback")) &&
	    check_digest(fd, path, sha256, err) < 0)
		return -1;
	return SB_STEAL_FD(fd);
}

/* The kept layer's folder, or NULL where the slug's own copy is wanted. Owned. */
static char *find_layer(const struct sb_app *app, const struct sb_release *release,
			const struct sb_settings *settings)
{
	const char *key = sb_json_text(release->facts, "deps_key", "");

	return settings->release_copy || !sb_is_digest(key) ? NULL
							    : sb_store_layer(app->store, key);
}

/*
 * All but the dependency layer, whose members are not even read: the facts know where each layer
 * lies in the slug. Facts that do not add up are no reason to fail: then all of it is read.
 */
static int unpack_rest(int slug, int dir, const json_t *facts, const char *const *skip,
		       struct sb_error *err)
{
	const json_t *layers = sb_json_at(facts, "layers");
	int64_t total = 0, at = 0;
	json_t *layer;
	size_t i;

	json_array_foreach((json_t *)layers, i, layer) total +=
		sb_json_int(layer, "size", INT32_MAX);
	if (!skip[0] || !total || total > sb_json_int(facts, "size", 0))
		return sb_slug_unpack(slug, dir, skip, err);
	json_array_foreach((json_t *)layers, i, layer)
	{
		int64_t size = sb_json_int(layer, "size", 0);

		if (size && strcmp(sb_json_text(layer, "name", ""), "python") != 0 &&
		    sb_slug_unpack_part(slug, at, size, dir, skip, err) < 0)
			return -1;
		at += size;
	}
	return 0;
}

static int fill(int slug, int dir, const char *layer, const json_t *facts, struct sb_error *err)
{
	const char *skip[SB_COUNT(parts) + 1] = { NULL };
	char names[SB_COUNT(parts)][32];
	size_t n = 0;

	for (size_t i = 0; layer && i < SB_COUNT(parts); i++) {
		SB_AUTO_FREE char *target = sb_xasprintf("%s/.slugbuild/%s", layer, parts[i]);

		if (faccessat(AT_FDCWD, target, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		snprintf(names[n], sizeof(names[n]), ".slugbuild/%s", parts[i]);
		skip[n] = names[n];
		n++;
	}
	if (unpack_rest(slug, dir, facts, skip, err) < 0)
		return -1;
	if (n) {
		SB_AUTO_CLOSE int made = sb_make_dirs_at(dir, ".slugbuild", 0755, err);

		if (made < 0)
			return -1;
	}
	for (size_t i = 0; i < n; i++) {
		SB_AUTO_FREE char *target = sb_xasprintf("%s/%s", layer, names[i]);

		if (symlinkat(target, dir, names[i]) < 0)
			return sb_fail_sys(err, "link %s", names[i]);
	}
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
	SB_AUTO_FREE char *layer = slug < 0 ? NULL : find_layer(app, release, settings);
	SB_AUTO_CLOSE int dir = slug < 0 ? -1 : sb_make_temp_dir(folder, &temp, 0755, err);

	if (dir < 0)
		return -1;
	if (fill(slug, dir, layer, sb_json_at(release->facts, "slug"), err) == 0 &&
	    sb_rename_new(folder, temp, folder, "app", err) == 0)
		return 0;
	(void)!sb_remove_tree(folder, temp, &ignored);
	return sb_wrap(err, "unpack v%d", release->number);
}
