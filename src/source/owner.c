#include "base/base.h"
#include "source/git.h"
#include "source/owner.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *user_name(uid_t uid, char out[64])
{
	const struct passwd *user = getpwuid(uid);
	SB_AUTO_FREE char *number = sb_xasprintf("user %u", (unsigned)uid);
	struct sb_span name = sb_span_of(user ? user->pw_name : "");

	sb_span_copy(out, 64, name.n && name.n < 64 ? name : sb_span_of(number));
	return out;
}

static bool is_ours(const char *path, uid_t *owner)
{
	const char *sudo = geteuid() == 0 ? getenv("SUDO_UID") : NULL;
	struct stat st;

	if (stat(path, &st) < 0 || st.st_uid == geteuid())
		return true;
	if (sudo && sudo[0] && strtoul(sudo, NULL, 10) == st.st_uid)
		return true;
	*owner = st.st_uid;
	return false;
}

static bool names(const char *value, const char *path)
{
	size_t n = strlen(value);

	if (n && value[n - 1] == '/')
		n--;
	if (n > 2 && !strcmp(value + n - 2, "/*"))
		return !strncmp(value, path, n - 1);
	return !strcmp(value, "*") || (!strncmp(value, path, n) && !path[n]);
}

/* Adds up what one file says: an empty value takes back all before it. */
static void ask_file(const char *file, const char *const paths[2], bool *safe)
{
	SB_GIT_AUTO(git_config) *config = NULL;
	SB_GIT_AUTO(git_config_iterator) *it = NULL;
	git_config_entry *entry;

	if (access(file, R_OK) < 0 || git_config_open_ondisk(&config, file) < 0 ||
	    git_config_multivar_iterator_new(&it, config, "safe.directory", NULL) < 0)
		return;
	while (git_config_next(&entry, it) == 0)
		if (!entry->value || !entry->value[0])
			*safe = false;
		else
			*safe |= names(entry->value, paths[0]) || names(entry->value, paths[1]);
}

static bool is_declared_safe(const char *const paths[2])
{
	bool safe = false;
	SB_AUTO_FREE char *xdg = sb_git_user_config(true), *global = sb_git_user_config(false);

	ask_file("/etc/gitconfig", paths, &safe);
	if (xdg)
		ask_file(xdg, paths, &safe);
	if (global)
		ask_file(global, paths, &safe);
	return safe;
}

static char *without_slash(const char *path)
{
	char *out = sb_xstrdup(path);
	size_t n = strlen(out);

	if (n > 1 && out[n - 1] == '/')
		out[n - 1] = '\0';
	return out;
}

int sb_owner_check(const char *git_dir, const char *work, struct sb_error *err)
{
	SB_AUTO_FREE char *dir = without_slash(git_dir);
	SB_AUTO_FREE char *top = without_slash(work ? work : dir);
	size_t n = strlen(top);
	char owner[64], us[64];
	uid_t theirs = 0;

	/* Opened by a hook, as if it were bare: its work tree is what safe.directory names. */
	if (n > 5 && !strcmp(top + n - 5, "/.git"))
		top[n - 5] = '\0';
	const char *const paths[2] = { top, dir };

	if ((is_ours(dir, &theirs) && is_ours(top, &theirs)) || is_declared_safe(paths))
		return 0;
	user_name(theirs, owner);
	user_name(geteuid(), us);
	sb_fail(err, SB_ECONFIG, "the repository %s belongs to %s, slugbuild runs as %s", top,
		owner, us);
	sb_error_fix(err,
		     "as %s: git config --global --add safe.directory %s\n"
		     "or: chown -R %s %s",
		     us, top, us, top);
	return -1;
}
