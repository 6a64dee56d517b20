#include "base/base.h"
#include "cli/cli.h"
#include "app/reconcile.h"
#include "sys/files.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *sb_cli_option(const struct sb_cli *cli, const char *name)
{
	return sb_list_getenv(&cli->option, name);
}

bool sb_cli_json(const struct sb_cli *cli)
{
	return sb_cli_option(cli, "json") != NULL;
}

/* Whether `options` ("branch= all") has `name`; *wants tells if it takes a value. */
static bool knows(const char *options, struct sb_span name, bool *wants)
{
	struct sb_span rest = sb_span_of(options), word;

	while (rest.n) {
		if (!sb_span_cut(&rest, ' ', &word)) {
			word = rest;
			rest.n = 0;
		}
		*wants = word.n && word.p[word.n - 1] == '=';
		if (word.n - *wants == name.n && !memcmp(word.p, name.p, name.n))
			return true;
	}
	return false;
}

static int parse_option(struct sb_cli *cli, const char *arg, const char *next, int *used, struct sb_error *err)
{
	const char *equals = strchr(arg, '=');
	struct sb_span name = { arg, equals ? (size_t)(equals - arg) : strlen(arg) };
	bool wants = false;

	if (!knows("app= root= json help", name, &wants) && !knows(cli->command->options, name, &wants))
		return sb_fail(err, SB_EUSAGE, "%s has no option --%.*s", cli->command->name, SB_SPAN_ARG(name));
	if (!wants && equals)
		return sb_fail(err, SB_EUSAGE, "--%.*s takes no value", SB_SPAN_ARG(name));
	if (wants && !equals && !next)
		return sb_fail(err, SB_EUSAGE, "--%.*s wants a value", SB_SPAN_ARG(name));
	SB_AUTO_FREE char *key = sb_span_dup(name);

	if (!strcmp(key, "app"))
		sb_list_add(&cli->apps, equals ? equals + 1 : next);
	sb_list_setenv(&cli->option, key, equals ? equals + 1 : wants ? next : "");
	*used = wants && !equals ? 2 : 1;
	return 0;
}

/* The long names behind the letters. */
static const char *letter(char c)
{
	switch (c) {
	case 'a':
		return "app";
	case 'h':
		return "help";
	case 'o':
		return "output";
	case 'n':
		return "lines";
	case 'r':
		return "release";
	case 't':
		return "tail";
	}
	return NULL;
}

static int parse_arg(struct sb_cli *cli, char **argv, int left, int *used, struct sb_error *err)
{
	const char *arg = argv[0], *next = left > 1 ? argv[1] : NULL;

	*used = 1;
	if (!strncmp(arg, "--", 2))
		return parse_option(cli, arg + 2, next, used, err);
	if (arg[0] != '-' || !arg[1]) {
		sb_list_add(&cli->words, arg);
		return 0;
	}
	const char *name = letter(arg[1]);

	if (!name)
		return sb_fail(err, SB_EUSAGE, "%s has no option %s", cli->command->name, arg);
	if (!arg[2])
		return parse_option(cli, name, next, used, err);
	SB_AUTO_FREE char *joined = sb_xasprintf("%s=%s", name, arg + 2);

	return parse_option(cli, joined, NULL, used, err);
}

int sb_cli_parse(struct sb_cli *cli, const struct sb_command *command, int argc, char **argv, struct sb_error *err)
{
	*cli = (struct sb_cli) { .command = command,
				 .log = SB_LOG_INIT,
				 .store = SB_STORE_INIT,
				 .app = SB_APP_INIT };
	cli->log.fd = STDERR_FILENO;
	cli->log.colour = isatty(STDERR_FILENO) && !getenv("NO_COLOR");
	for (int i = 0, used = 1; i < argc; i += used) {
		if (!strcmp(argv[i], "--")) {
			sb_list_add_all(&cli->rest, (const char *const *)argv + i + 1);
			break;
		}
		if (parse_arg(cli, argv + i, argc - i, &used, err) < 0)
			return -1;
	}
	if (sb_cli_option(cli, "help"))
		return 0;
	if ((int)cli->words.n < command->min || (command->max >= 0 && (int)cli->words.n > command->max)) {
		sb_fail(err, SB_EUSAGE, "usage: slugbuild %s %s", command->name, command->args);
		return -1;
	}
	return 0;
}

