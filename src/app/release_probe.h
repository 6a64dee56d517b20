#ifndef SB_RELEASE_PROBE_H
#define SB_RELEASE_PROBE_H

#include "app/activate.h"

/*
 * The probe in the release step, where there is a network: does the database answer, and which of
 * this release's migrations does it lack. With slugbuild.probe = after also everything that
 * `before` asks beside the build; that one is made behind the push, see app/report.h. Nothing is
 * refused any more: what it finds is shown to the pusher, kept in the build's log, and stands in
 * the release's record ("findings", "database"; releases:info).
 *
 *	__attribute__((cleanup(sb_probed_release))) struct sb_probed probed = SB_PROBED_INIT;
 *
 *	if (sb_probe_applies(way, release)) {
 *		sb_probe_begin(&probed, way, release);     // in a thread of its own
 *		… what runs beside it …
 *		sb_probe_end(&probed);                     // shown, and in release->facts
 *	}
 *
 * One start of the interpreter, in the release as it is unpacked, with its config vars, like one
 * of its processes. Never fails.
 */
struct sb_probed {
	const struct sb_activate *way;
	struct sb_release *release; /* gets the results, at the end */
	struct sb_release own;      /* a copy for the thread */
	struct sb_findings findings;
	json_t *answer;
	pthread_t thread;
	bool begun, threaded;
};
#define SB_PROBED_INIT { 0 }

/*
 * Whether there is anything to ask: no for releases without Django, for slugbuild.probe = off, and
 * with `before` where the build's probe has seen that there is no database, or a file of SQLite's
 * that this release does not have ("engine" in its facts); a config var that holds a database's
 * URL is asked about all the same.
 */
bool sb_probe_applies(const struct sb_activate *way, const struct sb_release *release);

void sb_probe_begin(struct sb_probed *probed, const struct sb_activate *way, struct sb_release *release);
void sb_probe_wait(struct sb_probed *probed); /* shows nothing */
void sb_probe_end(struct sb_probed *probed);  /* nothing where it was not begun */
void sb_probed_release(struct sb_probed *probed);

#endif
