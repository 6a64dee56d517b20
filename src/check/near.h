#ifndef SB_NEAR_H
#define SB_NEAR_H

#include "check/manager.h"
#include "check/view.h"

/*
 * Files that are nearly there: under a name that is almost right, in a folder where
 * nothing looks for them, or empty; and manage.py, which Django's commands need.
 * (The Procfile and requirements.txt have rules of their own.)
 */
int sb_near_look(const struct sb_plan *plan, const struct sb_needs *needs, const struct sb_view *view,
		 struct sb_error *err) SB_MUST_CHECK;

bool sb_near_is_manage(const char *name); /* "mange.py", "Manage.py"; not manage.py itself */

/* A file with nothing in it, at the severity that the lack of it deserves. */
void sb_near_empty(const struct sb_view *view, const char *path, enum sb_severity severity);

#endif