int sb_cli_load(struct sb_cli *cli, struct sb_error *err)
{
	struct sb_error none = { 0 };
	const char *root = sb_cli_option(cli, "root");

	if (sb_repo_open(&cli->repo, ".", &none) == 0) {
		if (sb_repo_settings(&cli->settings, &cli->repo, err) < 0)
			return -1;
	} else if (sb_user_settings(&cli->settings, err) < 0) {
		return -1;
	}
	if (root) {
		free(cli->settings.root);
		cli->settings.root = realpath(root, NULL);
		if (!cli->settings.root)
			cli->settings.root = sb_xstrdup(root);
	}
	return 0;
}

/* As root we would leave files that the service user cannot write: become the root's owner. */
static int become_owner(const char *root, struct sb_error *err)
{
	struct stat st;

	if (geteuid() != 0 || stat(root, &st) < 0 || st.st_uid == 0)
		return 0;
	struct passwd *user = getpwuid(st.st_uid);

	if (!user)
		return sb_fail(err, SB_ECONFIG, "%s belongs to user %u, who does not exist", root, st.st_uid);
	if (initgroups(user->pw_name, user->pw_gid) < 0 || setgid(user->pw_gid) < 0 || setuid(user->pw_uid) < 0)
		return sb_fail_sys(err, "become %s, who owns %s", user->pw_name, root);
	setenv("HOME", user->pw_dir, 1);
	return 0;
}

int sb_cli_open_store(struct sb_cli *cli, struct sb_error *err)
{
	if (cli->store.path)
		return 0;
	if (!cli->settings.root && sb_cli_load(cli, err) < 0)
		return -1;
	if (become_owner(cli->settings.root, err) < 0)
		return -1;
	if (sb_store_open(&cli->store, &cli->settings, err) < 0)
		return -1;
	cli->store.log = &cli->log;
	return 0;
}

/* The app's own repository has its settings; its pinned root is the one we are in. */
static int load_app_settings(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_settings) all = { 0 };
	struct sb_error lost = { 0 };

	if (cli->repo.git && !strcmp(cli->settings.app, cli->app.name) &&
	    sb_app_follow(&cli->app, cli->repo.path, err) < 0)
		return -1;
	sb_repo_release(&cli->repo);
	if (*cli->app.repo && sb_repo_open(&cli->repo, cli->app.repo, &lost) < 0)
		sb_log_warn(&cli->log, "the repository of %s: %s", cli->app.name, lost.text);
	if ((cli->repo.git ? sb_repo_settings(&all, &cli->repo, err) : sb_user_settings(&all, err)) < 0)
		return -1;
	free(all.root);
	all.root = sb_xstrdup(cli->store.root_path);
	sb_settings_release(&cli->settings);
	return sb_settings_for_app(&cli->settings, &all, cli->app.name, err);
}

int sb_cli_open_named(struct sb_cli *cli, const char *app, struct sb_error *err)
{
	if (sb_cli_open_store(cli, err) < 0 || sb_app_open(&cli->app, &cli->store, app, err) < 0 ||
	    load_app_settings(cli, err) < 0)
		return -1;
	cli->way = (struct sb_activate) { .app = &cli->app, .settings = &cli->settings, .log = &cli->log };
	return 0;
}

int sb_cli_open_app(struct sb_cli *cli, struct sb_error *err)
{
	const char *option = sb_cli_option(cli, "app");

	if (sb_cli_load(cli, err) < 0)
		return -1;
	SB_AUTO_FREE char *name = sb_xstrdup(option ? option : cli->settings.app);

	if (!*name) {
		sb_fail(err, SB_EUSAGE, "which app? This is no repository of one app");
		sb_error_fix(err, "slugbuild %s -a APP; slugbuild apps lists them", cli->command->name);
		return -1;
	}
	return sb_cli_open_named(cli, name, err);
}

int sb_cli_settle(struct sb_cli *cli, struct sb_error *err)
{
	return sb_reconcile(&cli->way, cli->repo.git ? &cli->repo : NULL, err);
}

void sb_cli_print_json(json_t *value)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(SIZE_MAX / 2);

	sb_json_print(&out, value);
	fwrite(out.p, 1, out.n, stdout);
	json_decref(value);
}

const char *sb_cli_user(void)
{
	const char *sudo = getenv("SUDO_USER");
	struct passwd *user = getpwuid(getuid());

	return sudo && *sudo ? sudo : user ? user->pw_name : "unknown";
}

void sb_cli_release(struct sb_cli *cli)
{
	sb_list_release(&cli->words);
	sb_list_release(&cli->rest);
	sb_list_release(&cli->option);
	sb_list_release(&cli->apps);
	sb_app_release(&cli->app);
	sb_repo_release(&cli->repo);
	sb_store_release(&cli->store);
	sb_settings_release(&cli->settings);
	sb_log_release(&cli->log);
}
