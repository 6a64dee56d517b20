#ifndef SB_SHELL_H
#define SB_SHELL_H

#include "base/span.h"

/*
 * Whether /bin/sh would stop at a command with a syntax error, found without
 * starting one: quotes and brackets without an end, operators with nothing before
 * or behind them. Only what every POSIX shell rejects is named; here-documents,
 * `case` and what else goes beyond this reader are taken as right.
 *
 *	struct sb_shell_fault fault;
 *
 *	if (sb_shell_faulty(&fault, command))
 *		report(fault.at, fault.says);
 */
struct sb_shell_fault {
	size_t at;        /* byte in the command */
	const char *says; /* "the \" has no end" */
};

bool sb_shell_faulty(struct sb_shell_fault *out, struct sb_span command) SB_MUST_CHECK;

#endif
