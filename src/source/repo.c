#include "source/git.h"
#include "source/cat.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static const char *user_name(uid_t uid, char out[64])
{
	const struct passwd *user = getpwuid(uid);
	struct sb_span name = sb_span_of(user ? user->pw_name : "");

	if (!name.n || name.n >= 64) {
		SB_AUTO_FREE char *number = sb_xasprintf("user %u", (unsigned)uid);

		sb_span_copy(out, 64, sb_span_of(number));
		return out;
	}
	sb_span_copy(out, 64, name);
	return out;
}

/* Fails where a folder that libgit2 looks at belongs to someone else; 0 where none does. */
static int check_owner(const char *path, struct sb_error *err)
{
	SB_AUTO_FREE char *dotgit = sb_xasprintf("%s/.git", path);
	const char *const look[] = { dotgit, path };
	char owner[64], us[64];
	struct stat st;

	for (size_t i = 0; i < SB_COUNT(look); i++) {
		if (stat(look[i], &st) < 0 || st.st_uid == geteuid())
			continue;
		user_name(st.st_uid, owner);
		user_name(geteuid(), us);
		sb_fail(err, SB_ECONFIG, "the repository %s belongs to %s, slugbuild runs as %s",
			path, owner, us);
		sb_error_fix(err,
			     "as %s: git config --global --add safe.directory %s\n"
			     "or: chown -R %s %s",
			     us, path, us, path);
		return -1;
	}
	return 0;
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
	if ((rc == GIT_EOWNER || strstr(says, "safe.directory")) && check_owner(name, err) < 0)
		return -1;
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
