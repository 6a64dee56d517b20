#include "source/git.h"
#include "source/cat.h"
#include "source/owner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Kinds of repository that libgit2 cannot read, by the extension in their config. */
static const struct {
	const char *extension, *what, *fix;
} foreign[] = {
	{ "objectformat", "uses SHA-256 object ids",
	  "make it anew with SHA-1 ids: git init --bare --object-format=sha1 DIR" },
	{ "refstorage", "keeps its refs as reftables",
	  "move them to files: git refs migrate --ref-format=files" },
	{ "partialclone", "is a partial clone, with objects missing",
	  "make a full one: git clone without --filter" },
	{ "relativeworktrees", "has work trees with relative paths",
	  "link them anew: git -c worktree.useRelativePaths=false worktree repair" },
};

static int fail_by_extension(const char *path, const char *name, struct sb_error *err)
{
	for (size_t i = 0; i < SB_COUNT(foreign); i++)
		if (!strcasecmp(name, foreign[i].extension)) {
			sb_fail(err, SB_ECONFIG,
				"the repository %s %s (extensions.%s), which "
				"slugbuild cannot read",
				path, foreign[i].what, name);
			sb_error_fix(err, "%s", foreign[i].fix);
			return -1;
		}
	return sb_fail(err, SB_ECONFIG,
		       "the repository %s uses extensions.%s, which slugbuild does not know", path,
		       name);
}

/* Puts libgit2's refusal into words. */
static int explain(int rc, const char *path, struct sb_error *err)
{
	static const char unsupported[] = "unsupported extension name extensions.";
	SB_AUTO_FREE char *says = sb_xstrdup(sb_git_says());
	SB_AUTO_FREE char *real = realpath(path, NULL);
	const char *name = real ? real : path;

	if (!strncmp(says, unsupported, sizeof(unsupported) - 1))
		return fail_by_extension(name, says + sizeof(unsupported) - 1, err);
	if (!real && errno == ENOENT)
		return sb_fail(err, SB_ENOENT, "%s does not exist", path);
	if (!real)
		return sb_fail_sys(err, "%s", path);
	if (access(name, R_OK | X_OK) < 0)
		return sb_fail_sys(err, "the repository %s", name);
	if (rc == GIT_ENOTFOUND)
		return sb_fail(err, SB_ENOENT, "%s is no git repository", name);
	return sb_fail(err, SB_ECONFIG, "the repository %s cannot be opened: %s", name, says);
}

static char *path_of(git_repository *git)
{
	char *path = sb_xstrdup(git_repository_path(git));
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		path[--n] = '\0';
	return path;
}

int sb_repo_open(struct sb_repo *repo, const char *path, struct sb_error *err)
{
	SB_GIT_AUTO(git_repository) *git = NULL;
	const char *from = path ? path : getenv("GIT_DIR");
	/* A hook's GIT_DIR may be ".", and only "from the environment" shows the quarantine. */
	unsigned flags = path ? GIT_REPOSITORY_OPEN_NO_SEARCH
			      : GIT_REPOSITORY_OPEN_FROM_ENV | GIT_REPOSITORY_OPEN_NO_SEARCH |
					 GIT_REPOSITORY_OPEN_BARE;

	sb_git_start();
	if (!from || !from[0])
		return sb_fail(err, SB_ENOENT, "no repository: GIT_DIR is not set");
	int rc = git_repository_open_ext(&git, path, flags, NULL);

	if (rc < 0)
		return explain(rc, from, err);
	if (sb_owner_check(git, err) < 0)
		return -1;
	repo->path = path_of(git);
	repo->git = SB_STEAL(git);
	repo->from_environment = !path;
	repo->cat = sb_cat_new(!path);
	return 0;
}

void sb_repo_release(struct sb_repo *repo)
{
	sb_cat_free(repo->cat);
	git_repository_free(repo->git);
	free(repo->path);
	free(repo->git_program);
	*repo = (struct sb_repo) { 0 };
}
