#include "base/base.h"
#include "source/backend.h"
#include "source/commit.h"

#include <stdio.h>
#include <stdlib.h>
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

/* git's list of commits whose parents were left out, as it is now. */
bool sb_repo_is_shallow(struct sb_repo *repo, const char *oid)
{
	const char *named = repo->from_environment ? getenv("GIT_SHALLOW_FILE") : NULL;
	SB_AUTO_FREE char *path =
		named && named[0] ? sb_xstrdup(named) : sb_xasprintf("%s/shallow", repo->common);
	FILE *file = fopen(path, "re");
	char line[SB_OID_MAX + 2];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = strlen(oid) == strcspn(line, "\n") && !strncmp(line, oid, strlen(oid));
	if (file)
		fclose(file);
	return found;
}
