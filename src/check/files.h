#ifndef SB_FILES_RULES_H
#define SB_FILES_RULES_H

#include "check/plan.h"
#include "check/view.h"

/*
 * Rules about files as such: names that are nearly right, places, what does not
 * belong in a pushed tree.
 */

/* .slugignore and .gitattributes: what the view leaves out and what it looks into. Before the walk.
 */
int sb_files_prepare(struct sb_plan *plan, struct sb_view *view,
		     struct sb_error *err) SB_MUST_CHECK;

/* Reserved names, submodules, pointers of git-lfs, a committed .env. After the walk. */
int sb_files_look(struct sb_plan *plan, const struct sb_view *view, struct sb_error *err) SB_MUST_CHECK;

/* A Procfile, and beside it one in other letters. */
void sb_files_two_procfiles(const struct sb_view *view);

/* No Procfile in the root: says what it should be named, where it should be, or what to write. */
void sb_files_no_procfile(const struct sb_plan *plan, const struct sb_view *view, bool gunicorn);

/* "web: gunicorn mysite.wsgi", as the app's own files suggest. Owned: free(3). */
char *sb_files_web_line(const struct sb_plan *plan, const struct sb_view *view) SB_MUST_CHECK;

/* The WSGI module beside the settings, and the folder it is found from ("" the root): plan->wsgi.
 */
void sb_files_find_wsgi(struct sb_plan *plan, const struct sb_view *view);

/* manage.py: shallowest, then by name. */
void sb_files_find_manage(struct sb_plan *plan, const struct sb_view *view);

#endif
