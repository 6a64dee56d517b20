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

void sb_git_start(void)
{
	/* These change nothing about how objects and refs are read. */
	static const char *known[] = { "worktreeconfig", "preciousobjects" };
	static bool started;

	if (started)
		return;
	started = true;
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

int sb_git_id(git_oid *out, const char *hex, struct sb_error *err)
{
	if (strlen(hex) != GIT_OID_HEXSZ || git_oid_fromstr(out, hex) < 0)
		return sb_fail(err, SB_EINPUT, "\"%.80s\" is no object id of this repository", hex);
	return 0;
}

static git_odb *odb_of(struct sb_repo *repo)
{
	git_odb *odb = NULL;

	/* Borrowed in effect: the repository holds it as well. */
	if (git_repository_odb(&odb, repo->git) == 0)
		git_odb_free(odb);
	return odb;
}

static int fail_to_read(int rc, const char *hex, struct sb_error *err)
{
	if (rc == GIT_ENOTFOUND)
		return sb_fail(err, SB_EINPUT, "object %s is missing from the repository", hex);
	return sb_fail(err, SB_EINPUT, "object %s cannot be read: %s", hex, sb_git_says());
}

int sb_git_header(struct sb_repo *repo, const char *hex, git_object_t *type, int64_t *size,
		  struct sb_error *err)
{
	git_odb *odb = odb_of(repo);
	size_t n = 0;
	git_oid id;

	if (!odb)
		return sb_fail(err, SB_ESYS, "%s: %s", repo->path, sb_git_says());
	if (sb_git_id(&id, hex, err) < 0)
		return -1;
	int rc = git_odb_read_header(&n, type, odb, &id);

	if (rc < 0)
		return fail_to_read(rc, hex, err);
	*size = (int64_t)n;
	return 0;
}

int sb_git_object(git_odb_object **out, struct sb_repo *repo, const char *hex, git_object_t type,
		  size_t max, const char *what, struct sb_error *err)
{
	git_object_t found = GIT_OBJECT_INVALID;
	int64_t size = 0;
	git_oid id;

	if (sb_git_header(repo, hex, &found, &size, err) < 0 || sb_git_id(&id, hex, err) < 0)
		return -1;
	if (found != type)
		return sb_fail(err, SB_EINPUT, "object %s is a %s where a %s was expected", hex,
			       git_object_type2string(found), what);
	if ((uint64_t)size > max)
		return sb_fail(err, SB_ELIMIT,
			       "the %s %s has %lld bytes; slugbuild reads at most %zu", what, hex,
			       (long long)size, max);
	size_t ceiling = sb_memory_ceiling(SB_MEMORY_OBJECT);
	int rc = git_odb_read(out, odb_of(repo), &id);

	sb_memory_ceiling(ceiling);
	return rc < 0 ? fail_to_read(rc, hex, err) : 0;
}

bool sb_git_has(struct sb_repo *repo, const char *hex)
{
	struct sb_error err = { 0 };
	git_odb *odb = odb_of(repo);
	git_oid id;

	return odb && sb_git_id(&id, hex, &err) == 0 && git_odb_exists(odb, &id) == 1;
}
