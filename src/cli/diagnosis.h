#ifndef SB_CLI_DIAGNOSIS_H
#define SB_CLI_DIAGNOSIS_H

#include "base/json.h"
#include "base/base.h"

/*
 * What `slugbuild doctor` found: a line for each thing that was looked at, good, bad or a tip, the
 * last two with the cure below. Printed as it is found, or gathered in `list` for --json.
 */
struct sb_diagnosis {
	json_t *list;
	int bad; /* tips are not counted */
	bool json;
};

void sb_diagnosis_say(struct sb_diagnosis *out, bool good, const char *what, const char *fix);

/* It works as it is; it would be better otherwise. */
void sb_diagnosis_tip(struct sb_diagnosis *out, const char *what, const char *fix);

/* A repository that deploys: whose it is, what may be read and written, its hooks, what git's own
 * config says, and what pushes that died have left. Nothing is changed. */
void sb_diagnose_repo(struct sb_diagnosis *out, const char *path);

#endif
