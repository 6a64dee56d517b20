#ifndef SB_SLUGS_H
#define SB_SLUGS_H

#include "scratch.h"
#include "slug/reader.h"
#include "slug/slug.h"
#include "sys/files.h"
#include "sys/settle.h"

#include <fcntl.h>
#include <sys/stat.h>

/* What the tests of slug/ share: a store, layers of folders in the scratch folder, slugs. */

static struct sb_settings slug_settings = { .level = 6, .slug_bytes = 1LL << 40 };

SB_UNUSED static int open_at(const char *name)
{
	int fd = open(at(name), O_RDONLY | O_DIRECTORY);

	assert_true(fd >= 0);
	return fd;
}

/* The store in the folder `name`, which is made where missing. */
SB_UNUSED static struct sb_piece_store store_at(const char *name)
{
	static char paths[64][512];
	static int turn;
	char *path = paths[turn = (turn + 1) % 64];

	snprintf(path, sizeof(paths[0]), "%s", at(name));
	mkdir(path, 0755);
	return (struct sb_piece_store) { .dir = open_at(name), .path = path };
}

SB_UNUSED static struct sb_layer layer_of(const char *folder, const char *key,
					  const struct sb_piece_store *store)
{
	SB_AUTO_CLOSE int dir = open_at(folder);
	struct sb_layer layer = { 0 };
	struct sb_error err = { 0 };

	if (sb_layer_from_folder(&layer, folder, dir, key, store, &slug_settings, &err) < 0)
		fail_msg("%s", err.text);
	return layer;
}

SB_UNUSED static void settle_at(const char *folder)
{
	SB_AUTO_CLOSE int dir = open_at(folder);
	struct sb_error err = { 0 };

	assert_int_equal(sb_folder_settle(dir, &err), 0);
}

/* Writes a slug of layers under `name`; its digest. Borrowed until the next call. */
SB_UNUSED static const char *slug_of(const char *name, const struct sb_layer *layers, size_t n)
{
	static struct sb_slug slug;
	SB_AUTO_CLOSE int dir = open(scratch, O_RDONLY | O_DIRECTORY);
	struct sb_error err = { 0 };

	if (sb_slug_write(&slug, layers, n, dir, name, &slug_settings, &err) < 0)
		fail_msg("%s", err.text);
	return slug.sha256;
}

SB_UNUSED static int unpack_at(const char *slug, const char *folder, const char *const *skip,
			       struct sb_error *err)
{
	SB_AUTO_CLOSE int fd = open(at(slug), O_RDONLY);

	mkdir(at(folder), 0755);
	SB_AUTO_CLOSE int dir = open_at(folder);

	return sb_slug_unpack(fd, dir, skip, err);
}

/* The same as one layer, whose files are made in parallel. */
SB_UNUSED static int unpack_beside_at(const char *slug, const char *folder, const char *const *skip,
				      struct sb_error *err)
{
	SB_AUTO_CLOSE int fd = open(at(slug), O_RDONLY);
	int64_t size;

	mkdir(at(folder), 0755);
	SB_AUTO_CLOSE int dir = open_at(folder);

	return sb_reader_measure(&size, fd, err) < 0 ? -1 : sb_slug_unpack_part(fd, 0, size, dir, skip, err);
}

/* All of a folder as text: type, mode, time, size, target, digest of each entry. */
SB_UNUSED static char *picture(const char *folder)
{
	return strdup(sh("cd %s && find . -mindepth 1 -printf '%%P %%y %%m %%T@ %%l\\0' | LC_ALL=C "
			 "sort -z | "
			 "sha256sum; find . -type f -print0 | LC_ALL=C sort -z | xargs -0r "
			 "sha256sum | sha256sum",
			 folder));
}

#endif
