#include "base/base.h"
#include "source/cat.h"
#include "source/command.h"
#include "sys/pipe.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORDS_MAX 16
#define STALL_MS (120 * 1000) /* without a byte from git */

void sb_git_env(struct sb_list *env, const char *git_dir, bool from_environment)
{
	static const char *const fixed[][2] = {
		{ "GIT_NO_REPLACE_OBJECTS", "1" },    { "GIT_CONFIG_NOSYSTEM", "1" },
		{ "GIT_CONFIG_GLOBAL", "/dev/null" }, { "GIT_ALLOW_PROTOCOL", "none" },
		{ "GIT_NO_LAZY_FETCH", "1" },         { "GIT_OPTIONAL_LOCKS", "0" },
		{ "PATH", "/usr/bin:/bin" },          { "LC_ALL", "C" },
	};
	static const char *const names[] = { "GIT_OBJECT_DIRECTORY",
					     "GIT_ALTERNATE_OBJECT_DIRECTORIES",
					     "GIT_SHALLOW_FILE" };

	if (git_dir)
		sb_list_setenv(env, "GIT_DIR", git_dir);
	for (size_t i = 0; i < SB_COUNT(fixed); i++)
		sb_list_setenv(env, fixed[i][0], fixed[i][1]);
	for (size_t i = 0; from_environment && i < SB_COUNT(names); i++) {
		const char *value = getenv(names[i]);

		if (value)
			sb_list_setenv(env, names[i], value);
	}
}

char *sb_git_find(const struct sb_settings *settings, struct sb_error *err)
{
	static const char *const usual[] = {
		"/usr/bin/git",          "/usr/local/bin/git",        "/bin/git",
		"/usr/lib/git-core/git", "/usr/libexec/git-core/git", "/opt/gitlab/embedded/bin/git"
	};

	if (settings->git && settings->git[0])
		return sb_xstrdup(settings->git);
	for (size_t i = 0; i < SB_COUNT(usual); i++)
		if (access(usual[i], X_OK) == 0)
			return sb_xstrdup(usual[i]);
	sb_fail(err, SB_ECONFIG, "git was not found; what libgit2 cannot read is read through it");
	sb_error_fix(err, "git config slugbuild.git /path/to/git");
	return NULL;
}

const char *sb_git_program(struct sb_repo *repo, struct sb_error *err)
{
	SB_AUTO(sb_settings) settings = { 0 };
	struct sb_error ignored = { 0 };

	if (repo->git_program && repo->git_program[0])
		return repo->git_program;
	/* A setting that is wrong is told of by whoever needs it. */
	if (sb_repo_settings(&settings, repo, &ignored) < 0)
		sb_settings_init(&settings);
	free(repo->git_program);
	repo->git_program = sb_git_find(&settings, err);
	return repo->git_program;
}

/* All that it prints, up to its end. */
static int take_all(struct sb_buffer *out, int fd, const char *word, struct sb_error *err)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char part[4096];
	ssize_t n;

	do {
		int rc = poll(&ready, 1, STALL_MS);

		if (rc == 0)
			return sb_fail(err, SB_ESYS, "git %s sent nothing for %d s", word,
				       STALL_MS / 1000);
		n = rc < 0 ? -1 : read(fd, part, sizeof(part));
		if (n > 0)
			sb_buffer_add(out, (struct sb_span) { part, (size_t)n });
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		return sb_fail_sys(err, "git %s", word);
	return out->full ? sb_fail(err, SB_ESYS, "git %s sent over %zu bytes", word, out->max) : 0;
}

static int ask(struct sb_buffer *out, int *status, struct sb_repo *repo, const char *const *env,
	       const char *const *words, struct sb_error *err)
{
	const char *argv[WORDS_MAX + 2] = { sb_git_program(repo, err) };
	SB_AUTO(sb_pipe) git = SB_PIPE_INIT;

	if (!argv[0])
		return -1;
	for (size_t i = 0; i < WORDS_MAX && words[i]; i++)
		argv[i + 1] = words[i];
	if (sb_pipe_open(&git, argv, env, repo->path, err) < 0)
		return -1;
	shutdown(git.fd, SHUT_WR);
	if (take_all(out, git.fd, words[0], err) < 0)
		return -1;
	*status = sb_pipe_wait(&git);
	return 0;
}

int sb_git_ask(struct sb_buffer *out, int *status, struct sb_repo *repo, const char *const *words,
	       struct sb_error *err)
{
	return ask(out, status, repo, sb_cat_env(repo->cat), words, err);
}

int sb_git_ask_index(struct sb_buffer *out, int *status, struct sb_repo *repo, const char *index,
		     const char *const *words, struct sb_error *err)
{
	SB_AUTO(sb_list) env = { 0 };

	sb_list_add_all(&env, sb_cat_env(repo->cat));
	sb_list_setenv(&env, "GIT_INDEX_FILE", index);
	return ask(out, status, repo, (const char *const *)env.item, words, err);
}
