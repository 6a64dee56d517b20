#include "base/base.h"
#include "build/python.h"
#include "cli/commands.h"
#include "cli/diagnosis.h"
#include "release/runner.h"
#include "sys/files.h"
#include "sys/process.h"
#include "sys/sandbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static void look_at_root(struct sb_diagnosis *report, struct sb_cli *cli)
{
	struct sb_error err = { 0 };
	int64_t total = 0;

	if (sb_cli_open_store(cli, &err) < 0) {
		sb_diagnosis_say(report, false, err.text, err.fix);
		return;
	}
	SB_AUTO_FREE char *what = sb_xasprintf("state root %s is ours to write", cli->store.root_path);

	sb_diagnosis_say(report, true, what, NULL);
	int64_t free_bytes = sb_free_bytes(cli->store.root, &total);
	SB_AUTO_FREE char *space = sb_xasprintf("%.1f GB free on its filesystem", (double)free_bytes / 1e9);

	sb_diagnosis_say(report, free_bytes > cli->settings.disk_floor, space, "slugbuild gc, or more disk");
	struct statvfs fs;

	if (fstatvfs(cli->store.root, &fs) == 0)
		sb_diagnosis_say(report, !(fs.f_flag & ST_NOEXEC), "programs may run from it",
		    "mount its filesystem without noexec");
}

static void look_at_tools(struct sb_diagnosis *report, struct sb_cli *cli)
{
	SB_AUTO(sb_pythons) pythons = { 0 };
	SB_AUTO(sb_runner) runner = { 0 };
	struct sb_error err = { 0 };
	const char *why = NULL;

	if (cli->settings.sandbox == SB_SANDBOX_OFF) {
		sb_diagnosis_say(report, false, "builds run without a sandbox (slugbuild.sandbox = off)",
		    "git config --global slugbuild.sandbox auto");
	} else {
		sb_box_forget(&cli->settings); /* tried, not remembered */

		bool works = sb_box_works(&cli->settings, &why);
		SB_AUTO_FREE char *what = sb_xasprintf("bubblewrap %s%s", works ? "works" : "does not work: ",
						       works ? "" : why);

		sb_diagnosis_say(report, works, what, "apt-get install bubblewrap; sysctl kernel.unprivileged_userns_clone=1");
	}
	if (sb_pythons_find(&pythons, &cli->settings, &err) < 0) {
		sb_diagnosis_say(report, false, err.text, "apt-get install python3 python3-venv");
	} else {
		SB_AUTO_FREE char *list = sb_pythons_list(&pythons);
		SB_AUTO_FREE char *what = sb_xasprintf("Pythons: %s", pythons.n ? list : "none");

		sb_diagnosis_say(report, pythons.n > 0, what, "apt-get install python3 python3-venv, or set slugbuild.pythonPath");
	}
	if (sb_runner_find(&runner, &cli->settings, &err) < 0) {
		sb_diagnosis_say(report, false, err.text, err.fix);
	} else {
		SB_AUTO_FREE char *what = sb_xasprintf("runner %s", cli->settings.runner);

		sb_diagnosis_say(report, true, what, NULL);
	}
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
	struct sb_diagnosis report = { .list = sb_json_new_array(), .json = sb_cli_json(cli) };
	const char *path = cli->words.n ? cli->words.item[0] : NULL;

	if (sb_cli_load(cli, err) < 0) {
		json_decref(report.list);
		return -1;
	}
	look_at_root(&report, cli);
	look_at_tools(&report, cli);
	/* A developer's clone has no hooks of ours, and needs none. */
	if (path || (cli->repo.git && !sb_span_find(sb_span_of(cli->repo.path), "/.git")))
		sb_diagnose_repo(&report, path ? path : cli->repo.path);
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
