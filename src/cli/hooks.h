#ifndef SB_CLI_HOOKS_H
#define SB_CLI_HOOKS_H

#include "base/settings.h"
#include "source/repo.h"

/*
 * The hooks in a repository: small sh stubs that exec our binaries by their absolute path,
 * marked by a line of ours, so that somebody else's hook is never overwritten or removed.
 *
 *	bare     hooks/pre-receive, hooks/post-receive
 *	gitea    hooks/pre-receive.d/slugbuild (checks), hooks/update.d/slugbuild (builds),
 *	         hooks/post-receive.d/slugbuild
 *	gitlab   custom_hooks/pre-receive.d/slugbuild, custom_hooks/post-receive.d/slugbuild; or the
 *	         same two in `global`, GitLab's custom_hooks_dir, for every repository that names an app
 *	gitolite hooks/pre-receive (checks), hooks/post-receive; its VREF builds, see slugbuild-hooks(7)
 */
int sb_hooks_install(const char *repo, const char *host, const char *global, struct sb_error *err) SB_MUST_CHECK;
int sb_hooks_remove(const char *repo, const char *host, const char *global, struct sb_error *err) SB_MUST_CHECK;

/* What is wrong with them, and the cure in `fix` (owned, NULL: install them again); NULL: they are whole
 * and can run. Both owned: free(3). Nothing is made. */
char *sb_hooks_wrong(const char *repo, const char *host, const char *global, char **fix) SB_MUST_CHECK;

/* The hook of the host itself that does not call what lies in its folder, or NULL: all do. Owned: free(3). */
char *sb_hooks_uncalled(const char *repo, const char *host) SB_MUST_CHECK;

/* Hosts run hooks with another HOME and PATH: what must be known stands in the repository's config. */
int sb_hooks_pin(struct sb_repo *repo, const struct sb_settings *settings, const char *app, const char *root,
		 struct sb_error *err) SB_MUST_CHECK;

/* "bare", "gitea", "gitlab" or "gitolite", by what the repository looks like. */
const char *sb_hooks_host(const char *repo);

#endif
