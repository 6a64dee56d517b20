#include "base/base.h"
#include "cli/commands.h"
#include "cli/hooks.h"
#include "sys/files.h"
#include "sys/process.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MARK "# installed by slugbuild; slugbuild hooks:remove takes it out again\n"

static const struct host {
	const char *name, *dir;
	bool folders; /* a folder a hook, our file in it */
} hosts[] = {
	{ "bare", "hooks", false },
	{ "gitea", "hooks", true },
	{ "gitlab", "custom_hooks", true },
};
static const char *const names[] = { "pre-receive", "post-receive" };

static const struct host *host_find(const char *name)
{
	for (size_t i = 0; i < SB_COUNT(hosts); i++)
		if (!strcmp(hosts[i].name, name))
			return &hosts[i];
	return NULL;
}

const char *sb_hooks_host(const char *repo)
{
	SB_AUTO_FREE char *gitea = sb_xasprintf("%s/hooks/pre-receive.d/gitea", repo);
	SB_AUTO_FREE char *gitlab = sb_xasprintf("%s/custom_hooks", repo);

	return access(gitea, F_OK) == 0 ? "gitea" : access(gitlab, F_OK) == 0 ? "gitlab" : "bare";
}

/* The hook programs: beside the command in a build tree, else in libexec. */
static char *hook_program(const char *name)
{
	const char *self = sb_self(), *slash = strrchr(self, '/');
	char *beside = sb_xasprintf("%.*s/%s", (int)(slash - self), self, name);

	if (access(beside, X_OK) == 0)
		return beside;
	sb_autofree(&beside);
	return sb_xasprintf("%s/%s", SB_LIBEXECDIR, name);
}

static bool is_ours(int dir, const char *name)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(1 << 16);
	struct sb_error err = { 0 };

	return sb_read_file(&text, dir, name, &err) == 0 && sb_span_find(sb_buffer_span(&text), MARK);
}

/* The folder a hook's file goes into, and the file's name there. */
static int open_place(const struct host *host, const char *repo, const char *hook, const char **file,
		      struct sb_error *err)
{
	SB_AUTO_FREE char *path = host->folders ? sb_xasprintf("%s/%s/%s.d", repo, host->dir, hook)
						: sb_xasprintf("%s/%s", repo, host->dir);

	*file = host->folders ? "slugbuild" : hook;
	return sb_make_dirs(path, 0755, err);
}

/*
 * Gitea runs every file of pre-receive.d even for a push that it has just refused itself: a build
 * there would run code, with config vars, of people who may not push. Until the build has moved to
 * update.d, which runs after Gitea's verdict only, nothing is installed.
 */
static int refuse_gitea(const char *repo, const char *host, struct sb_error *err)
{
	if (strcmp(host, "gitea") != 0)
		return 0;
	sb_fail(err, SB_ECONFIG, "hooks cannot be put into a Gitea repository yet: Gitea runs them for pushes it refuses");
	sb_error_fix(err, "slugbuild create APP makes a bare repository; mirror %s to it", repo);
	return -1;
}

