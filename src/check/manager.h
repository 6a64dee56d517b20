#ifndef SB_MANAGER_H
#define SB_MANAGER_H

#include "check/pins.h"
#include "check/plan.h"
#include "check/pyproject.h"
#include "check/view.h"

/*
 * Which package manager's files the app has, and what they name: fills
 * plan->manager, inputs, local_code and project_package.
 */
struct sb_needs {
	struct sb_list names; /* distributions named, as sb_package_name writes them, and extras
				 asked for */
	bool open;            /* more may come from where this stage cannot look */
	struct sb_pyproject pyproject;
	struct sb_version_wish lock_python; /* what Pipfile.lock says */
	struct sb_pin django;               /* the one version that is installed; .version NULL: not known */
};

int sb_manager_look(struct sb_plan *plan, struct sb_needs *needs, const struct sb_view *view,
		    struct sb_error *err) SB_MUST_CHECK;

/* The closure of requirements.txt: what it includes and what that includes. */
int sb_closure_look(struct sb_plan *plan, struct sb_needs *needs, const struct sb_view *view,
		    const char *path, struct sb_error *err) SB_MUST_CHECK;

/* Whether a distribution of that name, or one that surely brings it, is asked for. */
bool sb_needs_have(const struct sb_needs *needs, const char *package);

void sb_needs_release(struct sb_needs *needs);

#endif
