#ifndef SB_PROCFILE_H
#define SB_PROCFILE_H

#include "check/text.h"

/*
 * A Procfile: "type: command", one a line. Taken is what Heroku takes and a user
 * means; where platforms read a line differently there is a procfile-dialect
 * warning, and what nobody can mean is refused, each with its line and column.
 *
 *	SB_AUTO(sb_procfile) procfile = { 0 };
 *
 *	sb_procfile_parse(&procfile, &text);
 */
#define SB_PROCFILE_MAX 65536 /* bytes */
#define SB_PROCFILE_TYPES 100
#define SB_PROCESS_NAME_MAX 63

struct sb_procfile_entry {
	char *name, *command;
	unsigned line, column; /* of the command */
};

struct sb_procfile {
	struct sb_procfile_entry *entry; /* in the file's order; each name once */
	size_t n;
};

void sb_procfile_parse(struct sb_procfile *out, const struct sb_text *text);
const struct sb_procfile_entry *sb_procfile_find(const struct sb_procfile *procfile,
						 const char *name);
void sb_procfile_release(struct sb_procfile *procfile);

#endif
