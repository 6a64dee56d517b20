#include "base/base.h"
#include "app/publish.h"
#include "app/report.h"
#include "app/stage.h"
#include "app/targets.h"
#include "cli/commands.h"
#include "release/manifest.h"
#include "release/process.h"
#include "sys/clock.h"
#include "sys/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The release that the first word names, else `fallback`. */
static int wanted(struct sb_cli *cli, int fallback, int *number, struct sb_error *err)
{
	*number = fallback;
	if (cli->words.n) {
		*number = sb_release_number(cli->words.item[0]);
		if (!*number)
			return sb_fail(err, SB_EUSAGE, "%s is no release; write v7 or 7", cli->words.item[0]);
	}
	if (*number < 1)
		return sb_fail(err, SB_ENOENT, "%s has no such release", cli->app.name);
	return 0;
}

static void add_row(struct sb_table *table, const struct sb_release *release)
{
	char name[16], commit[16];
	const char *reason = sb_json_text(release->facts, "reason", "");
	SB_AUTO_FREE char *what = sb_xasprintf("%s%s%s", sb_json_text(release->facts, "description", ""),
					       *reason ? " - " : "", reason);

	snprintf(name, sizeof(name), "v%d", release->number);
	snprintf(commit, sizeof(commit), "%.8s", sb_json_text(release->facts, "commit", ""));
	sb_table_row(table, name, sb_release_state_name(release->state), commit,
		     sb_json_text(release->facts, "created", ""), what, NULL);
}

int sb_cmd_releases(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO_FREE int *number = NULL;
	struct sb_table table = { 0 };
	json_t *list = sb_json_new_array();
	const char *lines = sb_cli_option(cli, "lines");
	size_t n = 0, most = lines ? strtoul(lines, NULL, 10) : 20;
	int done = sb_cli_open_app(cli, err);

	if (done == 0)
		done = sb_ledger_numbers(&number, &n, &cli->app, err);
	for (size_t i = n; done == 0 && i-- > 0 && n - i <= most;) {
		SB_AUTO(sb_release) release = { 0 };

		done = sb_ledger_load(&release, &cli->app, number[i], err);
		if (done == 0)
			add_row(&table, &release);
		if (done == 0)
			json_array_append(list, release.facts);
	}
	if (done == 0)
		sb_cli_show(cli, &table, json_incref(list));
	sb_list_release(&table.cell);
	json_decref(list);
	return done;
}

/* What the release step found, and how far it saw the database to be: a line each. */
static void add_probed(struct sb_table *table, const json_t *facts)
{
	const json_t *list = json_object_get(facts, "findings"), *one;
	const json_t *database = json_object_get(facts, "database");
	const char *label;
	json_t *name;
	size_t i;

	json_array_foreach(list, i, one)
	{
		SB_AUTO_FREE char *line = sb_xasprintf("%s[%s] %s: %s", sb_json_text(one, "severity", ""),
						       sb_json_text(one, "rule", ""), sb_json_text(one, "path", "-"),
						       sb_json_text(one, "text", ""));

		sb_table_row(table, "finding", line, NULL);
	}
	if (database && !sb_json_flag(database, "reachable", false))
		sb_table_row(table, "database", "could not be reached", NULL);
	json_object_foreach(json_object_get(database, "at"), label, name) {
		SB_AUTO_FREE char *line = sb_xasprintf("%s is at %s", label, json_string_value(name));

		sb_table_row(table, "database", line, NULL);
	}
}

static void print_facts(const json_t *facts)
{
	struct sb_table table = { 0 };
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)facts, key, value) {
		if (!strcmp(key, "findings") || !strcmp(key, "database"))
			continue;
		SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(1 << 20);

		if (json_is_string(value))
			sb_buffer_adds(&text, json_string_value(value));
		else if (!json_is_null(value) && strcmp(key, "slug") != 0 && strcmp(key, "provenance") != 0)
			sb_json_print_compact(&text, value);
		SB_AUTO_FREE char *line = sb_span_dup(sb_span_trim(sb_buffer_span(&text)));

		if (*line)
			sb_table_row(&table, key, line, NULL);
	}
	add_probed(&table, facts);
	sb_table_row(&table, "slug", sb_json_text(facts, "slug.sha256", "none"), NULL);
	sb_table_print(&table);
}

