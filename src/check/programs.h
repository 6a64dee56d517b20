#ifndef SB_PROGRAMS_H
#define SB_PROGRAMS_H

#include "check/command.h"

/*
 * What a simple command of the Procfile starts: a program that a package brings,
 * a file of the tree, a Python module. Only what is known for sure is refused:
 * of programs, those of the table in programs.c; of modules, those of servers
 * whose options the table knows.
 */
struct sb_programs {
	const struct sb_text *text; /* the Procfile */
	const struct sb_needs *needs;
	const struct sb_view *view;
	const struct sb_procfile_entry *entry;
	const char *folder; /* from the root, after `cd` */
};

int sb_programs_judge(const struct sb_programs *programs, const struct sb_words *words,
		      struct sb_error *err) SB_MUST_CHECK;

/* A finding about a word of the entry's command. */
struct sb_finding *sb_programs_report(const struct sb_programs *programs,
				      const struct sb_word *word, const char *rule, const char *fmt,
				      ...) SB_PRINTF(4, 5);

/* procfile-module-missing: `target` is "mysite.wsgi:application", looked for in `folder`. Where not
 * `whole`, its last names may be attributes ("proj.app"): then only its package must be there. */
int sb_module_judge(const struct sb_programs *programs, const struct sb_word *word,
		    const char *target, bool whole, const char *folder,
		    struct sb_error *err) SB_MUST_CHECK;

#endif
