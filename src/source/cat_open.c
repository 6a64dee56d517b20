#include "source/backend.h"
#include "source/cat.h"
#include "source/command.h"
#include "source/git.h"
#include "source/owner.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The git directory that libgit2 found, and then would not open. Owned, or NULL. */
static char *find_dir(const char *path)
{
	git_buf found = { 0 };
	char *dir = NULL;

	if (!path)
		return realpath(getenv("GIT_DIR"), NULL);
	/* It looks upwards, but there is one here. */
	if (git_repository_discover(&found, path, 0, NULL) == 0)
		dir = realpath(found.ptr, NULL);
	git_buf_dispose(&found);
	return dir;
}

static int fail_by_extension(const char *path, const char *extension, struct sb_error *err)
{
	sb_fail(err, SB_ECONFIG,
		"the repository %s uses extensions.%s, which neither libgit2 nor the git here "
		"reads",
		path, extension);
	if (!strcasecmp(extension, "refstorage"))
		sb_error_fix(err, "install git 2.45 or newer, or, where there is one: git refs "
				  "migrate --ref-format=files");
	else
		sb_error_fix(err, "install a newer git");
	return -1;
}

/* What git says of the repository: its common directory and its kind of ids. */
static int ask_git(struct sb_repo *repo, const char *extension, struct sb_error *err)
{
	static const char *const words[] = { "rev-parse", "--git-common-dir",
					     "--show-object-format", NULL };
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(64 << 10);
	struct sb_span all, dir, format;
	int status = -1;

	if (sb_git_ask(&out, &status, repo, words, err) < 0)
		return sb_wrap(err, "the repository %s uses extensions.%s, which libgit2 does not read",
			       repo->path, extension);
	all = sb_buffer_span(&out);
	if (status != 0 || !sb_span_cut(&all, '\n', &dir) || !sb_span_cut(&all, '\n', &format))
		return fail_by_extension(repo->path, extension, err);
	SB_AUTO_FREE char *named = sb_span_dup(dir);
	SB_AUTO_FREE char *joined =
		named[0] == '/' ? sb_xstrdup(named) : sb_xasprintf("%s/%s", repo->path, named);
	char *common = realpath(joined, NULL);

	if (!common)
		return sb_fail_sys(err, "%s", joined);
	free(repo->common);
	repo->common = common;
	if (sb_span_is(format, "sha256"))
		repo->id_digits = 64;
	else if (sb_span_is(format, "sha1"))
		repo->id_digits = 40;
	else
		return fail_by_extension(repo->path, extension, err);
	return 0;
}

int sb_cat_open(struct sb_repo *repo, const char *path, const char *extension, struct sb_error *err)
{
	SB_AUTO(sb_repo) made = { .backend = &sb_cat_backend, .from_environment = !path };

	made.path = find_dir(path);
	if (!made.path)
		return sb_fail_sys(err, "%s", path ? path : getenv("GIT_DIR"));
	if (sb_owner_check(made.path, NULL, err) < 0)
		return -1;
	/* Until git has said it: its settings name the git to ask. */
	made.common = sb_xstrdup(made.path);
	made.cat = made.git = sb_cat_new(made.path, !path);
	if (ask_git(&made, extension, err) < 0)
		return -1;
	*repo = SB_STEAL(made);
	return 0;
}
