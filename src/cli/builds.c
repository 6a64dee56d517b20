#include "base/base.h"
#include "app/turn.h"
#include "cli/commands.h"
#include "release/builds.h"
#include "sys/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What waits: where it stands. */
static void tell_place(const struct sb_app *app, struct sb_build_record *record)
{
	const char *what;

	if (strcmp(sb_json_text(record->facts, "state", ""), "waiting") != 0)
		return;
	size_t position = sb_turn_position(app, record->id, &what);

	if (!position)
		return;
	SB_AUTO_FREE char *text = sb_xasprintf("number %zu in line for %s", position, what);

	sb_json_set_int(record->facts, "position", (int64_t)position);
	sb_json_set_text(record->facts, "reason", text);
}

int sb_cmd_builds(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_list) ids = { 0 };
	struct sb_table table = { 0 };

	if (sb_cli_open_app(cli, err) < 0 || sb_builds_list(&ids, &cli->app, err) < 0)
		return -1;
	json_t *list = sb_json_new_array();

	for (size_t i = 0; i < ids.n; i++) {
		SB_AUTO(sb_build_record) record = SB_BUILD_RECORD_INIT;
		struct sb_error lost = { 0 };
		char commit[16];

		if (sb_build_record_load(&record, &cli->app, ids.item[i], &lost) < 0)
			continue; /* pruned meanwhile */
		snprintf(commit, sizeof(commit), "%.8s", sb_json_text(record.facts, "commit", ""));
		tell_place(&cli->app, &record);
		sb_table_row(&table, ids.item[i], sb_json_text(record.facts, "state", ""), commit,
			     sb_json_text(record.facts, "reason", ""), NULL);
		json_array_append(list, record.facts);
	}
	sb_cli_show(cli, &table, list);
	return 0;
}

int sb_cmd_builds_output(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_build_record) record = SB_BUILD_RECORD_INIT;

	if (sb_cli_open_app(cli, err) < 0 || sb_build_record_load(&record, &cli->app, cli->words.item[0], err) < 0)
		return -1;
	SB_AUTO_CLOSE int fd = openat(record.dir, "log", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return sb_fail_sys(err, "log of build %s", cli->words.item[0]);
	return sb_copy_bytes(STDOUT_FILENO, fd, -1, err);
}

/* The build that runs, else the newest that waits. */
static char *running(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_list) ids = { 0 };
	SB_AUTO_FREE char *waiting = NULL;

	if (sb_builds_list(&ids, &cli->app, err) < 0)
		return NULL;
	for (size_t i = 0; i < ids.n; i++) {
		SB_AUTO(sb_build_record) record = SB_BUILD_RECORD_INIT;
		struct sb_error lost = { 0 };

		if (sb_build_record_load(&record, &cli->app, ids.item[i], &lost) < 0)
			continue;
		struct sb_span state = sb_span_of(sb_json_text(record.facts, "state", ""));

		if (sb_span_is(state, "building"))
			return sb_xstrdup(ids.item[i]);
		if (sb_span_is(state, "waiting") && !waiting)
			waiting = sb_xstrdup(ids.item[i]);
	}
	if (waiting)
		return SB_STEAL(waiting);
	sb_fail(err, SB_ENOENT, "no build of %s runs", cli->app.name);
	return NULL;
}

int sb_cmd_builds_cancel(struct sb_cli *cli, struct sb_error *err)
{
	if (sb_cli_open_app(cli, err) < 0)
		return -1;
	SB_AUTO_FREE char *id = cli->words.n ? sb_xstrdup(cli->words.item[0]) : running(cli, err);

	if (!id || sb_build_cancel(&cli->app, id, err) < 0)
		return -1;
	sb_log_step(&cli->log, "Build %s is asked to stop", id);
	return 0;
}
