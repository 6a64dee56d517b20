#ifndef SB_SLUG_H
#define SB_SLUG_H

#include "base/json.h"
#include "base/log.h"
#include "base/settings.h"
#include "base/sha256.h"
#include "slug/layer.h"

/*
 * A slug: one .tar.gz, a sequence of gzip members that each hold whole tar entries.
 * It is put together from the pieces of its layers, hashed on the way, and ends in a
 * member of its own with the two zero blocks, whose bytes are always the same: a slug that
 * was cut short is known by that.
 *
 *	SB_AUTO(sb_slug) slug = { 0 };
 *
 *	if (sb_slug_write(&slug, layers, n, out_dir, "name.tar.gz", settings, err) < 0)
 *		return -1;
 *
 * Same layers: same bytes. The file appears, synced, under its name, or not at all.
 * Past settings->slug_bytes: SB_ELIMIT, and the ten largest paths are in err->fix.
 */
struct sb_slug {
	char sha256[SB_DIGEST_HEX];
	int64_t size;     /* of the file */
	int64_t unpacked; /* bytes of regular files */
	int64_t files;
};

int sb_slug_write(struct sb_slug *out, const struct sb_layer *layers, size_t n, int dir,
		  const char *name, const struct sb_settings *settings,
		  struct sb_error *err) SB_MUST_CHECK;

/*
 * Unpacks a slug that we wrote below `dir` (an empty folder): nothing is followed, nothing leaves
 * the folder, modes and mtimes as stored. `skip` (NULL, or paths with a NULL behind them) leaves
 * out names at or below each (".slugbuild/python" when the release links to the store instead).
 * What is damaged or not of our making is SB_EINPUT; the folder is then half full.
 */
int sb_slug_unpack(int fd, int dir, const char *const *skip, struct sb_error *err) SB_MUST_CHECK;

/* The same for `size` bytes from `at` on: the pieces of one layer, by its size in the release's facts.
 * Nothing before or behind is read. A layer has no name twice: its files are made in parallel. */
int sb_slug_unpack_part(int fd, int64_t at, int64_t size, int dir, const char *const *skip,
			struct sb_error *err) SB_MUST_CHECK;

/* A layer, straight from its pieces. */
int sb_layer_unpack(const struct sb_layer *layer, int dir, struct sb_error *err) SB_MUST_CHECK;

/* What lies in a slug: calls `each` (0, or -1 to stop) for every entry; a path that two layers hold
 * comes twice, the later one counts. Also checks the digest when `sha256` is given. */
struct sb_slug_entry {
	const char *path, *link; /* link NULL unless a symlink */
	unsigned mode;
	int64_t size, mtime;
	bool is_dir;
};
int sb_slug_list(int fd, const char *sha256,
		 int (*each)(void *ctx, const struct sb_slug_entry *entry), void *ctx,
		 struct sb_error *err) SB_MUST_CHECK;

/* One file out of a slug ("…/.slugbuild/release.json"); SB_ENOENT. */
int sb_slug_file(struct sb_buffer *out, int fd, const char *path,
		 struct sb_error *err) SB_MUST_CHECK;

void sb_slug_release(struct sb_slug *slug);

#endif
