#include "base/base.h"
#include "app/produce.h"
#include "app/publish.h"
#include "cli/commands.h"
#include "cli/subject.h"
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

/* The name of the folder: a slug of ~/src/blog is called blog.tar.gz. */
static char *default_name(struct sb_cli *cli)
{
	SB_AUTO_FREE char *path = sb_xstrdup(cli->repo.path);
	char *end = path + strlen(path);

	if (strcmp(sb_subject_app(cli), "app") != 0)
		return sb_xasprintf("%s.tar.gz", sb_subject_app(cli));
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

static void print_timings(struct sb_produce *make)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(1 << 16);

	sb_timings_print(&text, &make->timings);
	fputs(text.p ? text.p : "", stderr);
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
	if (sb_cli_option(cli, "timings"))
		print_timings(make);
	if (sb_cli_json(cli))
		sb_cli_print_json(json_incref(make->facts));
	return 0;
}

int sb_cmd_build(struct sb_cli *cli, struct sb_error *err)
{
	SB_AUTO(sb_list) config = { 0 };
	const char *output = sb_cli_option(cli, "output");
	char oid[SB_OID_MAX + 1];

	if (sb_subject_open(cli, oid, err) < 0 || sb_cli_open_store(cli, err) < 0)
		return -1;
	sb_cancel_on_signals();
	bool known = sb_subject_config(cli, &config);
	SB_AUTO_FREE char *file = output ? sb_xstrdup(output) : default_name(cli);
	struct sb_produce make = { .settings = &cli->settings,
				   .log = &cli->log,
				   .repo = &cli->repo,
				   .app = sb_subject_app(cli),
				   .oid = oid,
				   .store = &cli->store,
				   .config = &config,
				   .config_known = known,
				   .no_cache = sb_cli_option(cli, "no-cache") != NULL };
	int done = build_to(cli, &make, file, err);

	sb_produce_release(&make);
	return done;
}
