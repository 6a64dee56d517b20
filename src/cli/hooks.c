#include "base/base.h"
#include "cli/commands.h"
#include "cli/hooks.h"
#include "sys/files.h"
#include "sys/process.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MARK "# installed by slugbuild; slugbuild hooks:remove takes it out again\n"

struct place {
	const char *hook, *program, *words; /* what the program is told besides */
};

static const struct place whole[] = { { "pre-receive", "pre-receive", "" },
				      { "post-receive", "post-receive", "" },
				      { NULL, NULL, NULL } };
/* Gitea runs all of pre-receive.d even for a push that it has just refused itself, and update.d only
 * for one that it lets in: see app/hook.h. */
static const struct place parts[] = { { "pre-receive", "pre-receive", " check" },
				      { "update", "pre-receive", " update" },
				      { "post-receive", "post-receive", "" },
				      { NULL, NULL, NULL } };

/* gitolite's own verdict on a ref is its update hook; a VREF of the admin's runs after it. */
static const struct place around[] = { { "pre-receive", "pre-receive", " check" },
				       { "post-receive", "post-receive", "" },
				       { NULL, NULL, NULL } };

static const struct host {
	const char *name, *dir;
	bool folders; /* a folder a hook, our file in it */
	const struct place *place;
} hosts[] = {
	{ "bare", "hooks", false, whole },
	{ "gitea", "hooks", true, parts },
	{ "gitlab", "custom_hooks", true, whole },
	{ "gitolite", "hooks", false, around },
};

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
	SB_AUTO_FREE char *forgejo = sb_xasprintf("%s/hooks/pre-receive.d/forgejo", repo);
	SB_AUTO_FREE char *gitlab = sb_xasprintf("%s/custom_hooks", repo);

	SB_AUTO_FREE char *update = sb_xasprintf("%s/hooks/update", repo);
	char link[PATH_MAX] = "";

	if (access(gitea, F_OK) == 0 || access(forgejo, F_OK) == 0)
		return "gitea";
	if (readlink(update, link, sizeof(link) - 1) > 0 && strstr(link, "gitolite"))
		return "gitolite";
	return access(gitlab, F_OK) == 0 ? "gitlab" : "bare";
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

static bool read_hook(struct sb_buffer *text, int dir, const char *name)
{
	struct sb_error err = { 0 };

	sb_buffer_clear(text);
	return sb_read_file(text, dir, name, &err) == 0 && sb_span_find(sb_buffer_span(text), MARK);
}

static bool is_ours(int dir, const char *name)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(1 << 16);

	return read_hook(&text, dir, name);
}

/* The folder a hook's file goes into, and the file's name there. */
static int open_place(const struct host *host, const char *repo, const char *global, const char *hook,
		      const char **file, struct sb_error *err)
{
	SB_AUTO_FREE char *own = sb_xasprintf("%s/%s", repo, host->dir);
	SB_AUTO_FREE char *path = sb_xasprintf(host->folders ? "%s/%s.d" : "%s", global ? global : own, hook);

	*file = host->folders ? "slugbuild" : hook;
	return sb_make_dirs(path, 0755, err);
}

