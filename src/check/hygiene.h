#ifndef SB_HYGIENE_H
#define SB_HYGIENE_H

#include "base/list.h"
#include "source/tree.h"

/*
 * What does not belong in a pushed tree: what a build makes, what one machine or
 * one person owns, and names that other systems cannot keep. Noted entry by entry
 * in the view's one walk, reported after it.
 *
 *	sb_hygiene_note(&hygiene, path, name, entry);   // for each entry, parents first
 *	…
 *	sb_hygiene_look(view, err);
 *
 * Memory: eight bytes an entry, and the paths that are to be reported.
 */
struct sb_view;
struct sb_needs;

struct sb_hygiene {
	struct sb_list env;         /* ".env", "deploy/.env.production" */
	struct sb_list databases;   /* "db.sqlite3" */
	struct sb_list virtualenvs; /* folders with a pyvenv.cfg */
	struct sb_list collected;   /* folders with the admin's files: collectstatic's work */
	struct sb_list modules;     /* node_modules folders */
	struct sb_list odd;         /* names with bytes that do not survive */
	struct sb_list twins;       /* differ from another name of their folder by case only */
	char *bytecode;             /* the first file, or NULL */
	size_t bytecodes;
	char *upload;               /* the first file in media/ that a person made */
	size_t uploads, media_sources; /* media_sources: .css, .js … there: it is no MEDIA_ROOT */
	uint64_t *seen; /* a hash table of names without case, by folder */
	size_t n, room; /* room: a power of two */
};

void sb_hygiene_note(struct sb_hygiene *hygiene, const char *path, const char *name,
		     const struct sb_entry *entry);

int sb_hygiene_look(const struct sb_view *view, const struct sb_needs *needs,
		    struct sb_error *err) SB_MUST_CHECK;

void sb_hygiene_release(struct sb_hygiene *hygiene);

#endif
