#ifndef SB_COMMAND_H
#define SB_COMMAND_H

#include "base/list.h"
#include "check/manager.h"
#include "check/procfile.h"

/*
 * A Procfile's command, as far as it can be read without being a shell: simple
 * commands between && || ; and |, quotes, NAME=value in front, `cd DIR`, and
 * programs that start another one (exec, env, newrelic-admin …). What goes beyond
 * that is not judged at all.
 */
#define SB_WORDS_MAX 200 /* in one simple command */

struct sb_word {
	char *text;   /* without its quotes */
	size_t at;    /* offset in the command */
	bool dynamic; /* holds $… or `…`: not known here */
};

struct sb_words { /* one simple command */
	struct sb_word word[SB_WORDS_MAX];
	size_t n;
};

/* Cuts the next simple command off `rest`, whose whole is `all`. 1: there is one; 0: the end;
 * -1: the rest is more than this module reads. */
int sb_words_next(struct sb_words *out, struct sb_span all, struct sb_span *rest) SB_MUST_CHECK;
void sb_words_release(struct sb_words *words);

/* procfile-program-missing and procfile-module-missing, for each entry. */
int sb_command_look(const struct sb_procfile *procfile, const struct sb_text *text,
		    const struct sb_needs *needs, const struct sb_view *view,
		    struct sb_error *err) SB_MUST_CHECK;

#endif
