#include "base/base.h"
#include "source/backend.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

static const char *const type_names[] = { "object", "commit", "tree", "blob", "tag" };

const char *sb_object_type_name(enum sb_object_type type)
{
	return type_names[type];
}

enum sb_object_type sb_object_type_of(struct sb_span name)
{
	for (size_t i = 1; i < SB_COUNT(type_names); i++)
		if (sb_span_is(name, type_names[i]))
			return (enum sb_object_type)i;
	return SB_OBJECT_UNKNOWN;
}

int sb_object_id(char out[SB_OID_MAX + 1], const struct sb_repo *repo, const char *hex,
		 struct sb_error *err)
{
	struct sb_span all = sb_span_of(hex);

	if (all.n != repo->id_digits || !sb_span_all(all, "0123456789abcdefABCDEF"))
		return sb_fail(err, SB_EINPUT, "\"%.80s\" is no object id of this repository", hex);
	for (size_t i = 0; i < all.n; i++)
		out[i] = hex[i] >= 'A' && hex[i] <= 'F' ? hex[i] + ('a' - 'A') : hex[i];
	out[all.n] = '\0';
	return 0;
}

bool sb_object_promised(const struct sb_repo *repo)
{
	SB_AUTO_FREE char *pattern = sb_xasprintf("%s/objects/pack/*.promisor", repo->common);
	glob_t found = { 0 };
	bool any = glob(pattern, GLOB_NOSORT, NULL, &found) == 0;

	globfree(&found);
	return any;
}

int sb_object_missing(const struct sb_repo *repo, const char *hex, struct sb_error *err)
{
	if (!sb_object_promised(repo))
		return sb_fail(err, SB_EINPUT, "object %s is missing from the repository", hex);
	sb_fail(err, SB_ECONFIG, "object %s is missing: the server's repository is a partial clone", hex);
	sb_error_fix(err, "on the server: git -C %s fetch --refetch --no-filter, "
			  "then git config --unset extensions.partialClone there", repo->common);
	return -1;
}

int sb_object_unfit(const char *hex, enum sb_object_type type, enum sb_object_type found,
		    int64_t size, size_t max, struct sb_error *err)
{
	const char *what = type == SB_OBJECT_BLOB ? "file" : type_names[type];

	if (found != type)
		return sb_fail(err, SB_EINPUT, "object %s is a %s where a %s was expected", hex,
			       type_names[found], what);
	if ((uint64_t)size > max)
		return sb_fail(err, SB_ELIMIT,
			       "the %s %s has %lld bytes; slugbuild reads at most %zu", what, hex,
			       (long long)size, max);
	return 0;
}

int sb_object_header(struct sb_repo *repo, const char *hex, enum sb_object_type *type,
		     int64_t *size, struct sb_error *err)
{
	char id[SB_OID_MAX + 1];

	if (sb_object_id(id, repo, hex, err) < 0)
		return -1;
	return repo->backend->header(repo, id, type, size, err);
}

int sb_object_read(struct sb_object **out, struct sb_repo *repo, const char *hex,
		   enum sb_object_type type, size_t max, struct sb_error *err)
{
	char id[SB_OID_MAX + 1];

	if (sb_object_id(id, repo, hex, err) < 0)
		return -1;
	return repo->backend->read(out, repo, id, type, max, err);
}

bool sb_object_has(struct sb_repo *repo, const char *hex)
{
	enum sb_object_type type;
	struct sb_error ignored = { 0 };
	int64_t size;

	return sb_object_header(repo, hex, &type, &size, &ignored) == 0;
}

struct sb_object *sb_object_new(struct sb_span bytes, void *own, void (*drop)(void *own))
{
	struct sb_object *object = sb_xcalloc(1, sizeof(*object));

	*object = (struct sb_object) { bytes, own, drop };
	return object;
}

void sb_object_free(struct sb_object *object)
{
	if (!object)
		return;
	object->drop(object->own);
	free(object);
}

void sb_object_put(struct sb_object **p)
{
	sb_object_free(*p);
}
