#include "base/base.h"
#include "build/python.h"
#include "cli/commands.h"
#include "cli/hooks.h"
#include "release/runner.h"
#include "sys/files.h"
#include "sys/process.h"
#include "sys/sandbox.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* What was looked at: each line good or bad, with the cure. */
struct report {
	json_t *list;
	int bad;
	bool json;
};

static void say(struct report *report, bool good, const char *what, const char *fix)
{
	json_t *one = sb_json_new_object();

	report->bad += !good;
	sb_json_set_flag(one, "ok", good);
	sb_json_set_text(one, "what", what);
	sb_json_set_text(one, "fix", good ? NULL : fix);
	sb_json_push_take(report->list, one);
	if (report->json)
		return;
	printf("%s %s\n", good ? "ok " : "BAD", what);
	if (!good && fix)
		printf("    fix: %s\n", fix);
}

static void look_at_root(struct report *report, struct sb_cli *cli)
{
	struct sb_error err = { 0 };
	int64_t total = 0;

	if (sb_cli_open_store(cli, &err) < 0) {
		say(report, false, err.text, err.fix);
		return;
	}
	SB_AUTO_FREE char *what = sb_xasprintf("state root %s is ours to write", cli->store.root_path);

	say(report, true, what, NULL);
	int64_t free_bytes = sb_free_bytes(cli->store.root, &total);
	SB_AUTO_FREE char *space = sb_xasprintf("%.1f GB free on its filesystem", (double)free_bytes / 1e9);

	say(report, free_bytes > cli->settings.disk_floor, space, "slugbuild gc, or more disk");
	struct statvfs fs;

	if (fstatvfs(cli->store.root, &fs) == 0)
		say(report, !(fs.f_flag & ST_NOEXEC), "programs may run from it",
		    "mount its filesystem without noexec");
}

static void look_at_tools(struct report *report, struct sb_cli *cli)
{
	SB_AUTO(sb_pythons) pythons = { 0 };
	SB_AUTO(sb_runner) runner = { 0 };
	struct sb_error err = { 0 };
	const char *why = NULL;

	if (cli->settings.sandbox == SB_SANDBOX_OFF) {
		say(report, false, "builds run without a sandbox (slugbuild.sandbox = off)",
		    "git config --global slugbuild.sandbox auto");
	} else {
		sb_box_forget(&cli->settings); /* tried, not remembered */

		bool works = sb_box_works(&cli->settings, &why);
		SB_AUTO_FREE char *what = sb_xasprintf("bubblewrap %s%s", works ? "works" : "does not work: ",
						       works ? "" : why);

		say(report, works, what, "apt-get install bubblewrap; sysctl kernel.unprivileged_userns_clone=1");
	}
	if (sb_pythons_find(&pythons, &cli->settings, &err) < 0) {
		say(report, false, err.text, "apt-get install python3 python3-venv");
	} else {
		SB_AUTO_FREE char *list = sb_pythons_list(&pythons);
		SB_AUTO_FREE char *what = sb_xasprintf("Pythons: %s", pythons.n ? list : "none");

		say(report, pythons.n > 0, what, "apt-get install python3 python3-venv, or set slugbuild.pythonPath");
	}
	if (sb_runner_find(&runner, &cli->settings, &err) < 0) {
		say(report, false, err.text, err.fix);
	} else {
		SB_AUTO_FREE char *what = sb_xasprintf("runner %s", cli->settings.runner);

		say(report, true, what, NULL);
	}
}

/* Ours, and that the host calls them. */
static void look_at_hooks(struct report *report, const char *repo, const struct sb_settings *settings)
{
	const char *global = settings && *settings->hooks ? settings->hooks : NULL;
	const char *host = global ? "gitlab" : sb_hooks_host(repo);
	const char *app = settings && *settings->app ? settings->app : "APP";
	SB_AUTO_FREE char *hooks = sb_xasprintf("hooks of %s (%s)", global ? global : repo, host);
	SB_AUTO_FREE char *cure = sb_xasprintf("slugbuild hooks:install %s --app %s%s%s", repo, app,
					       global ? " --global " : "", global ? global : "");
	SB_AUTO_FREE char *uncalled = sb_hooks_uncalled(repo, host);

	say(report, sb_hooks_present(repo, host, global), hooks, cure);
	if (strcmp(host, "gitea") != 0)
		return;
	SB_AUTO_FREE char *calls = uncalled ? sb_xasprintf("%s does not call them", uncalled)
					    : sb_xstrdup("Gitea calls them");

	say(report, !uncalled, calls, "gitea admin regenerate hooks");
}

static void look_at_repo(struct report *report, const char *path)
{
	SB_AUTO(sb_repo) repo = { 0 };
	SB_AUTO(sb_settings) settings = { 0 };
	struct sb_error err = { 0 };

	if (sb_repo_open(&repo, path, &err) < 0) {
		say(report, false, err.text, err.fix);
		return;
	}
	bool readable = sb_repo_settings(&settings, &repo, &err) == 0;

	look_at_hooks(report, repo.path, readable ? &settings : NULL);
	say(report, readable, readable ? "its settings are readable" : err.text, err.fix);
}

static void show_settings(const struct sb_cli *cli)
{
	struct sb_table table = { 0 };

	for (size_t i = 0; i < sb_setting_count; i++) {
		SB_AUTO_FREE char *value = sb_settings_show(&cli->settings, &sb_setting_table[i]);
		SB_AUTO_FREE char *key = sb_xasprintf("slugbuild.%s", sb_setting_table[i].key);

		sb_table_row(&table, key, *value ? value : "\"\"", sb_setting_table[i].help, NULL);
	}
	puts("");
	sb_table_print(&table);
}

int sb_cmd_doctor(struct sb_cli *cli, struct sb_error *err)
{
	struct report report = { .list = sb_json_new_array(), .json = sb_cli_json(cli) };
	const char *path = cli->words.n ? cli->words.item[0] : NULL;

	if (sb_cli_load(cli, err) < 0) {
		json_decref(report.list);
		return -1;
	}
	look_at_root(&report, cli);
	look_at_tools(&report, cli);
	/* A developer's clone has no hooks of ours, and needs none. */
	if (path || (cli->repo.git && !sb_span_find(sb_span_of(cli->repo.path), "/.git")))
		look_at_repo(&report, path ? path : cli->repo.path);
	if (report.json)
		sb_cli_print_json(report.list);
	else
		json_decref(report.list);
	if (!report.json)
		show_settings(cli);
	if (!report.bad)
		return 0;
	return sb_fail(err, SB_ECONFIG, "%d thing%s to mend", report.bad, report.bad == 1 ? "" : "s");
}
