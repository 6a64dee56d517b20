#include "base/base.h"
#include "app/produce.h"
#include "build/source_stage.h"
#include "check/heroku.h"
#include "check/report.h"
#include "cli/commands.h"
#include "cli/subject.h"
#include "release/ledger.h"

#include <string.h>

static int show_findings(struct sb_cli *cli, struct sb_produce *make)
{
	struct sb_findings *findings = &make->findings;

	SB_AUTO_FREE char *what = sb_subject_name(cli, make->commit.oid);

	sb_findings_sort(findings);
	if (sb_cli_option(cli, "sarif"))
		sb_cli_print_json(sb_report_sarif(findings, &cli->log.mask));
	else if (sb_cli_json(cli))
		sb_cli_print_json(sb_report_json(
			findings, sb_subject_is_commit(cli) ? make->commit.oid : NULL, &cli->log.mask));
	else if (findings->n)
		sb_log_findings(&cli->log, findings);
	else if (make->heroku)
		sb_log_say(&cli->log, "No findings in %s by the rules of Heroku's Python buildpack %s", what,
			   sb_heroku_release);
	else
		sb_log_say(&cli->log, "No findings in %s", what);
	return 0;
}

/* What was found behind the push (app/report.h), where this commit is what serves. */
static void add_report(struct sb_cli *cli, struct sb_produce *make)
{
	struct sb_error unseen = { 0 };
	SB_AUTO(sb_app) app = SB_APP_INIT;
	SB_AUTO(sb_release) release = { 0 };

	if (make->only_static || make->heroku || sb_app_open(&app, &cli->store, make->app, &unseen) < 0)
		return;
	int current = sb_ledger_current(&app, &unseen);

	if (current < 1 || sb_ledger_load(&release, &app, current, &unseen) < 0 ||
	    strcmp(sb_json_text(release.facts, "commit", ""), make->commit.oid) != 0 ||
	    strcmp(sb_json_text(release.facts, "report", ""), "made") != 0)
		return;
	sb_findings_from_json(&make->findings, make->settings, json_object_get(release.facts, "findings"));
}

/* Whether the locks fit their inputs takes a parser of TOML, so an interpreter. */
static int look_at_locks(struct sb_produce *make, struct sb_error *err)
{
	struct sb_source_stage stage = {
		.settings = make->settings, .repo = make->repo, .tree = make->tree, .plan = &make->plan
	};
	SB_AUTO(sb_findings) found = { 0 };
	SB_AUTO(sb_list) older = { 0 };

	if (sb_source_locks(&older, &stage, err) < 0)
		return -1;
	sb_heroku_older(&found, make->settings, make->plan.manager, &older);
	sb_findings_take(&make->findings, &found);
	return 0;
}

static int look_further(struct sb_cli *cli, struct sb_produce *make, struct sb_error *err)
{
	if (make->heroku && !make->only_static && look_at_locks(make, err) < 0)
		return -1;
	if (make->config_known)
		add_report(cli, make);
	return 0;
}

int sb_cmd_check(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_list) config = { 0 };
	SB_AUTO_JSON json_t *checklist = NULL;
	const char *strict = sb_cli_option(cli, "strict");
	bool wanted = sb_cli_option(cli, "checklist") != NULL;
	char oid[SB_OID_MAX + 1];

	if (strict && strcmp(strict, "heroku"))
		return sb_fail(err, SB_EUSAGE, "--strict %s: only heroku's rules are known", strict);
	if (strict && wanted)
		return sb_fail(err, SB_EUSAGE, "--checklist and --strict are two questions");
	if (sb_subject_look(cli, oid, err) < 0 || (sb_cli_option(cli, "app") && sb_cli_open_store(cli, err) < 0))
		return -1;
	struct sb_produce make = { .settings = &cli->settings,
				   .log = &cli->log,
				   .repo = &cli->repo,
				   .app = sb_subject_app(cli),
				   .config = &config,
				   .config_known = sb_cli_option(cli, "app") && sb_subject_config(cli, &config),
				   .heroku = strict != NULL,
				   .only_static = sb_cli_option(cli, "static") != NULL,
				   .checklist = wanted ? &checklist : NULL,
				   .oid = oid };
	int done = sb_produce_check(&make, err);

	if (done == 0)
		done = look_further(cli, &make, err);
	if (done == 0)
		done = wanted ? sb_cli_print_checklist(cli, checklist, err) : show_findings(cli, &make);
	int status = done < 0 ? -1 : make.findings.errors > 0;

	sb_produce_release(&make);
	return status;
}
