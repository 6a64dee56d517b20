#ifndef SB_APP_REPORT_H
#define SB_APP_REPORT_H

#include "app/activate.h"
#include "sys/lock.h"

/*
 * The report on a release, made behind the push (slugbuild.probe = after): a detached child of
 * low priority asks the probe once the release serves, and writes what it finds into the release's
 * record and the build's log. The push says where that will be, and waits for nothing.
 *
 *	__attribute__((cleanup(sb_report_release))) struct sb_report report = SB_REPORT_INIT;
 *
 *	sb_report_announce(&report, way, release);  // before the record of the release is written
 *	…it is, and `current` points to it…
 *	sb_report_leave(&report);                   // tells the pusher, and returns at once
 *
 * In the record "report" is
 *
 *	running		somebody is at it: he holds the lock releases/vN/report
 *	made		"findings" and "database" are its results
 *	not made: …	another release took its place, or its process ended
 *
 * It takes the publish lock for the moment in which it writes, and no other that a push waits for.
 * It ends when another release becomes the current one: that one may have this one removed.
 */
struct sb_report {
	const struct sb_activate *way;
	struct sb_release *release;
	struct sb_lock lock;
};
#define SB_REPORT_INIT { .lock = SB_LOCK_INIT }

void sb_report_announce(struct sb_report *report, const struct sb_activate *way, struct sb_release *release);
void sb_report_leave(struct sb_report *report); /* nothing where none was announced */
void sb_report_release(struct sb_report *report);

/* A loaded release whose report is made no more says so, in its facts. */
void sb_report_settle(const struct sb_app *app, struct sb_release *release);

#endif