static int install_one(const struct host *host, const char *repo, const char *global,
		       const struct place *place, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(8192);
	SB_AUTO_FREE char *program = hook_program(place->program);
	const char *file;
	SB_AUTO_CLOSE int dir = open_place(host, repo, global, place->hook, &file, err);

	if (dir < 0)
		return -1;
	if (faccessat(dir, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0 && !is_ours(dir, file)) {
		sb_fail(err, SB_ECONFIG, "%s has a %s hook of its own", repo, place->hook);
		sb_error_fix(err, "rename it and call it from a script that also runs %s", program);
		return -1;
	}
	sb_buffer_adds(&text, "#!/bin/sh\n" MARK "exec '");
	for (const char *p = program; *p; p++)
		sb_buffer_adds(&text, *p == '\'' ? "'\\''" : (char[]) { *p, '\0' });
	sb_buffer_addf(&text, "'%s \"$@\"\n", place->words);
	return sb_write_file(dir, file, 0755, sb_buffer_span(&text), err);
}

/* Its pushes run our hooks and are passed over: nothing would ever come of it. */
static int refuse_side_repository(const struct host *host, const char *repo, struct sb_error *err)
{
	struct sb_span name = sb_span_of(repo);

	if (!host->folders || (!sb_span_ends(name, ".wiki.git") && !sb_span_ends(name, ".design.git")))
		return 0;
	sb_fail(err, SB_EUSAGE, "%s is no project's repository: nothing deploys from a wiki or from designs",
		repo);
	sb_error_fix(err, "name the repository beside it, without .wiki or .design");
	return -1;
}

static const struct host *host_named(const char *name, const char *global, struct sb_error *err)
{
	const struct host *host = host_find(name);

	if (!host)
		sb_fail(err, SB_EUSAGE, "--host is bare, gitea, gitlab or gitolite, not %s", name);
	else if (global && strcmp(name, "gitlab") != 0) {
		sb_fail(err, SB_EUSAGE, "--global is for GitLab's custom_hooks_dir; %s has no such folder", name);
		host = NULL;
	}
	return host;
}

int sb_hooks_install(const char *repo, const char *host, const char *global, struct sb_error *err)
{
	const struct host *h = host_named(host, global, err);

	if (!h || refuse_side_repository(h, repo, err) < 0)
		return -1;
	for (const struct place *place = h->place; place->hook; place++)
		if (install_one(h, repo, global, place, err) < 0)
			return -1;
	return 0;
}

int sb_hooks_remove(const char *repo, const char *host, const char *global, struct sb_error *err)
{
	const struct host *h = host_named(host, global, err);

	if (!h)
		return -1;
	for (const struct place *place = h->place; place->hook; place++) {
		const char *file;
		SB_AUTO_CLOSE int dir = open_place(h, repo, global, place->hook, &file, err);

		if (dir < 0)
			return -1;
		if (is_ours(dir, file) && unlinkat(dir, file, 0) < 0)
			return sb_fail_sys(err, "remove %s/%s", global ? global : repo, place->hook);
	}
	return 0;
}

/* The program that a stub of ours runs, to be freed. */
static char *program_of(struct sb_span text)
{
	SB_AUTO_FREE char *all = sb_xasprintf("%.*s", (int)text.n, text.p);
	char *from = strstr(all, "\nexec '"), *to = from ? strstr(from + 7, "' ") : NULL;

	to = from && !to ? strstr(from + 7, "'\n") : to;
	return to ? sb_xasprintf("%.*s", (int)(to - from - 7), from + 7) : sb_xstrdup("");
}

/* What is wrong with one of them: owned, or NULL. */
static char *wrong_with(const struct host *host, const char *base, const struct place *place, char **fix)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(1 << 16);
	SB_AUTO_FREE char *end = sb_xasprintf("'%s \"$@\"\n", place->words);
	SB_AUTO_FREE char *path = sb_xasprintf(host->folders ? "%s/%s.d/slugbuild" : "%s/%s", base, place->hook);
	SB_AUTO_FREE char *program = NULL;

	if (access(path, F_OK) < 0)
		return sb_xasprintf("%s is not there", path);
	if (!read_hook(&text, AT_FDCWD, path))
		return sb_xasprintf("%s is not ours", path);
	if (!sb_span_ends(sb_buffer_span(&text), end))
		return sb_xasprintf("%s is not as this version writes it", path);
	/* git passes over it then, and the push is taken. */
	if (access(path, X_OK) < 0) {
		*fix = sb_xasprintf("chmod 755 %s", path);
		return sb_xasprintf("%s cannot be run", path);
	}
	program = program_of(sb_buffer_span(&text));
	if (!strchr(program, '\'') && access(program, X_OK) < 0)
		return sb_xasprintf("%s calls %s, which cannot be run", path, program);
	return NULL;
}

