#ifndef SB_SUBJECT_H
#define SB_SUBJECT_H

#include "cli/cli.h"

/*
 * What `check` and `build` are about: a commit of the repository that the words name, and the app
 * that it is of.
 *
 *	if (sb_subject_open(cli, oid, err) < 0)     // cli->repo, cli->settings, the commit
 *		return -1;
 */

/* The words are [DIR|REPO] [REV]; either may be missing. */
int sb_subject_open(struct sb_cli *cli, char oid[SB_OID_MAX + 1], struct sb_error *err) SB_MUST_CHECK;

const char *sb_subject_app(const struct sb_cli *cli); /* "app" where none is known */

/* The config vars of a known app, so that a check or build by hand sees what a push would. False: no
 * such app. */
bool sb_subject_config(struct sb_cli *cli, struct sb_list *config);

#endif