int sb_cmd_releases_info(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_release) release = { 0 };
	int number;

	if (sb_cli_open_app(cli, err) < 0 || wanted(cli, sb_ledger_newest(&cli->app, err), &number, err) < 0 ||
	    sb_ledger_load(&release, &cli->app, number, err) < 0)
		return -1;
	sb_report_settle(&cli->app, &release);
	if (sb_cli_json(cli))
		sb_cli_print_json(json_incref(release.facts));
	else
		print_facts(release.facts);
	return 0;
}

int sb_cmd_releases_output(struct sb_cli *cli, struct sb_error *err)
{
	int number;

	if (sb_cli_open_app(cli, err) < 0 || wanted(cli, sb_ledger_newest(&cli->app, err), &number, err) < 0)
		return -1;
	SB_AUTO_FREE char *path = sb_release_path(&cli->app, number, "output");
	SB_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0) {
		fprintf(stderr, "v%d printed nothing\n", number);
		return 0;
	}
	return sb_copy_bytes(STDOUT_FILENO, fd, -1, err);
}

static int change(struct sb_cli *cli, const char *kind, const char *text, int from, struct sb_error *err)
{
	struct sb_change what = { .kind = kind, .description = text, .from = from };
	int number;

	if (sb_publish_change(&cli->way, &what, &number, err) < 0)
		return -1;
	sb_say_released(&cli->way, number);
	return 0;
}

int sb_cmd_releases_retry(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_release) release = { 0 };
	int number;

	if (sb_cli_open_app(cli, err) < 0 || sb_cli_settle(cli, err) < 0 ||
	    wanted(cli, sb_ledger_newest(&cli->app, err), &number, err) < 0 ||
	    sb_ledger_load(&release, &cli->app, number, err) < 0)
		return -1;
	SB_AUTO_FREE char *text = sb_xasprintf("Retry v%d", number);

	sb_log_step(&cli->log, "Retrying v%d of %s", number, cli->app.name);
	return change(cli, "retry", text, number, err);
}

/* The newest release before the current one that was in service. */
static int former(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO_FREE int *number = NULL;
	size_t n = 0;
	int current = sb_ledger_current(&cli->app, err);

	if (current < 0 || sb_ledger_numbers(&number, &n, &cli->app, err) < 0)
		return -1;
	for (size_t i = n; i-- > 0;) {
		SB_AUTO(sb_release) release = { 0 };

		if (number[i] >= current)
			continue;
		if (sb_ledger_load(&release, &cli->app, number[i], err) < 0)
			return -1;
		if (release.state == SB_SUPERSEDED && sb_json_at(release.facts, "slug.sha256"))
			return number[i];
	}
	return 0;
}

int sb_cmd_rollback(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_release) release = { 0 };
	int number;

	if (sb_cli_open_app(cli, err) < 0 || sb_cli_settle(cli, err) < 0 ||
	    wanted(cli, former(cli, err), &number, err) < 0 ||
	    sb_ledger_load(&release, &cli->app, number, err) < 0)
		return -1;
	if (!sb_json_at(release.facts, "slug.sha256"))
		return sb_fail(err, SB_EUSAGE, "v%d has no slug to roll back to", number);
	if (release.state == SB_FAILED)
		return sb_fail(err, SB_EUSAGE, "v%d failed; slugbuild releases:retry v%d tries it again", number,
			       number);
	SB_AUTO_FREE char *text = sb_xasprintf("Rollback to v%d", number);

	sb_log_step(&cli->log, "Rolling %s back to v%d", cli->app.name, number);
	return change(cli, "rollback", text, number, err);
}

