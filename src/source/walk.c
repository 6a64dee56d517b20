#include "base/base.h"
#include "source/tree.h"
#include "source/walk.h"
#include "sys/child.h"

#include <stdlib.h>
#include <string.h>

#define ASK_EVERY 64 /* entries between two looks at whether we are cancelled */

struct walk {
	struct sb_repo *repo;
	const struct sb_walk_limits *limits;
	const struct sb_survey *survey; /* or NULL */
	int (*visit)(void *ctx, const char *path, const struct sb_entry *entry,
		     struct sb_error *err);
	void *ctx;
	char path[SB_PATH_MAX + 1];
	size_t n; /* bytes of path */
	int64_t files, depth;
	size_t held, entries; /* of the tree objects from the root down to here */
};

static int fail_limit(struct walk *walk, struct sb_error *err, const char *what, int64_t limit)
{
	sb_fail(err, SB_ELIMIT, "\"%s\": %s; the limit is %lld", walk->path, what,
		(long long)limit);
	sb_error_where(err, "%s", walk->path);
	return -1;
}

static int append(struct walk *walk, const char *name, struct sb_error *err)
{
	struct sb_span rest = sb_span_of(name);
	size_t slash = walk->n ? 1 : 0;

	if (walk->n + slash + rest.n > SB_PATH_MAX)
		return fail_limit(walk, err, "a path below it is too long, in bytes", SB_PATH_MAX);
	if (slash)
		walk->path[walk->n++] = '/';
	memcpy(walk->path + walk->n, rest.p, rest.n + 1);
	walk->n += rest.n;
	return 0;
}

static int walk_tree(struct walk *walk, const char *tree, struct sb_error *err);

/* Whether a walk of it would meet none of its limits. */
static bool fits(const struct walk *walk, const struct sb_tree_sum *sum)
{
	int64_t depth = walk->limits ? walk->limits->depth : 0;

	return (depth <= 0 || walk->depth + sum->height <= depth) &&
	       (!sum->path || (int64_t)walk->n + 1 + sum->path <= SB_PATH_MAX) &&
	       (int64_t)walk->held + sum->bytes <= SB_TREE_BYTES &&
	       (int64_t)walk->entries + sum->chain <= SB_TREE_ENTRIES;
}

/* Whether a folder need not be entered; then it is counted. What is too large or cannot be read is
 * entered: the walk says what is wrong, and where, and after that nothing is summed up in vain. */
static bool pass_by(struct walk *walk, const char *tree)
{
	int64_t files = walk->limits ? walk->limits->files : 0;
	struct sb_tree_sum sum;

	if (!walk->survey)
		return false;

	int quiet = sb_tree_sum(&sum, walk->repo, tree, walk->survey,
				files > 0 ? files - walk->files : INT32_MAX);

	if (quiet < 0)
		walk->survey = NULL;
	if (quiet < 1 || !fits(walk, &sum))
		return false;
	walk->files += sum.entries;
	return true;
}

static int walk_entry(struct walk *walk, const struct sb_entry *entry, struct sb_error *err)
{
	const struct sb_walk_limits *limits = walk->limits;

	if (++walk->files % ASK_EVERY == 0 && sb_cancel_asked())
		return sb_fail(err, SB_ECANCEL, "cancelled: %s", sb_cancel_asked());
	if (limits && limits->files > 0 && walk->files > limits->files)
		return fail_limit(walk, err, "more files and folders than may be", limits->files);
	int rc = walk->visit(walk->ctx, walk->path, entry, err);

	if (rc < 0)
		return -1;
	if (entry->kind != SB_DIR || rc == SB_SKIP || (rc != SB_ENTER && pass_by(walk, entry->oid)))
		return 0;
	return walk_tree(walk, entry->oid, err);
}

static int walk_entries(struct walk *walk, const struct sb_tree *level, struct sb_error *err)
{
	SB_AUTO_FREE const struct sb_entry **sorted = sb_tree_sorted(level);
	size_t above = walk->n;
	int rc = 0;

	for (size_t i = 0; i < level->n && rc == 0; i++) {
		rc = append(walk, sorted[i]->name, err);
		if (rc == 0)
			rc = walk_entry(walk, sorted[i], err);
		walk->n = above;
		walk->path[above] = '\0';
	}
	return rc;
}

/* Recursion is as deep as a path of SB_PATH_MAX bytes, at most. */
static int walk_tree(struct walk *walk, const char *tree, struct sb_error *err)
{
	SB_AUTO(sb_tree) level = { 0 };
	int64_t depth = walk->limits ? walk->limits->depth : 0;

	if (depth > 0 && walk->depth >= depth)
		return fail_limit(walk, err, "folders too deep in each other", depth);
	if (sb_tree_read(&level, walk->repo, tree, walk->path, err) < 0)
		return -1;
	/* Folders nested in each other are held at once: memory stays bounded for any tree. */
	if (walk->held + level.bytes > SB_TREE_BYTES || walk->entries + level.n > SB_TREE_ENTRIES)
		return fail_limit(walk, err, "folders too large in each other, in entries",
				  SB_TREE_ENTRIES);
	walk->held += level.bytes;
	walk->entries += level.n;
	walk->depth++;
	int rc = walk_entries(walk, &level, err);

	walk->depth--;
	walk->held -= level.bytes;
	walk->entries -= level.n;
	return rc;
}

int sb_tree_walk(struct sb_repo *repo, const char *tree, const struct sb_walk_limits *limits,
		 int (*visit)(void *ctx, const char *path, const struct sb_entry *entry,
			      struct sb_error *err),
		 void *ctx, struct sb_error *err)
{
	struct walk walk = { .repo = repo, .limits = limits, .visit = visit, .ctx = ctx };

	return walk_tree(&walk, tree, err);
}

int sb_tree_survey(struct sb_repo *repo, const char *tree, const struct sb_walk_limits *limits,
		   const struct sb_survey *survey,
		   int (*visit)(void *ctx, const char *path, const struct sb_entry *entry,
				struct sb_error *err),
		   void *ctx, struct sb_error *err)
{
	struct walk walk = {
		.repo = repo, .limits = limits, .survey = survey, .visit = visit, .ctx = ctx
	};

	return walk_tree(&walk, tree, err);
}
