#include "base/base.h"
#include "source/backend.h"

#include <string.h>

int sb_repo_resolve(struct sb_repo *repo, const char *rev, char oid[SB_OID_MAX + 1],
		    struct sb_error *err)
{
	return repo->backend->resolve(repo, rev, oid, err);
}

int sb_repo_ref(struct sb_repo *repo, const char *ref, char oid[SB_OID_MAX + 1],
		struct sb_error *err)
{
	struct sb_commit commit;
	char at[SB_OID_MAX + 1];

	if (repo->backend->ref(repo, ref, at, err) < 0)
		return -1;
	if (!at[0]) {
		oid[0] = '\0';
		return 0;
	}
	if (sb_repo_commit(repo, at, &commit, err) < 0)
		return sb_wrap(err, "%s", ref);
	memcpy(oid, commit.oid, sizeof(commit.oid));
	return 0;
}

int sb_repo_head(struct sb_repo *repo, char ref[SB_REF_MAX + 1], struct sb_error *err)
{
	return repo->backend->head(repo, ref, err);
}
