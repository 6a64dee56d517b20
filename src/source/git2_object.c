#include "source/cat.h"
#include "source/git.h"
#include "source/git2.h"
#include "source/memory.h"

#define NEAR (1 << 20) /* beyond an object's limit: libgit2's own needs */

static enum sb_object_type type_of(git_object_t type)
{
	switch (type) {
	case GIT_OBJECT_COMMIT:
		return SB_OBJECT_COMMIT;
	case GIT_OBJECT_TREE:
		return SB_OBJECT_TREE;
	case GIT_OBJECT_BLOB:
		return SB_OBJECT_BLOB;
	case GIT_OBJECT_TAG:
		return SB_OBJECT_TAG;
	default:
		return SB_OBJECT_UNKNOWN;
	}
}

/* NULL, with err, where the repository has no objects to read. */
static git_odb *open_id(git_oid *id, struct sb_repo *repo, const char *hex, struct sb_error *err)
{
	git_odb *odb = NULL;

	/* Borrowed in effect: the repository holds it as well. */
	if (git_repository_odb(&odb, repo->git) < 0 || git_oid_fromstr(id, hex) < 0)
		(void)!sb_fail(err, SB_ESYS, "%s: %s", repo->path, sb_git_says());
	git_odb_free(odb);
	return odb;
}

static int fail_to_read(int rc, const struct sb_repo *repo, const char *hex, struct sb_error *err)
{
	if (rc == GIT_ENOTFOUND)
		return sb_object_missing(repo, hex, err);
	/* A disk or a limit of the machine is no fault of what was pushed. */
	const git_error *why = git_error_last();

	return sb_fail(err, why && why->klass == GIT_ERROR_OS ? SB_ESYS : SB_EINPUT,
		       "object %s cannot be read: %s", hex, sb_git_says());
}

int sb_git2_header(struct sb_repo *repo, const char *hex, enum sb_object_type *type, int64_t *size,
		   struct sb_error *err)
{
	git_object_t found = GIT_OBJECT_INVALID;
	size_t n = 0;
	git_oid id;
	git_odb *odb = open_id(&id, repo, hex, err);

	if (!odb)
		return -1;
	int rc = git_odb_read_header(&n, &found, odb, &id);

	if (rc < 0)
		return fail_to_read(rc, repo, hex, err);
	*type = type_of(found);
	*size = (int64_t)n;
	return 0;
}

static void drop(void *own)
{
	git_odb_object_free(own);
}

/* What is far too large is not made to learn that: `ceiling` is what libgit2 may ask for at once. */
static int read_under(git_odb_object **out, git_odb *odb, const git_oid *id, size_t ceiling)
{
	size_t was = sb_memory_ceiling(ceiling);
	int rc = git_odb_read(out, odb, id);

	sb_memory_ceiling(was);
	return rc;
}

static int take_object(struct sb_object **out, git_odb_object *object, const char *hex,
		       enum sb_object_type type, size_t max, struct sb_error *err)
{
	struct sb_span bytes = { git_odb_object_data(object), git_odb_object_size(object) };

	if (sb_object_unfit(hex, type, type_of(git_odb_object_type(object)), (int64_t)bytes.n, max, err) < 0) {
		git_odb_object_free(object);
		return -1;
	}
	*out = sb_object_new(bytes, object, drop);
	return 0;
}

/*
 * One look-up where all is well. Only what cannot be made within its limit, which a delta of
 * something larger cannot either, is asked for its header.
 */
int sb_git2_read(struct sb_object **out, struct sb_repo *repo, const char *hex,
		 enum sb_object_type type, size_t max, struct sb_error *err)
{
	enum sb_object_type found = SB_OBJECT_UNKNOWN;
	size_t near = max < SB_MEMORY_OBJECT - NEAR ? max + NEAR : SB_MEMORY_OBJECT;
	git_odb_object *object = NULL;
	int64_t size = 0;
	git_oid id;
	git_odb *odb = open_id(&id, repo, hex, err);

	if (!odb)
		return -1;
	if (read_under(&object, odb, &id, near) == 0)
		return take_object(out, object, hex, type, max, err);
	if (sb_git2_header(repo, hex, &found, &size, err) < 0 ||
	    sb_object_unfit(hex, type, found, size, max, err) < 0)
		return -1;
	int rc = read_under(&object, odb, &id, SB_MEMORY_OBJECT);

	if (rc < 0)
		return fail_to_read(rc, repo, hex, err);
	return take_object(out, object, hex, type, max, err);
}

int sb_git2_stream(struct sb_repo *repo, const char *hex,
		   int (*take)(void *ctx, struct sb_span part, struct sb_error *err), void *ctx,
		   struct sb_error *err)
{
	SB_AUTO_OBJECT struct sb_object *object = NULL;
	struct sb_error why = { 0 };

	/* A small one may be a delta of one that is too big to make in memory. */
	if (sb_git2_read(&object, repo, hex, SB_OBJECT_BLOB, SB_BLOB_INLINE, &why) < 0)
		return sb_cat_stream(repo, hex, take, ctx, err);
	return object->bytes.n ? take(ctx, object->bytes, err) : 0;
}

bool sb_git2_descends(struct sb_repo *repo, const char *hex, const char *ancestor)
{
	git_oid from, to;

	return git_oid_fromstr(&from, hex) == 0 && git_oid_fromstr(&to, ancestor) == 0 &&
	       git_graph_descendant_of(repo->git, &from, &to) == 1;
}
