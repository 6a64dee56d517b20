#ifndef SB_CONFIRM_H
#define SB_CONFIRM_H

#include "cli/cli.h"

/* What cannot be undone wants the app's name: by --confirm APP, or typed at the terminal. */
int sb_confirm(struct sb_cli *cli, const char *what, struct sb_error *err) SB_MUST_CHECK;

#endif
