#include "base/base.h"
#include "cli/confirm.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int sb_confirm(struct sb_cli *cli, const char *what, struct sb_error *err)
{
	const char *given = sb_cli_option(cli, "confirm");
	char typed[64] = "";

	if (!given && isatty(STDIN_FILENO)) {
		fprintf(stderr, " !     %s\n !     To go on, type %s: ", what, cli->app.name);
		if (fgets(typed, sizeof(typed), stdin))
			typed[strcspn(typed, "\n")] = '\0';
		given = typed;
	}
	if (given && !strcmp(given, cli->app.name))
		return 0;
	sb_fail(err, SB_EUSAGE, "not confirmed: nothing was done");
	sb_error_fix(err, "slugbuild %s … --confirm %s", cli->command->name, cli->app.name);
	return -1;
}