static int install_one(const struct host *host, const char *repo, const char *hook, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(8192);
	SB_AUTO_FREE char *program = hook_program(hook);
	const char *file;
	SB_AUTO_CLOSE int dir = open_place(host, repo, hook, &file, err);

	if (dir < 0)
		return -1;
	if (faccessat(dir, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0 && !is_ours(dir, file)) {
		sb_fail(err, SB_ECONFIG, "%s has a %s hook of its own", repo, hook);
		sb_error_fix(err, "rename it and call it from a script that also runs %s", program);
		return -1;
	}
	sb_buffer_adds(&text, "#!/bin/sh\n" MARK "exec '");
	for (const char *p = program; *p; p++)
		sb_buffer_adds(&text, *p == '\'' ? "'\\''" : (char[]) { *p, '\0' });
	sb_buffer_adds(&text, "' \"$@\"\n");
	return sb_write_file(dir, file, 0755, sb_buffer_span(&text), err);
}

int sb_hooks_install(const char *repo, const char *host, struct sb_error *err)
{
	const struct host *h = host_find(host);

	if (!h)
		return sb_fail(err, SB_EUSAGE, "--host is bare or gitlab, not %s", host);
	if (refuse_gitea(repo, host, err) < 0)
		return -1;
	for (size_t i = 0; i < SB_COUNT(names); i++)
		if (install_one(h, repo, names[i], err) < 0)
			return -1;
	return 0;
}

int sb_hooks_remove(const char *repo, const char *host, struct sb_error *err)
{
	const struct host *h = host_find(host);

	if (!h)
		return sb_fail(err, SB_EUSAGE, "--host is bare, gitea or gitlab, not %s", host);
	for (size_t i = 0; i < SB_COUNT(names); i++) {
		const char *file;
		SB_AUTO_CLOSE int dir = open_place(h, repo, names[i], &file, err);

		if (dir < 0)
			return -1;
		if (is_ours(dir, file) && unlinkat(dir, file, 0) < 0)
			return sb_fail_sys(err, "remove %s/%s", repo, names[i]);
	}
	return 0;
}

bool sb_hooks_present(const char *repo, const char *host)
{
	const struct host *h = host_find(host);

	for (size_t i = 0; h && i < SB_COUNT(names); i++) {
		struct sb_error err = { 0 };
		const char *file;
		SB_AUTO_CLOSE int dir = open_place(h, repo, names[i], &file, &err);

		if (dir < 0 || !is_ours(dir, file) || faccessat(dir, file, X_OK, 0) < 0)
			return false;
	}
	return h != NULL;
}

int sb_hooks_pin(struct sb_repo *repo, const struct sb_settings *settings, const char *app, const char *root,
		 struct sb_error *err)
{
	/* What the one who sets up has in his own config would be lost to a hook with another HOME. */
	static const char *const keep[] = { "pythonPath", "uv", "git", "bwrap", "ports", "sandbox", "runner", NULL };

	/* keepAlive: a web server notices by these bytes, once a second, that its client is gone. */
	if (sb_repo_config_set(repo, "slugbuild.root", root, err) < 0 ||
	    sb_repo_config_set(repo, "slugbuild.app", app, err) < 0 ||
	    sb_repo_config_set(repo, "receive.keepAlive", "1", err) < 0)
		return -1;
	for (size_t i = 0; i < sb_setting_count; i++) {
		const struct sb_setting *row = &sb_setting_table[i];
		SB_AUTO_FREE char *value = sb_settings_show(settings, row);
		SB_AUTO_FREE char *key = sb_xasprintf("slugbuild.%s", row->key);
		bool wanted = false;

		for (size_t k = 0; keep[k]; k++)
			wanted |= !strcmp(keep[k], row->key);
		if (wanted && strcmp(value, row->fallback) != 0 && sb_repo_config_set(repo, key, value, err) < 0)
			return -1;
	}
	return 0;
}

/* The app that the hooks are for: made where it is new, told of its repository where it is not. */
static int adopt(struct sb_cli *cli, const char *name, const char *repo, struct sb_error *err)
{
	if (sb_app_open(&cli->app, &cli->store, name, err) < 0)
		return err->code == SB_ENOENT
			       ? sb_app_create(&cli->app, &cli->store, name, repo, &cli->settings, err)
			       : -1;
	sb_autofree(&cli->app.repo);
	cli->app.repo = sb_xstrdup(repo);
	return sb_app_save(&cli->app, err);
}

int sb_cmd_hooks_install(struct sb_cli *cli, struct sb_error *err)
{
	const char *app = sb_cli_option(cli, "app"), *host = sb_cli_option(cli, "host");
	SB_AUTO(sb_repo) repo = { 0 };

	if (sb_cli_load(cli, err) < 0 || sb_repo_open(&repo, cli->words.item[0], err) < 0)
		return -1;
	host = host ? host : sb_hooks_host(repo.path);
	if (refuse_gitea(repo.path, host, err) < 0)
		return -1;
	if (!app && !*cli->settings.app) {
		sb_fail(err, SB_EUSAGE, "which app does it deploy?");
		sb_error_fix(err, "slugbuild hooks:install %s --app NAME", cli->words.item[0]);
		return -1;
	}
	SB_AUTO_FREE char *name = sb_xstrdup(app ? app : cli->settings.app);

	if (!sb_is_app_name(name))
		return sb_fail(err, SB_EUSAGE, "%s is no app name", name);
	if (sb_cli_open_store(cli, err) < 0)
		return -1;
	if (adopt(cli, name, repo.path, err) < 0)
		return -1;
	if (sb_hooks_pin(&repo, &cli->settings, name, cli->store.root_path, err) < 0 ||
	    sb_hooks_install(repo.path, host, err) < 0)
		return -1;
	sb_log_step(&cli->log, "Hooks for %s are in %s (%s)", name, repo.path, host);
	return 0;
}

int sb_cmd_hooks_remove(struct sb_cli *cli, struct sb_error *err)
{
	const char *host = sb_cli_option(cli, "host");
	SB_AUTO(sb_repo) repo = { 0 };

	if (sb_repo_open(&repo, cli->words.item[0], err) < 0)
		return -1;
	host = host ? host : sb_hooks_host(repo.path);
	if (sb_hooks_remove(repo.path, host, err) < 0)
		return -1;
	sb_log_step(&cli->log, "Our hooks are out of %s", repo.path);
	return 0;
}
