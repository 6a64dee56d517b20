#include "source/backend.h"
#include "source/git.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM_CONFIG "/etc/slugbuild/config"

/* Every slugbuild.* of one file, in its order. `file` is for messages. */
static int take_config(struct sb_settings *out, git_config *config, const char *file,
		       struct sb_error *err)
{
	SB_GIT_AUTO(git_config_iterator) *it = NULL;
	git_config_entry *entry;
	/* Without a pattern: libgit2 1.5 with PCRE2 leaks at each match. */
	int rc = git_config_iterator_new(&it, config);

	while (rc == 0 && (rc = git_config_next(&entry, it)) == 0) {
		if (strncmp(entry->name, "slugbuild.", 10))
			continue;
		/* "[slugbuild] useUv" without a value is true, as everywhere in git. */
		const char *value = entry->value ? entry->value : "true";

		if (sb_settings_set(out, entry->name, value, err) < 0)
			return sb_wrap(err, "%s", file);
	}
	if (rc != GIT_ITEROVER)
		return sb_fail(err, SB_ECONFIG, "%s: %s", file, sb_git_says());
	return 0;
}

static int take_file(struct sb_settings *out, const char *path, struct sb_error *err)
{
	SB_GIT_AUTO(git_config) *config = NULL;

	if (access(path, R_OK) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		sb_fail(err, SB_ECONFIG, "%s: %s", path, strerror(errno));
		sb_error_fix(err, "let the user that slugbuild runs as read it");
		return -1;
	}
	if (git_config_open_ondisk(&config, path) < 0)
		return sb_fail(err, SB_ECONFIG, "%s: %s", path, sb_git_says());
	return take_config(out, config, path, err);
}

int sb_user_settings(struct sb_settings *out, struct sb_error *err)
{
	SB_AUTO(sb_settings) made = { 0 };
	SB_AUTO_FREE char *xdg = sb_git_user_config(true), *global = sb_git_user_config(false);

	sb_git_start();
	sb_settings_init(&made);
	if (take_file(&made, SYSTEM_CONFIG, err) < 0 || (xdg && take_file(&made, xdg, err) < 0) ||
	    (global && take_file(&made, global, err) < 0))
		return -1;
	*out = SB_STEAL(made);
	return 0;
}

/* The repository's own config, and nothing else. */
static int open_local(git_config **out, struct sb_repo *repo, struct sb_error *err)
{
	SB_GIT_AUTO(git_config) *all = NULL;
	SB_AUTO_FREE char *file = sb_xasprintf("%s/config", repo->common);
	/* By itself the file can be read whatever the repository is. */
	int rc = repo->backend != &sb_git2_backend
			 ? git_config_open_ondisk(out, file)
			 : git_repository_config(&all, repo->git) < 0 ||
				   git_config_open_level(out, all, GIT_CONFIG_LEVEL_LOCAL);

	if (rc)
		return sb_fail(err, SB_ECONFIG, "the config of %s: %s", repo->path, sb_git_says());
	return 0;
}

int sb_repo_settings(struct sb_settings *out, const struct sb_repo *repo, struct sb_error *err)
{
	SB_AUTO(sb_settings) made = { 0 };
	SB_GIT_AUTO(git_config) *local = NULL;
	SB_AUTO_FREE char *file = sb_xasprintf("%s/config", repo->common);
	struct sb_repo same = *repo;

	if (sb_user_settings(&made, err) < 0 || open_local(&local, &same, err) < 0 ||
	    take_config(&made, local, file, err) < 0)
		return -1;
	*out = SB_STEAL(made);
	return 0;
}

/* Sets a key to one value, whatever number it had; NULL removes it. */
static int set_key(git_config *config, const char *key, const char *value)
{
	int rc = value ? git_config_set_string(config, key, value)
		       : git_config_delete_entry(config, key);

	if (rc == 0 || (!value && rc == GIT_ENOTFOUND))
		return 0;
	/* It may have several values. */
	rc = git_config_delete_multivar(config, key, ".*");
	return rc == 0 && value ? git_config_set_string(config, key, value) : rc;
}

int sb_repo_config_set(struct sb_repo *repo, const char *key, const char *value,
		       struct sb_error *err)
{
	SB_GIT_AUTO(git_config) *local = NULL;
	SB_AUTO_FREE char *full =
		strchr(key, '.') ? sb_xstrdup(key) : sb_xasprintf("slugbuild.%s", key);

	if (open_local(&local, repo, err) < 0)
		return -1;
	if (set_key(local, full, value) < 0)
		return sb_fail(err, SB_ESYS, "cannot set %s in the config of %s: %s", full,
			       repo->path, sb_git_says());
	return 0;
}

/* All that git reads for the repository: the system's, the user's, its own; NULL where it cannot be. */
static git_config *open_all(const struct sb_repo *repo)
{
	SB_GIT_AUTO(git_config) *all = NULL;
	SB_AUTO_FREE char *xdg = sb_git_user_config(true), *global = sb_git_user_config(false);
	SB_AUTO_FREE char *own = sb_xasprintf("%s/config", repo->common);
	const struct {
		const char *file;
		git_config_level_t level;
	} files[] = { { "/etc/gitconfig", GIT_CONFIG_LEVEL_SYSTEM },
		      { xdg, GIT_CONFIG_LEVEL_XDG },
		      { global, GIT_CONFIG_LEVEL_GLOBAL },
		      { own, GIT_CONFIG_LEVEL_LOCAL } };

	if (git_config_new(&all) < 0)
		return NULL;
	for (size_t i = 0; i < SB_COUNT(files); i++)
		if (files[i].file && access(files[i].file, R_OK) == 0 &&
		    git_config_add_file_ondisk(all, files[i].file, files[i].level, NULL, 0) < 0)
			return NULL;
	return SB_STEAL(all);
}

char *sb_repo_config_get(const struct sb_repo *repo, const char *key)
{
	SB_GIT_AUTO(git_config) *all = open_all(repo);
	git_buf value = { 0 };
	char *out = NULL;

	if (all && git_config_get_string_buf(&value, all, key) == 0)
		out = sb_xstrdup(value.ptr);
	git_buf_dispose(&value);
	return out;
}

/* 1: the value hides the ref, 0: it shows it ("!"), -1: it has nothing to do with it. */
static int hides(const char *value, const char *ref)
{
	bool shows = *value == '!';
	struct sb_span match = sb_span_of(value + shows);

	/* "^" is for namespaces: there the whole name is meant, and without any it is the same. */
	if (match.n && *match.p == '^') {
		match.p++;
		match.n--;
	}
	while (match.n && match.p[match.n - 1] == '/')
		match.n--;
	if (!match.n || strncmp(ref, match.p, match.n) != 0 || (ref[match.n] && ref[match.n] != '/'))
		return -1;
	return !shows;
}

char *sb_repo_hidden_by(const struct sb_repo *repo, const char *ref)
{
	SB_GIT_AUTO(git_config) *all = open_all(repo);
	SB_GIT_AUTO(git_config_iterator) *it = NULL;
	git_config_entry *entry;
	char *by = NULL;

	if (!all || git_config_iterator_new(&it, all) < 0)
		return NULL;
	while (git_config_next(&entry, it) == 0) {
		bool received = !strcmp(entry->name, "receive.hiderefs");
		int found = received || !strcmp(entry->name, "transfer.hiderefs")
				    ? hides(entry->value ? entry->value : "", ref)
				    : -1;

		if (found < 0)
			continue;
		free(by);
		by = found ? sb_xasprintf("%s.hideRefs = %s", received ? "receive" : "transfer", entry->value) : NULL;
	}
	return by;
}
