#include "base/base.h"
#include "base/sha256.h"
#include "source/walk.h"
#include "sys/notes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SMALL 64 /* entries: as many are read as quickly as a note */
#define HEIGHT_MAX 1024
#define NOTE_MAX 128

static void key_of(char key[SB_DIGEST_HEX], const char *tree, const struct sb_survey *survey)
{
	SB_AUTO(sb_sha256) hash = { 0 };

	sb_note_key(&hash, survey->about);
	sb_sha256_field(&hash, tree);
	sb_sha256_finish(&hash, key);
}

static bool recall(struct sb_tree_sum *out, const struct sb_survey *survey, const char *key)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(NOTE_MAX);
	int quiet = 0;

	if (!sb_note_find(&text, survey->settings, "tree", key) ||
	    sscanf(text.p, "%" SCNd64 " %" SCNd64 " %d", &out->entries, &out->height, &quiet) != 3)
		return false;
	out->quiet = quiet == 1;
	return true;
}

static void keep(const struct sb_tree_sum *sum, const struct sb_survey *survey, const char *key)
{
	char text[NOTE_MAX];

	snprintf(text, sizeof(text), "%" PRId64 " %" PRId64 " %d", sum->entries, sum->height, sum->quiet);
	sb_note_keep(survey->settings, "tree", key, sb_span_of(text));
}

static int sum_up(struct sb_tree_sum *out, struct sb_repo *repo, const char *tree, const char *path,
		  const struct sb_survey *survey, int depth, struct sb_error *err)
{
	SB_AUTO(sb_tree) level = { 0 };
	char key[SB_DIGEST_HEX];

	key_of(key, tree, survey);
	if (recall(out, survey, key))
		return 0;
	if (depth > HEIGHT_MAX)
		return sb_fail(err, SB_ELIMIT, "\"%s\": folders too deep in each other", path);
	if (sb_tree_read(&level, repo, tree, path, err) < 0)
		return -1;
	*out = (struct sb_tree_sum){ .entries = (int64_t)level.n, .height = 1, .quiet = survey->quiet(&level) };
	for (size_t i = 0; i < level.n; i++) {
		struct sb_tree_sum below;

		if (level.entry[i].kind != SB_DIR)
			continue;
		if (sum_up(&below, repo, level.entry[i].oid, path, survey, depth + 1, err) < 0)
			return -1;
		out->entries += below.entries;
		if (out->entries > INT32_MAX)
			out->entries = INT32_MAX;
		if (out->height <= below.height)
			out->height = below.height + 1;
		out->quiet = out->quiet && below.quiet;
	}
	if (out->entries > SMALL)
		keep(out, survey, key);
	return 0;
}

int sb_tree_sum(struct sb_tree_sum *out, struct sb_repo *repo, const char *tree, const char *path,
		const struct sb_survey *survey, struct sb_error *err)
{
	return sum_up(out, repo, tree, path, survey, 0, err);
}
