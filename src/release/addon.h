#ifndef SB_ADDON_H
#define SB_ADDON_H

#include "base/log.h"
#include "release/apps.h"

/*
 * An add-on: an executable in templates/addons/NAME, called as `NAME create|destroy` with JSON
 * on standard input {"app", "server" (slugbuild.addon.NAME), "state" (what create printed before, or null)}.
 * create prints JSON {"config": {"DATABASE_URL": "…"}, "state": {…}}; destroy prints nothing.
 * Exit 0 done, 75 try again; anything else failed, its stderr is shown, masked.
 */
int sb_addon_create(struct sb_app *app, const char *name, const struct sb_settings *settings, struct sb_list *vars,
		    struct sb_log *log, struct sb_error *err) SB_MUST_CHECK; /* adds to vars; state kept 0600 */
int sb_addon_destroy(struct sb_app *app, const char *name, const struct sb_settings *settings, struct sb_list *vars,
		     struct sb_log *log, struct sb_error *err) SB_MUST_CHECK; /* removes from vars what it gave */
int sb_addons_list(struct sb_list *out, const struct sb_app *app, struct sb_error *err) SB_MUST_CHECK;
json_t *sb_addon_state(const struct sb_app *app, const char *name, struct sb_error *err) SB_MUST_CHECK; /* {"config":[names], …} */

#endif
