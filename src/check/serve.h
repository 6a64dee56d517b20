#ifndef SB_SERVE_H
#define SB_SERVE_H

#include "check/procfile.h"
#include "check/view.h"

/*
 * What a Procfile's commands ask of a server, as far as the text tells: syntax that
 * /bin/sh rejects, Django's development server, a port that is not $PORT, numbers
 * of workers that no server has memory for, a release phase that forgets to migrate.
 */
void sb_serve_look(const struct sb_procfile *procfile, const struct sb_text *text,
		   const struct sb_view *view);

#endif
