#include "base/base.h"
#include "build/again.h"

#include "base/sha256.h"
#include "sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BESIDE "../again" /* from a layer's tree: the key of the one that is used instead */

/* The tree of the layer that `key` itself names: a descriptor, -1 where there is none. */
static int open_layer(const struct sb_build *build, const char *key)
{
	SB_AUTO_FREE char *path = build->find_layer ? build->find_layer(build->ctx, key) : NULL;
	struct sb_error unseen = { 0 };

	return path ? sb_open_dir(AT_FDCWD, path, &unseen) : -1;
}

char *sb_again_find(const struct sb_build *build, char key[SB_DIGEST_HEX])
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(2 * SB_DIGEST_HEX);
	SB_AUTO_CLOSE int tree = open_layer(build, key);
	struct sb_error unseen = { 0 };

	if (tree >= 0 && sb_read_file(&text, tree, BESIDE, &unseen) == 0 && sb_is_digest(text.p)) {
		char *path = build->find_layer(build->ctx, text.p);

		sb_span_copy(key, SB_DIGEST_HEX, sb_buffer_span(&text));
		return path; /* gone: it is made again, and known for another again */
	}
	return tree >= 0 ? build->find_layer(build->ctx, key) : NULL;
}

/* Lists that were not kept say nothing: then it is as it always was, the one that is there is used. */
static bool differ(int tree, const struct sb_contents *contents)
{
	SB_AUTO(sb_contents) there = { 0 };
	bool same;

	if (!sb_contents_read(&there, tree, SB_CONTENTS_BESIDE))
		return false;
	same = there.n == contents->n;
	for (size_t i = 0; same && i < there.n; i++) {
		const struct sb_content *a = &there.item[i], *b = &contents->item[i];

		same = a->kind == b->kind && a->size == b->size && !strcmp(a->path, b->path) &&
		       !strcmp(a->sha256, b->sha256);
	}
	return !same;
}

int sb_again_key(const struct sb_build *build, const struct sb_contents *contents, char key[SB_DIGEST_HEX],
		 struct sb_error *err)
{
	SB_AUTO_CLOSE int tree = open_layer(build, key);
	SB_AUTO(sb_sha256) hash = { 0 };

	if (tree < 0)
		return 0;
	if (!differ(tree, contents)) {
		if (unlinkat(tree, BESIDE, 0) < 0 && errno != ENOENT)
			return sb_fail_sys(err, "remove what the layer %s says", key);
		return 0;
	}
	sb_sha256_field(&hash, "made again");
	sb_sha256_field(&hash, key);
	for (size_t i = 0; i < contents->n; i++) {
		const char kind[2] = { contents->item[i].kind };

		sb_sha256_field(&hash, kind);
		sb_sha256_field(&hash, contents->item[i].path);
		sb_sha256_field(&hash, contents->item[i].sha256);
	}
	sb_sha256_finish(&hash, key);
	return 0;
}

int sb_again_keep(const struct sb_build *build, const char *key, const char *used, struct sb_error *err)
{
	if (!strcmp(key, used))
		return 0;

	SB_AUTO_CLOSE int tree = open_layer(build, key);
	SB_AUTO_CLOSE int layer = tree < 0 ? -1 : openat(tree, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (layer < 0)
		return 0; /* it was swept meanwhile */
	return sb_write_file(layer, "again", 0644, sb_span_of(used), err);
}
