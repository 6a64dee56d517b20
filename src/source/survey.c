#include "base/base.h"
#include "base/sha256.h"
#include "source/walk.h"
#include "sys/child.h"
#include "sys/notes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALL 64 /* entries: as many are read as quickly as a note */
#define NOTE_MAX 128
#define LOUD "loud"

enum { QUIET = 1, NOT_QUIET = 0, UNKNOWN = -1 };

/* What one sum may cost: no more than the walk that it saves. */
struct sums {
	struct sb_repo *repo;
	const struct sb_survey *survey;
	int64_t left;       /* entries */
	int64_t bytes, n;   /* of the tree objects from the first folder down to here */
	size_t depth;
};

static void key_of(char key[SB_DIGEST_HEX], const char *tree, const struct sb_survey *survey)
{
	SB_AUTO(sb_sha256) hash = { 0 };

	sb_note_key(&hash, "tree sum 2");
	sb_sha256_field(&hash, survey->about);
	sb_sha256_field(&hash, tree);
	sb_sha256_finish(&hash, key);
}

static int recall(struct sb_tree_sum *out, const struct sums *sums, const char *key)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(NOTE_MAX);

	if (!sb_note_find(&text, sums->survey->settings, "tree", key))
		return UNKNOWN;
	if (sb_span_is(sb_buffer_span(&text), LOUD))
		return NOT_QUIET;
	if (sscanf(text.p, "%" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64, &out->entries,
		   &out->height, &out->path, &out->bytes, &out->chain) != 5)
		return UNKNOWN;
	return QUIET;
}

static void keep(const struct sb_tree_sum *sum, const struct sums *sums, const char *key, int answer)
{
	char text[NOTE_MAX] = LOUD;

	if (answer == QUIET)
		snprintf(text, sizeof(text), "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64,
			 sum->entries, sum->height, sum->path, sum->bytes, sum->chain);
	sb_note_keep(sums->survey->settings, "tree", key, sb_span_of(text));
}

static void raise_to(int64_t *value, int64_t other)
{
	if (*value < other)
		*value = other;
}

static int sum_up(struct sb_tree_sum *out, struct sums *sums, const char *tree);

/* Folds one entry of a folder, and what is below it, into the folder's sum. */
static int add_entry(struct sb_tree_sum *out, struct sums *sums, const struct sb_entry *entry)
{
	int64_t name = (int64_t)strlen(entry->name);
	struct sb_tree_sum below = { 0 };
	int answer;

	raise_to(&out->path, name);
	if (entry->kind != SB_DIR)
		return QUIET;
	answer = sum_up(&below, sums, entry->oid);
	if (answer != QUIET)
		return answer;
	out->entries += below.entries;
	raise_to(&out->height, below.height);
	raise_to(&out->bytes, below.bytes);
	raise_to(&out->chain, below.chain);
	if (below.path)
		raise_to(&out->path, name + 1 + below.path);
	return QUIET;
}

static int add_level(struct sb_tree_sum *out, struct sums *sums, const struct sb_tree *level)
{
	int answer = sums->survey->quiet(sums->survey->ctx, level) ? QUIET : NOT_QUIET;

	out->entries = (int64_t)level->n;
	sums->left -= out->entries;
	sums->bytes += (int64_t)level->bytes;
	sums->n += out->entries;
	sums->depth++;
	if (sums->left < 0 || sums->bytes > SB_TREE_BYTES || sums->n > SB_TREE_ENTRIES)
		answer = UNKNOWN;
	for (size_t i = 0; i < level->n && answer == QUIET; i++)
		answer = add_entry(out, sums, &level->entry[i]);
	sums->depth--;
	sums->n -= (int64_t)level->n;
	sums->bytes -= (int64_t)level->bytes;
	out->height++;
	out->bytes += (int64_t)level->bytes;
	out->chain += (int64_t)level->n;
	return answer;
}

static int sum_up(struct sb_tree_sum *out, struct sums *sums, const char *tree)
{
	SB_AUTO(sb_tree) level = { 0 };
	struct sb_error unseen = { 0 };
	char key[SB_DIGEST_HEX];

	key_of(key, tree, sums->survey);

	int answer = recall(out, sums, key);

	if (answer == QUIET && (sums->left -= out->entries) < 0)
		return UNKNOWN;
	/* Deeper than that, some path is too long. */
	if (answer != UNKNOWN || sums->depth > SB_PATH_MAX / 2 || sb_cancel_asked())
		return answer;
	if (sb_tree_read(&level, sums->repo, tree, "", &unseen) < 0)
		return UNKNOWN;
	*out = (struct sb_tree_sum){ 0 };
	answer = add_level(out, sums, &level);
	if (answer != UNKNOWN && out->entries > SMALL)
		keep(out, sums, key, answer);
	return answer;
}

int sb_tree_sum(struct sb_tree_sum *out, struct sb_repo *repo, const char *tree,
		const struct sb_survey *survey, int64_t max)
{
	struct sums sums = { .repo = repo, .survey = survey, .left = max };

	*out = (struct sb_tree_sum){ 0 };
	return sum_up(out, &sums, tree);
}
