#ifndef SB_RELEASE_PROBE_H
#define SB_RELEASE_PROBE_H

#include "app/activate.h"

/*
 * The probe in the release step, where there is a network: does the database answer, and which of
 * this release's migrations does it lack. With slugbuild.probe = after also everything that
 * `before` asks beside the build. Nothing is refused any more: what it finds is shown to the
 * pusher, kept in the build's log, and stands in the release's record ("findings", "database";
 * releases:info).
 *
 * One start of the interpreter, in the release as it is unpacked, with its config vars, like one
 * of its processes. Never fails. Releases without Django, and slugbuild.probe = off, are left alone.
 */
void sb_probe_release(const struct sb_activate *way, struct sb_release *release);

#endif
