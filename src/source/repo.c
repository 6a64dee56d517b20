#include "source/backend.h"
#include "source/cat.h"
#include "source/git.h"
#include "source/owner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Puts libgit2's refusal into words. */
static int explain(int rc, const char *path, struct sb_error *err)
{
	SB_AUTO_FREE char *says = sb_xstrdup(sb_git_says());
	SB_AUTO_FREE char *real = realpath(path, NULL);
	const char *name = real ? real : path;

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

/* Which extension of git's format libgit2 just stumbled over. Owned, or NULL. */
static char *unsupported(void)
{
	static const char words[] = "unsupported extension name extensions.";
	const char *says = sb_git_says();

	return strncmp(says, words, sizeof(words) - 1) ? NULL
						       : sb_xstrdup(says + sizeof(words) - 1);
}

static char *without_slash(const char *dir)
{
	char *path = sb_xstrdup(dir);
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

	if (rc < 0) {
		SB_AUTO_FREE char *extension = unsupported();

		return extension ? sb_cat_open(repo, path, extension, err) : explain(rc, from, err);
	}
	if (sb_owner_check(git_repository_path(git), git_repository_workdir(git), err) < 0)
		return -1;
	if (!path && sb_git_quoted_alternates(git, err) < 0)
		return -1;
	repo->path = without_slash(git_repository_path(git));
	repo->common = without_slash(git_repository_commondir(git));
	repo->id_digits = GIT_OID_HEXSZ;
	repo->git = SB_STEAL(git);
	repo->backend = &sb_git2_backend;
	repo->from_environment = !path;
	repo->cat = sb_cat_new(repo->path, !path);
	return 0;
}

int sb_repo_open_again(struct sb_repo *repo, const struct sb_repo *of, struct sb_error *err)
{
	if (sb_repo_open(repo, of->from_environment ? NULL : of->path, err) < 0)
		return -1;
	/* Opening may have asked git already. */
	if (of->git_program && !repo->git_program)
		repo->git_program = sb_xstrdup(of->git_program);
	return 0;
}

void sb_repo_release(struct sb_repo *repo)
{
	sb_cat_free(repo->cat);
	if (repo->backend)
		repo->backend->close(repo);
	free(repo->path);
	free(repo->common);
	free(repo->git_program);
	*repo = (struct sb_repo) { 0 };
}
