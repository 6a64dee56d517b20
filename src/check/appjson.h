#ifndef SB_APPJSON_H
#define SB_APPJSON_H

#include "check/plan.h"
#include "check/text.h"

/*
 * app.json: `formation`, `env`, `healthchecks`, `scripts`; what else is in it is
 * Heroku's. A command in it is data: nothing here runs it.
 */
#define SB_APPJSON_MAX (256 << 10)

/* Fills plan->formation, env, health_path, predeploy, postdeploy. */
void sb_appjson_parse(struct sb_plan *plan, const struct sb_text *text);

#endif
