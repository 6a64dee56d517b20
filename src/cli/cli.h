#ifndef SB_CLI_H
#define SB_CLI_H

#include "app/activate.h"
#include "base/json.h"
#include "base/log.h"
#include "release/apps.h"
#include "source/repo.h"

/*
 * What every command stands on: its row in the command table, its words and options, and
 * the app it is about. One file a command beside this one.
 *
 *	int sb_cmd_releases(struct sb_cli *cli, struct sb_error *err)
 *	{
 *		if (sb_cli_open_app(cli, err) < 0)
 *			return -1;
 *		…
 *	}
 *
 * Every command knows -a/--app, --root, --json and --help. A command returns 0, -1 with
 * err (shown by main, which turns its code into the exit status), or an exit status of its own.
 */
struct sb_cli {
	const struct sb_command *command;
	struct sb_list words;  /* what is no option */
	struct sb_list rest;   /* what stands behind "--" */
	struct sb_list option; /* "branch=main", "json=" */
	struct sb_list apps;   /* every -a, in their order */
	struct sb_log log;     /* standard error; colour on a terminal */
	struct sb_settings settings; /* the app's once it is open */
	struct sb_store store;
	struct sb_app app;
	struct sb_repo repo;   /* the app's, or the one we stand in; git NULL: none */
	struct sb_activate way;
};

struct sb_command {
	const char *name;
	const char *args;    /* "[vN] [-a APP]" */
	const char *help;    /* one line */
	const char *options; /* "branch= runner= all": own ones; '=' wants a value */
	int min, max;        /* words; max -1: any number */
	int (*run)(struct sb_cli *cli, struct sb_error *err);
	const char *more;    /* for --help; or NULL */
};

/* The value of an option, "" for a flag that was given, NULL when it was not. Borrowed. */
const char *sb_cli_option(const struct sb_cli *cli, const char *name);

int sb_cli_parse(struct sb_cli *cli, const struct sb_command *command, int argc, char **argv,
		 struct sb_error *err) SB_MUST_CHECK;

/* Settings: the user's, those of the repository we stand in, --root. */
int sb_cli_load(struct sb_cli *cli, struct sb_error *err) SB_MUST_CHECK;

/* The store; as root, becomes its owner first. */
int sb_cli_open_store(struct sb_cli *cli, struct sb_error *err) SB_MUST_CHECK;

/* The app of -a, or of the repository we stand in; with its repository and settings. */
int sb_cli_open_app(struct sb_cli *cli, struct sb_error *err) SB_MUST_CHECK;
int sb_cli_open_named(struct sb_cli *cli, const char *app, struct sb_error *err) SB_MUST_CHECK;

/* Before a command changes an app: what a crash left behind is finished first. */
int sb_cli_settle(struct sb_cli *cli, struct sb_error *err) SB_MUST_CHECK;

/* --json: prints `value` (taken) to standard output. */
void sb_cli_print_json(json_t *value);
bool sb_cli_json(const struct sb_cli *cli);

/* check --checklist: the list of the source stage (NULL: there is no interpreter), or its JSON. */
int sb_cli_print_checklist(struct sb_cli *cli, json_t *list, struct sb_error *err) SB_MUST_CHECK;

/* Who is at the keyboard: for "by". Borrowed. */
const char *sb_cli_user(void);

void sb_cli_release(struct sb_cli *cli);

/* A table on standard output: columns as wide as they must be, control bytes visible. */
struct sb_table {
	struct sb_list cell;
	size_t columns;
};
void sb_table_row(struct sb_table *table, ...) __attribute__((sentinel)); /* strings, then NULL */
void sb_table_print(struct sb_table *table);

/* A list, shown as --json says: `value` (taken) or the table, which is emptied either way. */
void sb_cli_show(const struct sb_cli *cli, struct sb_table *table, json_t *value);

#endif
