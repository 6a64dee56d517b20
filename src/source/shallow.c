#include "base/base.h"
#include "source/object.h"
#include "source/commit.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void add_lines(struct sb_list *out, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[SB_OID_MAX + 2];

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (*line && !sb_list_has(out, line))
			sb_list_add(out, line);
	}
	if (file)
		fclose(file);
}

/* While a push from a shallow clone is taken, git keeps what the clone said in shallow_XXXXXX. */
void sb_shallow_cuts(struct sb_list *out, struct sb_repo *repo)
{
	SB_AUTO_FREE char *pattern = sb_xasprintf("%s/shallow_??????", repo->common);
	SB_AUTO(sb_list) said = { 0 };
	SB_AUTO(sb_repo) settled = { 0 };
	struct sb_error ignored = { 0 };
	glob_t found = { 0 };

	/* Where shallow pushes are taken, git names the file itself. */
	if (!repo->from_environment || getenv("GIT_SHALLOW_FILE"))
		return;
	if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			add_lines(&said, found.gl_pathv[i]);
	globfree(&found);
	/* What it had before this push, without the quarantine. */
	if (!said.n || sb_repo_open(&settled, repo->path, &ignored) < 0)
		return;
	for (size_t i = 0; i < said.n; i++)
		if (sb_object_has(repo, said.item[i]) && !sb_object_has(&settled, said.item[i]))
			sb_list_add(out, said.item[i]);
}
