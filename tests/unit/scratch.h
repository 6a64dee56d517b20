#ifndef SB_SCRATCH_H
#define SB_SCRATCH_H

#include "unit.h"
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A folder for one test program, with git repositories made by the git command. */

static char scratch[64];

/* Runs a shell command in the scratch folder; its standard output without the last newline. */
SB_UNUSED static char *sh(const char *fmt, ...) SB_PRINTF(1, 2);
SB_UNUSED static char *sh(const char *fmt, ...)
{
	static char out[4096];
	char *command = NULL, *whole = NULL;
	va_list ap;

	va_start(ap, fmt);
	assert_true(vasprintf(&command, fmt, ap) > 0);
	va_end(ap);
	assert_true(asprintf(&whole, "cd %s && (set -e; %s)", scratch, command) > 0);
	FILE *pipe = popen(whole, "r");
	size_t n = fread(out, 1, sizeof(out) - 1, pipe);

	out[n] = '\0';
	while (n && out[n - 1] == '\n')
		out[--n] = '\0';
	if (pclose(pipe) != 0)
		fail_msg("%s", command);
	free(command);
	free(whole);
	return out;
}

SB_UNUSED static int scratch_make(void **state)
{
	(void)state;
	strcpy(scratch, "/tmp/slugbuild-unit-XXXXXX");
	if (!mkdtemp(scratch))
		return -1;
	setenv("HOME", scratch, 1);
	unsetenv("XDG_CONFIG_HOME");
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_AUTHOR_NAME", "Ann", 1);
	setenv("GIT_AUTHOR_EMAIL", "ann@example.com", 1);
	setenv("GIT_COMMITTER_NAME", "Ann", 1);
	setenv("GIT_COMMITTER_EMAIL", "ann@example.com", 1);
	setenv("GIT_AUTHOR_DATE", "1700000000 +0000", 1);
	setenv("GIT_COMMITTER_DATE", "1700000000 +0000", 1);
	return 0;
}

SB_UNUSED static int scratch_drop(void **state)
{
	(void)state;
	sh("chmod -R u+rwX . ; rm -rf -- * .gitconfig .config");
	return rmdir(scratch);
}

/* A path in the scratch folder; borrowed until the next but three calls. */
SB_UNUSED static const char *at(const char *name)
{
	static char path[4][512];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", scratch, name);
	return path[turn];
}

#endif
