#include "base/base.h"
#include "base/list.h"
#include "source/cat.h"
#include "sys/child.h"
#include "sys/pipe.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PART_BYTES (128 << 10)
#define STALL_MS (120 * 1000) /* without a byte from git */

struct sb_cat {
	struct sb_pipe git;
	struct sb_list env; /* what of our environment says where the objects are */
	char *part;         /* bytes read from git */
	size_t at, n;       /* those in `part` not taken yet: part[at..n) */
};

struct sb_cat *sb_cat_new(bool from_environment)
{
	static const char *const names[] = { "GIT_OBJECT_DIRECTORY",
					     "GIT_ALTERNATE_OBJECT_DIRECTORIES" };
	struct sb_cat *cat = sb_xcalloc(1, sizeof(*cat));

	cat->git = (struct sb_pipe)SB_PIPE_INIT;
	for (size_t i = 0; from_environment && i < SB_COUNT(names); i++) {
		const char *value = getenv(names[i]);

		if (value)
			sb_list_setenv(&cat->env, names[i], value);
	}
	return cat;
}

static void stop(struct sb_cat *cat)
{
	sb_pipe_release(&cat->git);
	cat->at = cat->n = 0;
}

void sb_cat_free(struct sb_cat *cat)
{
	if (!cat)
		return;
	stop(cat);
	sb_list_release(&cat->env);
	free(cat->part);
	free(cat);
}

static char *find_git(const struct sb_repo *repo)
{
	static const char *const usual[] = {
		"/usr/bin/git",          "/usr/local/bin/git",        "/bin/git",
		"/usr/lib/git-core/git", "/usr/libexec/git-core/git", "/opt/gitlab/embedded/bin/git"
	};
	SB_AUTO(sb_settings) settings = { 0 };
	struct sb_error ignored = { 0 };

	if (repo->git_program && repo->git_program[0])
		return sb_xstrdup(repo->git_program);
	if (sb_repo_settings(&settings, repo, &ignored) == 0 && settings.git && settings.git[0])
		return sb_xstrdup(settings.git);
	for (size_t i = 0; i < SB_COUNT(usual); i++)
		if (access(usual[i], X_OK) == 0)
			return sb_xstrdup(usual[i]);
	return NULL;
}

static int start(struct sb_cat *cat, struct sb_repo *repo, struct sb_error *err)
{
	if (cat->git.fd >= 0)
		return 0;
	if (!repo->git_program || !repo->git_program[0]) {
		char *git = find_git(repo);

		free(repo->git_program);
		repo->git_program = git;
	}
	if (!repo->git_program) {
		sb_fail(err, SB_ECONFIG, "git was not found; big files are read through it");
		sb_error_fix(err, "git config slugbuild.git /path/to/git");
		return -1;
	}
	const char *const argv[] = { repo->git_program, "-c",      "core.bigFileThreshold=8m",
				     "cat-file",        "--batch", NULL };

	if (!cat->part)
		cat->part = sb_xcalloc(1, PART_BYTES);
	sb_list_setenv(&cat->env, "GIT_DIR", repo->path);
	sb_list_setenv(&cat->env, "GIT_NO_REPLACE_OBJECTS", "1");
	sb_list_setenv(&cat->env, "GIT_CONFIG_NOSYSTEM", "1");
	sb_list_setenv(&cat->env, "GIT_CONFIG_GLOBAL", "/dev/null");
	sb_list_setenv(&cat->env, "PATH", "/usr/bin:/bin");
	sb_list_setenv(&cat->env, "LC_ALL", "C");
	return sb_pipe_open(&cat->git, argv, (const char *const *)cat->env.item, repo->path, err);
}

/* Makes sure that at least one byte is there. */
static int fill(struct sb_cat *cat, struct sb_error *err)
{
	struct pollfd ready = { .fd = cat->git.fd, .events = POLLIN };
	ssize_t n;

	if (cat->at < cat->n)
		return 0;
	do {
		if (sb_cancel_asked())
			return sb_fail(err, SB_ECANCEL, "cancelled: %s", sb_cancel_asked());
		int rc = poll(&ready, 1, STALL_MS);

		if (rc == 0)
			return sb_fail(err, SB_ESYS, "git cat-file sent nothing for %d s",
				       STALL_MS / 1000);
		n = rc < 0 ? -1 : read(cat->git.fd, cat->part, PART_BYTES);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return sb_fail_sys(err, "git cat-file");
	if (n == 0)
		return sb_fail(err, SB_ESYS, "git cat-file ended early");
	cat->at = 0;
	cat->n = (size_t)n;
	return 0;
}

/* Asks for `oid` and reads the line before its bytes: "<oid> blob <size>". */
static int ask(struct sb_cat *cat, const char *oid, int64_t *size, struct sb_error *err)
{
	SB_AUTO_FREE char *question = sb_xasprintf("%s\n", oid);
	SB_AUTO_FREE char *expected = sb_xasprintf("%s blob ", oid);
	char line[160];
	size_t n = 0;
	long long bytes;

	if (send(cat->git.fd, question, strlen(question), MSG_NOSIGNAL) !=
	    (ssize_t)strlen(question))
		return sb_fail_sys(err, "git cat-file");
	do {
		if (fill(cat, err) < 0)
			return -1;
		if (n == sizeof(line) - 1)
			return sb_fail(err, SB_ESYS, "git cat-file sent a line too long");
		line[n++] = cat->part[cat->at++];
	} while (line[n - 1] != '\n');
	line[n - 1] = '\0';
	if (strncmp(line, expected, strlen(expected)) ||
	    sscanf(line + strlen(expected), "%lld", &bytes) != 1 || bytes < 0)
		return sb_fail(err, SB_EINPUT, "git cat-file: %s", line);
	*size = bytes;
	return 0;
}

static int stream(struct sb_cat *cat, const char *oid,
		  int (*take)(void *ctx, struct sb_span part, struct sb_error *err), void *ctx,
		  struct sb_error *err)
{
	int64_t left = 0;

	if (ask(cat, oid, &left, err) < 0)
		return -1;
	while (left > 0) {
		if (fill(cat, err) < 0)
			return -1;
		struct sb_span part = { cat->part + cat->at, cat->n - cat->at };

		if ((int64_t)part.n > left)
			part.n = (size_t)left;
		cat->at += part.n;
		left -= (int64_t)part.n;
		if (take(ctx, part, err) < 0)
			return -1;
	}
	if (fill(cat, err) < 0)
		return -1;
	if (cat->part[cat->at++] != '\n')
		return sb_fail(err, SB_ESYS, "git cat-file sent more than it said");
	return 0;
}

int sb_cat_blob(struct sb_repo *repo, const char *oid,
		int (*take)(void *ctx, struct sb_span part, struct sb_error *err), void *ctx,
		struct sb_error *err)
{
	struct sb_cat *cat = repo->cat;

	if (start(cat, repo, err) < 0)
		return -1;
	if (stream(cat, oid, take, ctx, err) == 0)
		return 0;
	stop(cat);
	return -1;
}
