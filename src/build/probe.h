#ifndef SB_PROBE_H
#define SB_PROBE_H

#include "build/build.h"

/*
 * The probe stage: what only a running Django can tell. One start of the app's interpreter,
 * with its dependencies and config vars, in the box, without a network: the settings as Django
 * resolves them, `check --deploy`, whether what the Procfile serves and Celery's app import,
 * migrations that are missing, in conflict, or that lose data in what this push adds
 * (build->old_tree is what the current release has), static files that templates name.
 *
 * Its answer is remembered as collectstatic's is (memo.h): by all that it read, by what it was
 * asked, and after a second run under another date.
 *
 * Fills build->probed, which sb_build_run shows and adds to build->findings. A probe that gives no
 * answer is a finding too (probe-silent). -1 only when cancelled, or where it could not be set up.
 * With slugbuild.probe = after the same is asked in the release step: see app/release_probe.h.
 */
/* Whether there is anything to ask. */
bool sb_probe_wanted(const struct sb_build *build);

int sb_probe_run(struct sb_build *build, struct sb_error *err) SB_MUST_CHECK;

#endif
