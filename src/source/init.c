#include "source/command.h"
#include "source/git.h"
#include "sys/child.h"
#include "sys/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a repository that strangers push to should say; see slugbuild doctor. */
static const struct {
	const char *key, *value;
} hardened[] = {
	{ "receive.advertisePushOptions", "true" },
	{ "receive.fsckObjects", "true" },
	{ "receive.fsck.badFilemode", "error" },
	{ "receive.fsck.gitattributesSymlink", "error" },
	{ "receive.fsck.gitignoreSymlink", "error" },
	{ "receive.fsck.gitmodulesParse", "error" },
	{ "receive.maxInputSize", "512m" },
	{ "receive.hideRefs", "refs/replace" },
	{ "receive.autogc", "true" },
	/* A web server notices by these that its client is gone. */
	{ "receive.keepAlive", "1" },
	{ "core.fsync", "committed" },
	{ "core.logAllRefUpdates", "true" },
};

/* libgit2 knows one kind of ids. */
static int make_by_git(const char *path, const char *branch, const char *format,
		       struct sb_error *err)
{
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_list) env = { 0 };
	SB_AUTO(sb_buffer) ignored = SB_BUFFER_INIT(64 << 10);
	SB_AUTO_FREE char *kind = sb_xasprintf("--object-format=%s", format);
	SB_AUTO_FREE char *head = sb_xasprintf("--initial-branch=%s", branch);

	if (sb_user_settings(&settings, err) < 0)
		return -1;
	SB_AUTO_FREE char *git = sb_git_find(&settings, err);

	if (!git)
		return -1;
	const char *const argv[] = { git,  "init", "--quiet", "--bare", "--template=",
				     kind, head,   "--",      path,     NULL };

	sb_git_env(&env, NULL, false);
	const struct sb_child child = { .argv = argv,
					.env = (const char *const *)env.item,
					.cwd = -1,
					.seconds = 60,
					.bytes = 64 << 10 };

	if (sb_child_capture(&child, &ignored, err) < 0)
		return sb_wrap(err, "cannot make the repository %s", path);
	return 0;
}

static int make_by_git2(const char *path, const char *branch, struct sb_error *err)
{
	git_repository_init_options options;
	SB_GIT_AUTO(git_repository) *git = NULL;

	git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
	options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH |
			GIT_REPOSITORY_INIT_NO_REINIT;
	options.initial_head = branch;
	if (git_repository_init_ext(&git, path, &options) < 0)
		return sb_fail(err, SB_ESYS, "cannot make the repository %s: %s", path,
			       sb_git_says());
	return 0;
}

static int make_bare(const char *path, const char *branch, const char *format, struct sb_error *err)
{
	SB_AUTO(sb_repo) repo = { 0 };
	int rc = !format || !strcmp(format, "sha1") ? make_by_git2(path, branch, err)
						    : make_by_git(path, branch, format, err);

	if (rc < 0 || sb_repo_open(&repo, path, err) < 0)
		return -1;
	for (size_t i = 0; i < SB_COUNT(hardened); i++)
		if (sb_repo_config_set(&repo, hardened[i].key, hardened[i].value, err) < 0)
			return -1;
	return 0;
}

int sb_repo_init_bare(const char *path, const char *branch, const char *format,
		      struct sb_error *err)
{
	SB_AUTO_FREE char *tmp = sb_xasprintf("%s.tmp-%ld", path, (long)getpid());
	SB_AUTO_FREE char *ref = sb_xasprintf("refs/heads/%s", branch);
	struct sb_error ignored = { 0 };

	sb_git_start();
	if (!git_reference_is_valid_name(ref))
		return sb_fail(err, SB_EUSAGE, "\"%s\" cannot be a branch's name", branch);
	if (format && strcmp(format, "sha1") && strcmp(format, "sha256"))
		return sb_fail(err, SB_EUSAGE, "\"%s\" is no object format: sha1 or sha256",
			       format);
	if (access(path, F_OK) == 0)
		return sb_fail(err, SB_EUSAGE, "%s exists already", path);
	/* Made whole beside its place: a repository without its settings is never seen. */
	int rc = make_bare(tmp, branch, format, err);

	if (rc == 0 && renameat2(AT_FDCWD, tmp, AT_FDCWD, path, RENAME_NOREPLACE) < 0)
		rc = sb_fail_sys(err, "cannot make the repository %s", path);
	if (rc < 0)
		(void)!sb_remove_tree(AT_FDCWD, tmp, &ignored);
	return rc;
}
