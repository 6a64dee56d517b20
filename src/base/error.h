#ifndef SB_ERROR_H
#define SB_ERROR_H

#include "base/base.h"

/*
 * Why a call failed. The caller owns the struct, nothing in it is allocated,
 * and it is written once: by the call that failed first.
 *
 *	if (open_slug(&slug, path, err) < 0)
 *		return sb_wrap(err, "release %s", name);
 *
 * Where the user can do something about it, the one who knows adds the place
 * and the cure: sb_error_where(err, "%s:%d", path, line); sb_error_fix(err, …).
 * A text that does not fit ends in "…", it is never cut in silence.
 * What is wrong with the pushed files is no error: see base/findings.h.
 */

enum sb_code {
	SB_OK = 0,
	SB_EREFUSED, /* findings refused the pushed files */
	SB_EINPUT,   /* what git or the user handed in is malformed */
	SB_EUSAGE,   /* the command was called wrongly */
	SB_ENOENT,   /* what was named does not exist */
	SB_ELIMIT,   /* a limit was reached */
	SB_ECONFIG,  /* the server is set up wrongly */
	SB_EBUILD,   /* a build step, the release phase or a start said no */
	SB_ESYS,     /* the system said no */
	SB_EAGAIN,   /* try again: another one holds it, the network failed */
	SB_ECANCEL,  /* cancelled: a signal, builds:cancel, the client is gone */
};

struct sb_error {
	enum sb_code code;
	char text[1536]; /* one line, no trailing newline; what is wrong */
	char where[512]; /* "path:line" or empty */
	char fix[1024];  /* what to do, may be several lines; or empty */
};

/* All three return -1, so that they can end a function. They clear where and fix. */
int sb_fail(struct sb_error *err, enum sb_code code, const char *fmt, ...) SB_PRINTF(3, 4);

/* SB_ESYS, with ": " and strerror(errno) behind the text; a full disk gets its cure. */
int sb_fail_sys(struct sb_error *err, const char *fmt, ...) SB_PRINTF(2, 3);

/* Keeps code, where and fix, and puts the text and ": " in front: where it failed. */
int sb_wrap(struct sb_error *err, const char *fmt, ...) SB_PRINTF(2, 3);

void sb_error_where(struct sb_error *err, const char *fmt, ...) SB_PRINTF(2, 3);
void sb_error_fix(struct sb_error *err, const char *fmt, ...) SB_PRINTF(2, 3);

/* The exit status of a program that ends with it: 0, 1, 2, 3, 4 or 75 (see slugbuild(1)). */
int sb_exit_status(enum sb_code code);

#endif
