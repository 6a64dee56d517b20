#ifndef SB_RELEASE_PROCESS_H
#define SB_RELEASE_PROCESS_H

#include "base/log.h"
#include "release/ledger.h"
#include "sys/sandbox.h"

/*
 * One process of a release, the same whoever starts it: a local runner's service
 * (through `slugbuild exec`), the release phase, `run`, the trial before a switch.
 * It gets the release's config vars and nothing else of the host's environment, its
 * own release folder writable, its store layers read-only, the host's network, and sees
 * no other app's files.
 */
struct sb_run {
	const struct sb_app *app;
	const struct sb_release *release;
	const struct sb_settings *settings;
	const char *type;           /* "web", "release", "run" */
	int index;                  /* web.1 → 1 */
	int port;                   /* PORT; 0: none */
	const char *const *command; /* for "run": argv behind launch; else NULL */
};

/* Fills `box` and `argv` (…/.slugbuild/launch TYPE.N). */
int sb_run_prepare(struct sb_box *box, struct sb_list *argv, const struct sb_run *run, struct sb_error *err) SB_MUST_CHECK;

/* Becomes it (slugbuild exec, slugbuild run on a terminal). Returns only on failure. */
int sb_run_exec(const struct sb_run *run, struct sb_error *err) SB_MUST_CHECK;

/* releases/vN/output, open for appending. */
int sb_run_output(const struct sb_app *app, int number, struct sb_error *err) SB_MUST_CHECK;

/* The release phase (`command` for a shell): output to the log and to releases/vN/output, under release_seconds. SB_EBUILD when it fails. */
int sb_run_release_phase(const struct sb_run *run, const char *command, struct sb_log *log, struct sb_error *err) SB_MUST_CHECK;

#endif