char *sb_hooks_wrong(const char *repo, const char *host, const char *global, char **fix)
{
	const struct host *h = host_find(host);
	SB_AUTO_FREE char *own = h ? sb_xasprintf("%s/%s", repo, h->dir) : NULL;

	for (const struct place *place = h ? h->place : NULL; place && place->hook; place++) {
		char *wrong = wrong_with(h, global ? global : own, place, fix);

		if (wrong)
			return wrong;
	}
	return h ? NULL : sb_xasprintf("no such host: %s", host);
}

char *sb_hooks_uncalled(const char *repo, const char *host)
{
	const struct host *h = host_find(host);

	for (const struct place *place = h ? h->place : NULL; h && h->place == parts && place->hook; place++) {
		SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(1 << 20);
		SB_AUTO_FREE char *path = sb_xasprintf("%s/%s/%s", repo, h->dir, place->hook);
		struct sb_error err = { 0 };

		if (access(path, X_OK) < 0 || sb_read_file(&text, AT_FDCWD, path, &err) < 0 ||
		    !sb_span_find(sb_buffer_span(&text), ".d/"))
			return SB_STEAL(path);
	}
	return NULL;
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

/* --app, or the app that the repository named before. NULL with err. Owned. */
static char *choose_app(const struct sb_cli *cli, struct sb_error *err)
{
	const char *option = sb_cli_option(cli, "app"), *app = option ? option : cli->settings.app;

	if (!*app) {
		sb_fail(err, SB_EUSAGE, "which app does it deploy?");
		sb_error_fix(err, "slugbuild hooks:install %s --app NAME", cli->words.item[0]);
		return NULL;
	}
	if (!sb_is_app_name(app)) {
		sb_fail(err, SB_EUSAGE, "%s is no app name", app);
		return NULL;
	}
	return sb_xstrdup(app);
}

int sb_cmd_hooks_install(struct sb_cli *cli, struct sb_error *err)
{
	const char *host = sb_cli_option(cli, "host");
	const char *global = sb_cli_option(cli, "global");
	SB_AUTO(sb_repo) repo = { 0 };

	if (sb_cli_load(cli, err) < 0 || sb_repo_open(&repo, cli->words.item[0], err) < 0)
		return -1;
	host = host ? host : global ? "gitlab" : sb_hooks_host(repo.path);
	const struct host *h = host_named(host, global, err);

	if (!h || refuse_side_repository(h, repo.path, err) < 0)
		return -1;
	SB_AUTO_FREE char *name = choose_app(cli, err);

	if (!name || sb_cli_open_store(cli, err) < 0 || adopt(cli, name, repo.path, err) < 0)
		return -1;
	if (sb_hooks_pin(&repo, &cli->settings, name, cli->store.root_path, err) < 0 ||
	    sb_repo_config_set(&repo, "slugbuild.hooks", global, err) < 0 ||
	    sb_hooks_install(repo.path, host, global, err) < 0)
		return -1;
	sb_log_step(&cli->log, "Hooks for %s are in %s (%s)", name, global ? global : repo.path, host);
	return 0;
}

int sb_cmd_hooks_remove(struct sb_cli *cli, struct sb_error *err)
{
	const char *host = sb_cli_option(cli, "host"), *global = sb_cli_option(cli, "global");
	SB_AUTO(sb_repo) repo = { 0 };
	SB_AUTO(sb_settings) settings = { 0 };

	if (sb_repo_open(&repo, cli->words.item[0], err) < 0 || sb_repo_settings(&settings, &repo, err) < 0)
		return -1;
	host = host ? host : global ? "gitlab" : sb_hooks_host(repo.path);
	if (sb_hooks_remove(repo.path, host, global, err) < 0)
		return -1;
	/* The global hooks stay for the others: this repository deploys nothing more. */
	if (*settings.hooks && (sb_repo_config_set(&repo, "slugbuild.hooks", NULL, err) < 0 ||
				sb_repo_config_set(&repo, "slugbuild.app", NULL, err) < 0))
		return -1;
	sb_log_step(&cli->log, "Our hooks are out of %s", global ? global : repo.path);
	return 0;
}
