#ifndef SB_HEALTH_H
#define SB_HEALTH_H

#include "base/log.h"
#include "release/ledger.h"
#include "release/process.h"

/*
 * GET on 127.0.0.1:PORT until it answers 2xx or 3xx, or `seconds` are over.
 * Host and X-Forwarded-Proto as DESIGN says; redirects are not followed.
 */
struct sb_health {
	int port;
	const char *path, *host;
	int64_t seconds;
	pid_t pid; /* > 0: give up at once when this process (our child) has ended */
};
int sb_health_wait(const struct sb_health *health, struct sb_log *log, struct sb_error *err) SB_MUST_CHECK;

/* Starts `web` on a temporary port beside the old one, checks it, ends it. Its output is shown when it fails. */
int sb_trial(const struct sb_run *run, const struct sb_health *health, struct sb_log *log, struct sb_error *err) SB_MUST_CHECK;

int sb_free_port(void); /* a port nobody listens on right now, or -1 */

#endif
