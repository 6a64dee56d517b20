#include "source/git.h"
#include "source/memory.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CACHE_BYTES (4 << 20)

void sb_git_odb_object_put(git_odb_object **p)
{
	git_odb_object_free(*p);
}

void sb_git_object_put(git_object **p)
{
	git_object_free(*p);
}

void sb_git_reference_put(git_reference **p)
{
	git_reference_free(*p);
}

void sb_git_config_put(git_config **p)
{
	git_config_free(*p);
}

void sb_git_config_iterator_put(git_config_iterator **p)
{
	git_config_iterator_free(*p);
}

void sb_git_repository_put(git_repository **p)
{
	git_repository_free(*p);
}

/* $HOME, else the passwd entry; NULL: none. */
static const char *home_of_user(void)
{
	const char *home = getenv("HOME");

	if (home && home[0] == '/')
		return home;
	/* Hosts may start a hook without one. Read once, at the start, by one thread. */
	const struct passwd *user = getpwuid(geteuid());

	return user && user->pw_dir && user->pw_dir[0] == '/' ? user->pw_dir : NULL;
}

char *sb_git_user_config(bool xdg)
{
	const char *home = home_of_user(), *folder = getenv("XDG_CONFIG_HOME");

	if (xdg && folder && folder[0] == '/')
		return sb_xasprintf("%s/git/config", folder);
	return home ? sb_xasprintf("%s%s", home, xdg ? "/.config/git/config" : "/.gitconfig")
		    : NULL;
}

/*
 * libgit2 with mbedTLS reads the system's certificates whenever it starts, for connections that
 * are never made here: a third of a check's time (55 of 140 million instructions). The program's
 * own symbols come before a library's: these two say that there are none. A libgit2 with another
 * TLS, or none, never calls them.
 */
#define NO_FILE (-0x2900) /* MBEDTLS_ERR_X509_FILE_IO_ERROR */

int mbedtls_x509_crt_parse_file(void *chain, const char *path);
int mbedtls_x509_crt_parse_path(void *chain, const char *path);

int mbedtls_x509_crt_parse_file(void *chain, const char *path)
{
	(void)chain;
	(void)path;
	return NO_FILE;
}

int mbedtls_x509_crt_parse_path(void *chain, const char *path)
{
	(void)chain;
	(void)path;
	return NO_FILE;
}

static char *index_file;

/*
 * libgit2 reads the index that a hook of git commit is told of before it has seen the format of the
 * repository, and fails on that of SHA-256 and on a split one. Nothing here needs it from libgit2: so
 * it is taken out of the environment for good, once, while there is one thread.
 */
static void take_index(void)
{
	const char *index = getenv("GIT_INDEX_FILE");

	if (!index)
		return;
	index_file = sb_xstrdup(index);
	unsetenv("GIT_INDEX_FILE");
}

const char *sb_repo_index_told(void)
{
	sb_git_start();
	return index_file;
}

void sb_git_start(void)
{
	/* These change nothing about how objects and refs are read. */
	static const char *known[] = { "worktreeconfig", "preciousobjects", "partialclone",
				       "relativeworktrees" };
	static bool started;

	if (started)
		return;
	started = true;
	take_index();
	sb_memory_start();
	git_libgit2_init();
	git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, (ssize_t)CACHE_BYTES);
	git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, known, SB_COUNT(known));
	/* The same bytes were hashed by git when they were received. */
	git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);
}

const char *sb_git_says(void)
{
	const git_error *last = git_error_last();

	return last && last->message ? last->message : "no reason given";
}
