#include "base/base.h"
#include "app/produce.h"
#include "app/publish.h"
#include "cli/commands.h"
#include "release/staged.h"
#include "sys/child.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/lock.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The repository and the revision that the words name: [DIR|REPO] [REV], either may be missing. */
static int open_words(struct sb_cli *cli, char oid[SB_OID_MAX + 1], struct sb_error *err)
{
	const char *first = cli->words.n > 0 ? cli->words.item[0] : NULL;
	const char *second = cli->words.n > 1 ? cli->words.item[1] : NULL;
	struct sb_error none = { 0 };

	if (sb_cli_load(cli, err) < 0)
		return -1;
	if (first) {
		SB_AUTO(sb_repo) named = { 0 };

		if (sb_repo_open(&named, first, &none) == 0) {
			sb_repo_release(&cli->repo);
			cli->repo = SB_STEAL(named);
			SB_AUTO_FREE char *root = sb_xstrdup(cli->settings.root);

			sb_settings_release(&cli->settings);
			if (sb_repo_settings(&cli->settings, &cli->repo, err) < 0)
				return -1;
			if (sb_cli_option(cli, "root")) {
				free(cli->settings.root);
				cli->settings.root = SB_STEAL(root);
			}
		} else if (none.code != SB_ENOENT || second || !cli->repo.git || access(first, F_OK) == 0) {
			*err = none;
			return -1;
		} else {
			second = first;
		}
	}
	if (!cli->repo.git) {
		sb_fail(err, SB_ENOENT, "this is no git repository");
		sb_error_fix(err, "slugbuild %s DIR, or run it inside a clone", cli->command->name);
		return -1;
	}
	return sb_repo_resolve(&cli->repo, second ? second : "HEAD", oid, err);
}

static json_t *findings_json(const struct sb_findings *findings)
{
	json_t *out = sb_json_new_object(), *list = sb_json_new_array();

	for (size_t i = 0; i < findings->n; i++) {
		const struct sb_finding *f = &findings->item[i];
		json_t *one = sb_json_new_object();

		sb_json_set_text(one, "rule", f->rule);
		sb_json_set_text(one, "severity", f->severity == SB_ERROR ? "error" : "warning");
		sb_json_set_text(one, "path", f->path);
		sb_json_set_int(one, "line", f->line);
		sb_json_set_int(one, "column", f->column);
		sb_json_set_text(one, "text", f->text);
		sb_json_set_text(one, "fix", f->fix);
		sb_json_push_take(list, one);
	}
	sb_json_set_take(out, "findings", list);
	sb_json_set_int(out, "errors", (int64_t)findings->errors);
	sb_json_set_int(out, "warnings", (int64_t)findings->warnings);
	return out;
}

static const char *app_name(const struct sb_cli *cli)
{
	const char *option = sb_cli_option(cli, "app");

	return option ? option : *cli->settings.app ? cli->settings.app : "app";
}

/* The config vars of a known app, so that a check or build by hand sees what a push would. False: no
 * such app. */
static bool borrow_config(struct sb_cli *cli, struct sb_list *config)
{
	SB_AUTO(sb_app) app = SB_APP_INIT;
	struct sb_error none = { 0 };

	if (!strcmp(app_name(cli), "app") || sb_app_open(&app, &cli->store, app_name(cli), &none) < 0 ||
	    sb_config_load(config, app.dir, &none) < 0)
		return false;
	sb_mask_vars(&cli->log, config);
	return true;
}

static int print_checklist(struct sb_cli *cli, json_t *list, struct sb_error *err)
{
	struct sb_table table = { .columns = 3 };
	const json_t *one;
	size_t i;

	if (!list) {
		sb_fail(err, SB_ECONFIG, "no Python from 3.8 on was found that could read the settings");
		sb_error_fix(err, "apt install python3, or git config --global slugbuild.pythonPath FOLDER");
		return -1;
	}
	if (sb_cli_json(cli)) {
		sb_cli_print_json(json_incref(list));
		return 0;
	}
	json_array_foreach(list, i, one)
		sb_table_row(&table, sb_json_text(one, "state", ""), sb_json_text(one, "item", ""),
			     sb_json_text(one, "note", ""), NULL);
	sb_table_print(&table);
	return 0;
}

static int show_findings(struct sb_cli *cli, struct sb_produce *make)
{
	if (sb_cli_json(cli)) {
		sb_findings_sort(&make->findings);
		sb_cli_print_json(findings_json(&make->findings));
	} else if (make->findings.n) {
		sb_log_findings(&cli->log, &make->findings);
	} else {
		sb_log_say(&cli->log, "No findings in %.8s", make->commit.oid);
	}
	return 0;
}

