#ifndef SB_IMPORTS_H
#define SB_IMPORTS_H

#include "check/manager.h"
#include "check/view.h"

/*
 * Packages that the settings import at the top level, by lines at the start of which
 * `import` or `from` stands, outside of texts in three quotes, and that no dependency
 * file has. Only names of a short table are judged, and only where the dependency
 * files are complete.
 */
int sb_imports_look(const struct sb_plan *plan, const struct sb_needs *needs, const struct sb_view *view,
		    struct sb_error *err) SB_MUST_CHECK;

/* The first names of what `text` imports at the top level: "environ" of "from environ.x import y".
 * `out` gets "LINE NAME". */
void sb_imports_parse(struct sb_list *out, struct sb_span text);

#endif