/* 0 current, 1 not yet, 2 failed, 3 no release; `state` for people. */
static int look_for(struct sb_cli *cli, const char *commit, char *state, size_t size, struct sb_error *err)
{
	SB_AUTO_FREE int *number = NULL;
	size_t n = 0;

	snprintf(state, size, "no release yet");
	if (sb_ledger_numbers(&number, &n, &cli->app, err) < 0)
		return -1;
	for (size_t i = n; i-- > 0;) {
		SB_AUTO(sb_release) release = { 0 };

		if (sb_ledger_load(&release, &cli->app, number[i], err) < 0)
			return -1;
		if (strncmp(sb_json_text(release.facts, "commit", ""), commit, strlen(commit)) != 0)
			continue;
		snprintf(state, size, "v%d is %s", number[i], sb_release_state_name(release.state));
		if (release.state == SB_CURRENT)
			return 0;
		return release.state == SB_FAILED || release.state == SB_SUPERSEDED ? 2 : 1;
	}
	return 3;
}

/* The current release of an app in a folder of its own, where the deploy ref holds the commit and that
 * changed nothing in the folder: no release is made of it. 0: no. */
static int unchanged_since(struct sb_cli *cli, const char *commit)
{
	SB_AUTO(sb_repo) own = { 0 };
	struct sb_repo *repo = cli->repo.git ? &cli->repo : &own;
	char head[SB_REF_MAX + 1], tip[SB_OID_MAX + 1], oid[SB_OID_MAX + 1];
	struct sb_error unseen = { 0 };

	if (!*cli->way.settings->path || (repo == &own && sb_repo_open(&own, cli->app.repo, &unseen) < 0) ||
	    sb_repo_head(repo, head, &unseen) < 0)
		return 0;
	SB_AUTO_FREE char *ref = sb_deploy_ref(cli->way.settings, head, cli->app.name);

	if (!ref || sb_repo_ref(repo, ref, tip, &unseen) < 0 || !*tip ||
	    sb_repo_resolve(repo, commit, oid, &unseen) < 0 ||
	    (strcmp(oid, tip) != 0 && !sb_repo_descends(repo, tip, oid)))
		return 0;
	return sb_unchanged_since(&cli->app, cli->way.settings, repo, oid);
}

int sb_cmd_releases_wait(struct sb_cli *cli, struct sb_error *err)
{
	const char *given = sb_cli_option(cli, "timeout"), *commit = cli->words.item[0];
	int64_t seconds = 900;
	char full[SB_OID_MAX + 1], state[64];

	if (given && !sb_parse_seconds(sb_span_of(given), &seconds))
		return sb_fail(err, SB_EUSAGE, "--timeout wants seconds, not %s", given);
	if (sb_cli_open_app(cli, err) < 0)
		return -1;
	struct sb_error unknown = { 0 };

	if (cli->repo.git && sb_repo_resolve(&cli->repo, commit, full, &unknown) == 0)
		commit = full;
	if (strlen(commit) < 7)
		return sb_fail(err, SB_EUSAGE, "write at least 7 digits of the commit");
	int64_t deadline = sb_now_ms() + seconds * 1000;

	for (;;) {
		int found = look_for(cli, commit, state, sizeof(state), err);
		int since = found == 3 ? unchanged_since(cli, commit) : 0;

		if (since) {
			snprintf(state, sizeof(state), "v%d is current, and has the same files", since);
			found = 0;
		}
		if (found < 0)
			return -1;
		if (found == 0) {
			printf("%s\n", state);
			return 0;
		}
		if (found == 2)
			return sb_fail(err, SB_EBUILD, "%.12s: %s", commit, state);
		if (sb_now_ms() > deadline)
			return sb_fail(err, SB_EAGAIN, "%.12s: %s after %lld s", commit, state, (long long)seconds);
		nanosleep(&(struct timespec) { 0, 200000000 }, NULL);
	}
}
