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

/* For `check`, which needs no commit: also a folder that is no repository, "-" for a tar on standard
 * input, and with --staged the index. cli->repo then holds those files and nothing else: see
 * source/loose.h. A repository is looked for upwards where no word names one. */
int sb_subject_look(struct sb_cli *cli, char oid[SB_OID_MAX + 1], struct sb_error *err) SB_MUST_CHECK;

/* What was opened so, in words for a line: "9b62e865", "the folder /home/ada/blog". */
char *sb_subject_name(const struct sb_cli *cli, const char *oid) SB_MUST_CHECK;

/* Whether it is a commit of a repository. */
bool sb_subject_is_commit(const struct sb_cli *cli);

const char *sb_subject_app(const struct sb_cli *cli); /* "app" where none is known */

/* The config vars of a known app, so that a check or build by hand sees what a push would. False: no
 * such app. */
bool sb_subject_config(struct sb_cli *cli, struct sb_list *config);

#endif
