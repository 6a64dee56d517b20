#ifndef SB_RULES_TABLE_H
#define SB_RULES_TABLE_H

#include "check/rules.h"

/*
 * The rows of the rule table, one array a group, one group a file. A new rule is one block in its
 * group's file: id, default severity, a line of what it is about (small letter, no full stop), why
 * it matters on a deploy and what to do, and what fires it. `slugbuild explain`, SARIF's rules and
 * the manual page slugbuild-rules(7) are made from them. A new group is an array here and a row in
 * rules.c.
 */
#define SB_RULE_GROUP(name) \
	extern const struct sb_rule sb_rules_##name[]; \
	extern const size_t sb_rules_##name##_count

SB_RULE_GROUP(files);
SB_RULE_GROUP(hygiene);
SB_RULE_GROUP(procfile);
SB_RULE_GROUP(dependencies);
SB_RULE_GROUP(python);
SB_RULE_GROUP(server);
SB_RULE_GROUP(appjson);
SB_RULE_GROUP(settings);
SB_RULE_GROUP(probe);
SB_RULE_GROUP(heroku);

#endif
