#include "base/base.h"
#include "cli/authorized.h"
#include "cli/commands.h"
#include "source/command.h"
#include "sys/process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * What a key of `keys:add` may do: the forced command of its line. git's three services on the
 * repositories of the person's apps, by our own path to them, and those commands of ours that are
 * about one app and take no path. All else is refused.
 */

static const char *const services[] = { "git-receive-pack", "git-upload-pack", "git-upload-archive" };

static const char *const allowed[] = {
	"ps",            "ps:scale",      "ps:restart",      "ps:stop",       "logs",         "run",
	"config",        "config:get",    "config:set",      "config:unset",  "releases",     "releases:info",
	"releases:output", "releases:retry", "releases:wait", "rollback",      "deploy",       "builds",
	"builds:output", "builds:cancel", "addons",
};

struct visitor {
	struct sb_cli *cli;
	const char *name;
	struct sb_list apps; /* his: all there are, or those of his key that are there still */
	struct sb_list words;
};

static void visitor_release(struct visitor *who)
{
	sb_list_release(&who->apps);
	sb_list_release(&who->words);
}

static int find_apps(struct visitor *who, struct sb_error *err)
{
	SB_AUTO(sb_list) all = { 0 };
	const struct sb_list *words = &who->cli->words;

	if (sb_apps_list(&all, &who->cli->store, err) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++) {
		bool his = words->n == 1;

		for (size_t k = 1; k < words->n; k++)
			his |= !strcmp(words->item[k], all.item[i]);
		if (his)
			sb_list_add(&who->apps, all.item[i]);
	}
	return 0;
}

static int refuse(struct visitor *who, struct sb_error *err)
{
	SB_AUTO_FREE char *apps = sb_list_join(&who->apps, ", ");

	return sb_fail(err, SB_EUSAGE, "%s may push to and fetch from %s, and run slugbuild %s here; nothing else",
		       who->name, who->apps.n ? apps : "no app", "ps, logs, run, config, releases, rollback, deploy and builds");
}

/* "blog", "/blog.git" or the repository's own path: the path, or NULL. Owned. */
static char *find_repo(struct visitor *who, const char *asked)
{
	SB_AUTO_FREE char *real = asked[0] == '/' ? realpath(asked, NULL) : NULL;
	struct sb_span name = sb_span_of(asked);

	while (name.n && *name.p == '/') {
		name.p++;
		name.n--;
	}
	while (name.n && name.p[name.n - 1] == '/')
		name.n--;
	if (sb_span_ends(name, ".git"))
		name.n -= 4;
	for (size_t i = 0; i < who->apps.n; i++) {
		SB_AUTO(sb_app) app = SB_APP_INIT;
		struct sb_error ignored = { 0 };

		if (sb_app_open(&app, &who->cli->store, who->apps.item[i], &ignored) < 0 || !*app.repo)
			continue;
		SB_AUTO_FREE char *his = realpath(app.repo, NULL);

		if (his && (sb_span_is(name, app.name) || (real && !strcmp(real, his))))
			return SB_STEAL(his);
	}
	return NULL;
}

/* Only what git and its hooks need; nothing that the other side may have sent. */
static void take_environment(struct sb_list *env)
{
	static const char *const names[] = { "HOME", "USER", "LOGNAME", "PATH", "SSH_CONNECTION", "SSH_CLIENT",
					     "GIT_PROTOCOL", "GIT_CONFIG_NOSYSTEM" };

	for (size_t i = 0; i < SB_COUNT(names); i++)
		if (getenv(names[i]))
			sb_list_setenv(env, names[i], getenv(names[i]));
}

static int run_git(struct visitor *who, const char *service, const char *asked, struct sb_error *err)
{
	SB_AUTO(sb_list) env = { 0 };
	SB_AUTO_FREE char *repo = find_repo(who, asked);
	SB_AUTO_FREE char *git = sb_git_find(&who->cli->settings, err);

	if (!repo) {
		SB_AUTO_FREE char *apps = sb_list_join(&who->apps, ", ");

		return sb_fail(err, SB_EUSAGE, "%s has no repository %.200s here, but %s", who->name, asked,
			       who->apps.n ? apps : "none");
	}
	if (!git)
		return -1;
	const char *argv[] = { git, service + strlen("git-"), repo, NULL };

	take_environment(&env);
	execve(git, (char *const *)argv, env.item);
	return sb_fail_sys(err, "%s", git);
}

