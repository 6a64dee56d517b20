#ifndef SB_STATICS_H
#define SB_STATICS_H

#include "build/build.h"

/*
 * Static files, by Heroku's rules and in Heroku's order: .heroku/collectstatic_disabled,
 * DISABLE_COLLECTSTATIC (set, not empty, not "0"), is Django installed, is there a
 * manage.py; then `python manage.py collectstatic --noinput`, with the config vars and
 * without a network. Where django.contrib.staticfiles is not an installed app the step is
 * left out with a line. What the command made or changed is moved to <work>/static.
 *
 * Fills static_path and static_root; both stay NULL where there is nothing.
 */
int sb_statics_make(struct sb_build *build, struct sb_error *err) SB_MUST_CHECK;

#endif
