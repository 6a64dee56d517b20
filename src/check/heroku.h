#ifndef SB_HEROKU_H
#define SB_HEROKU_H

#include "base/json.h"
#include "check/plan.h"
#include "check/view.h"

/*
 * Would Heroku's Python buildpack take these files? By its rules and in its words, as far as the
 * files alone can tell; where ours are lenient, or stricter, ours are not asked. Each of its reasons
 * is a rule of the group "heroku": sb_heroku_reason gives the buildpack's own code for it. The
 * buildpack ends at its first reason; here all of them are found.
 *
 * What only a build can tell is not: hooks, downloads, installers' failures other than those that
 * stand in a file, collectstatic.
 */

/* The release of the buildpack whose rules and versions these are. */
extern const char sb_heroku_release[];

/* plan->manager is the one whose file is there, where there is no doubt. */
int sb_heroku_look(struct sb_plan *plan, const struct sb_view *view, struct sb_error *err) SB_MUST_CHECK;

/* Of locks that are older than their inputs (build/source_stage.h), the manager's: its installer will
 * not take it. */
void sb_heroku_older(struct sb_findings *findings, const struct sb_settings *settings,
		     enum sb_manager manager, const struct sb_list *older);

/* "python-version::eol" of "heroku-python-version-eol"; NULL where the buildpack only warns, and
 * for all other rules. */
const char *sb_heroku_reason(const char *rule);

/* ---- inside: heroku*.c ---- */

enum sb_heroku_origin { SB_HEROKU_NONE, SB_HEROKU_RUNTIME, SB_HEROKU_FILE, SB_HEROKU_LOCK };

struct sb_heroku_python {
	enum sb_heroku_origin origin;
	const char *path; /* of the file that says it */
	unsigned line;
	bool invalid;     /* there is a file, and what it says is none */
	bool supported;   /* known, and not past its end */
	int major, minor, patch; /* patch -1: any */
};

/* What version is asked for, and what is wrong with it. `pipenv`: Pipfile.lock counts. */
int sb_heroku_version(struct sb_heroku_python *out, const struct sb_view *view, bool pipenv,
		      struct sb_error *err) SB_MUST_CHECK;

/* A finding about a file, or with path NULL about the tree. */
struct sb_finding *sb_heroku_report(const struct sb_view *view, const char *rule, const char *path,
				    unsigned line, const char *fmt, ...) SB_PRINTF(5, 6);

/* `[[ -f PATH ]]`: 1, 0, -1. */
int sb_heroku_is_file(const struct sb_view *view, const char *path, struct sb_error *err) SB_MUST_CHECK;

/* Bytes of a file that is there. 1; 0: too large to be what its name says; -1. */
int sb_heroku_read(struct sb_buffer *out, const struct sb_view *view, const char *path,
		   struct sb_error *err) SB_MUST_CHECK;

#endif