static const struct sb_command *find_command(const char *name)
{
	bool known = false;

	for (size_t i = 0; i < SB_COUNT(allowed); i++)
		known |= !strcmp(allowed[i], name);
	for (size_t i = 0; known && i < sb_command_count; i++)
		if (!strcmp(sb_command_table[i].name, name))
			return &sb_command_table[i];
	return NULL;
}

/* As the command itself will read it: no other root, no app but his. */
static int check_words(struct visitor *who, const struct sb_command *command, bool *named, struct sb_error *err)
{
	struct sb_cli tried;
	int rc = sb_cli_parse(&tried, command, (int)who->words.n - 2, who->words.item + 2, err);

	if (rc == 0 && sb_cli_option(&tried, "root"))
		rc = sb_fail(err, SB_EUSAGE, "--root is not for keys");
	for (size_t i = 0; rc == 0 && i < tried.apps.n; i++)
		if (!sb_list_has(&who->apps, tried.apps.item[i]))
			rc = sb_fail(err, SB_EUSAGE, "%s has no app %.64s here", who->name, tried.apps.item[i]);
	*named = tried.apps.n > 0;
	sb_cli_release(&tried);
	return rc;
}

static int run_command(struct visitor *who, struct sb_error *err)
{
	SB_AUTO(sb_list) argv = { 0 }, env = { 0 };
	const struct sb_command *command = who->words.n > 1 ? find_command(who->words.item[1]) : NULL;
	bool named = false;

	if (!command)
		return refuse(who, err);
	if (check_words(who, command, &named, err) < 0)
		return -1;
	if (!named && who->apps.n != 1)
		return sb_fail(err, SB_EUSAGE, "which app? slugbuild %s -a APP", command->name);
	sb_list_add(&argv, "slugbuild");
	sb_list_add(&argv, command->name);
	sb_list_addf(&argv, "--root=%s", who->cli->store.root_path);
	if (!named)
		sb_list_addf(&argv, "--app=%s", who->apps.item[0]);
	sb_list_add_all(&argv, (const char *const *)who->words.item + 2);
	take_environment(&env);
	if (chdir("/") < 0)
		return sb_fail_sys(err, "/");
	execve(sb_self(), argv.item, env.item);
	return sb_fail_sys(err, "%s", sb_self());
}

/* "git-receive-pack PATH" or "git receive-pack PATH": the service, and which word is the path. */
static const char *git_service(const struct sb_list *words, size_t *path)
{
	bool two = words->n == 3 && !strcmp(words->item[0], "git");
	const char *name = two ? words->item[1] : words->item[0];

	*path = two ? 2 : 1;
	for (size_t i = 0; i < SB_COUNT(services) && (two || words->n == 2); i++)
		if (!strcmp(services[i] + (two ? strlen("git-") : 0), name))
			return services[i];
	return NULL;
}

int sb_cmd_shell(struct sb_cli *cli, struct sb_error *err)
{
	__attribute__((cleanup(visitor_release))) struct visitor who = { .cli = cli, .name = cli->words.item[0] };
	const char *asked = getenv("SSH_ORIGINAL_COMMAND");
	size_t path;

	if (sb_cli_load(cli, err) < 0 || sb_cli_open_store(cli, err) < 0 || find_apps(&who, err) < 0)
		return -1;
	if (!asked || !asked[strspn(asked, " ")])
		return sb_fail(err, SB_EUSAGE, "hello %s; there is no shell here, only git push and ssh … slugbuild COMMAND",
			       who.name);
	if (sb_words_split(&who.words, asked, err) < 0)
		return -1;
	if (!who.words.n)
		return refuse(&who, err);
	const char *service = git_service(&who.words, &path);

	if (service)
		return run_git(&who, service, who.words.item[path], err);
	return strcmp(who.words.item[0], "slugbuild") ? refuse(&who, err) : run_command(&who, err);
}