int sb_cmd_check(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_list) config = { 0 };
	SB_AUTO_JSON json_t *checklist = NULL;
	bool wanted = sb_cli_option(cli, "checklist") != NULL;
	char oid[SB_OID_MAX + 1];

	if (open_words(cli, oid, err) < 0 || (sb_cli_option(cli, "app") && sb_cli_open_store(cli, err) < 0))
		return -1;
	struct sb_produce make = { .settings = &cli->settings,
				   .log = &cli->log,
				   .repo = &cli->repo,
				   .app = app_name(cli),
				   .config = &config,
				   .config_known = sb_cli_option(cli, "app") && borrow_config(cli, &config),
				   .only_static = sb_cli_option(cli, "static") != NULL,
				   .checklist = wanted ? &checklist : NULL,
				   .oid = oid };
	int done = sb_produce_check(&make, err);

	if (done == 0)
		done = wanted ? print_checklist(cli, checklist, err) : show_findings(cli, &make);
	int status = done < 0 ? -1 : make.findings.errors > 0;

	sb_produce_release(&make);
	return status;
}

/* The name of the folder: a slug of ~/src/blog is called blog.tar.gz. */
static char *default_name(struct sb_cli *cli)
{
	SB_AUTO_FREE char *path = sb_xstrdup(cli->repo.path);
	char *end = path + strlen(path);

	if (strcmp(app_name(cli), "app") != 0)
		return sb_xasprintf("%s.tar.gz", app_name(cli));
	while (end > path && (end[-1] == '/' || (end - path >= 5 && !strncmp(end - 5, "/.git", 5)))) {
		end -= end[-1] == '/' ? 1 : 5;
		*end = '\0';
	}
	const char *slash = strrchr(path, '/');

	return sb_xasprintf("%s.tar.gz", slash && slash[1] ? slash + 1 : "app");
}

static int write_beside(int dir, const char *name, const json_t *facts, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(64 << 20);
	SB_AUTO_FREE char *json = sb_xasprintf("%s.json", name);

	sb_json_print(&text, facts);
	return sb_write_file(dir, json, 0644, sb_buffer_span(&text), err);
}

static int refuse_findings(struct sb_produce *make, struct sb_error *err)
{
	if (make->findings.n)
		sb_log_findings(make->log, &make->findings);
	if (!make->findings.errors)
		return 0;
	return sb_fail(err, SB_EREFUSED, "The files above must be mended first.");
}

static int build_to(struct sb_cli *cli, struct sb_produce *make, const char *file, struct sb_error *err)
{
	const char *slash = strrchr(file, '/');
	SB_AUTO_FREE char *folder = slash ? sb_span_dup((struct sb_span) { file, (size_t)(slash - file) + 1 })
					  : sb_xstrdup(".");
	SB_AUTO_CLOSE int dir = sb_open_dir(AT_FDCWD, folder, err);

	make->dir = dir;
	make->name = slash ? slash + 1 : file;
	if (dir < 0 || sb_produce_check(make, err) < 0 || refuse_findings(make, err) < 0 ||
	    sb_produce_slug(make, err) < 0 || write_beside(dir, make->name, make->facts, err) < 0)
		return -1;
	sb_log_step(&cli->log, "Wrote %s and %s.json", file, file);
	if (sb_cli_json(cli))
		sb_cli_print_json(json_incref(make->facts));
	return 0;
}

int sb_cmd_build(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_list) config = { 0 };
	const char *output = sb_cli_option(cli, "output");
	char oid[SB_OID_MAX + 1];

	if (open_words(cli, oid, err) < 0 || sb_cli_open_store(cli, err) < 0)
		return -1;
	sb_cancel_on_signals();
	bool known = borrow_config(cli, &config);
	SB_AUTO_FREE char *file = output ? sb_xstrdup(output) : default_name(cli);
	struct sb_produce make = { .settings = &cli->settings,
				   .log = &cli->log,
				   .repo = &cli->repo,
				   .app = app_name(cli),
				   .oid = oid,
				   .store = &cli->store,
				   .config = &config,
				   .config_known = known,
				   .no_cache = sb_cli_option(cli, "no-cache") != NULL };
	int done = build_to(cli, &make, file, err);

	sb_produce_release(&make);
	return done;
}
