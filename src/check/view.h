#ifndef SB_VIEW_H
#define SB_VIEW_H

#include "base/findings.h"
#include "base/sha256.h"
#include "check/check.h"
#include "check/hygiene.h"
#include "check/ignore.h"
#include "check/text.h"

/* What the names of a folder tell of all that lies in it. */
struct sb_above {
	char path[SB_PATH_MAX + 1]; /* not ended */
	size_t n;
	bool foreign; /* other people's code */
	bool media;
};

/*
 * The pushed tree as the rules see it: without what .slugignore leaves out, and
 * with symlinks followed inside the tree (8 hops), as a program would follow them
 * in the checked-out app. Nothing outside the tree is ever looked at.
 *
 *	SB_AUTO(sb_place) place = { 0 };
 *
 *	if (sb_view_find(&place, view, "requirements.txt", err) < 0)
 *		return -1;
 *	if (place.kind == SB_PLACE_FILE) …
 */
struct sb_view {
	const struct sb_check *check;
	struct sb_findings *findings;
	struct sb_ignore ignore;
	struct sb_tree root;
	struct sb_list programs;  /* "a/b/wsgi.py", "a/b/asgi.py"; a package "wsgi/" too */
	struct sb_list settings;  /* folders with settings.py or settings/ in them */
	struct sb_list manages;   /* manage.py, at most 3 deep, a regular file */
	struct sb_list near_manages; /* what is nearly called so, as deep */
	struct sb_list procfiles; /* in a folder of the root */
	struct sb_list inputs;    /* dependency files in a folder of the root */
	char *migration;          /* the first migration met, "blog/migrations/0001_initial.py", or NULL */
	struct sb_hygiene hygiene;
	struct sb_list rooted;    /* in a folder of the root: what counts in the root only */
	struct sb_list gitlinks;
	struct sb_list pointers; /* of git-lfs */
	struct sb_ignore lfs;    /* the patterns of .gitattributes with filter=lfs */
	char lfs_key[SB_DIGEST_HEX]; /* "" where there are none */
	struct sb_above above;   /* the folder that the walk is in */
};

enum sb_place_kind {
	SB_PLACE_NONE,
	SB_PLACE_FILE,
	SB_PLACE_FOLDER,
	SB_PLACE_SUBMODULE,
	SB_PLACE_OUTSIDE, /* a symlink or ".." leads out of the tree */
	SB_PLACE_LOOP,    /* more than 8 symlinks */
	SB_PLACE_DANGLING /* a symlink to what is not there */
};

struct sb_place {
	enum sb_place_kind kind;
	bool ignored; /* it, or a link on the way to it */
	char *path;   /* its own, after all links */
	char oid[SB_OID_MAX + 1];
	struct sb_list links; /* symlinks passed, as paths */
};

int sb_view_find(struct sb_place *out, const struct sb_view *view, const char *path,
		 struct sb_error *err) SB_MUST_CHECK;
void sb_place_release(struct sb_place *place);

/* Whether there is a file (or folder, either) at the path, not ignored: 1, 0, -1. */
int sb_view_has(const struct sb_view *view, const char *path, struct sb_error *err) SB_MUST_CHECK;

/* The text of a file of the tree. 1: read. 0: not there, or not readable, which a finding says
 * then. `text` points into `bytes`. Ceiling: the buffer's. */
int sb_view_text(struct sb_text *text, struct sb_buffer *bytes, const struct sb_view *view,
		 const char *path, bool lines, struct sb_error *err) SB_MUST_CHECK;

/* All folders once: fills the lists. */
int sb_view_walk(struct sb_view *view, struct sb_error *err) SB_MUST_CHECK;
void sb_view_forget(struct sb_view *view); /* empties them */

void sb_view_release(struct sb_view *view);

/* "a/b" + "../c.txt" → "a/c.txt"; NULL where it leads out of the tree or is absolute. Owned:
 * free(3). */
char *sb_path_join(struct sb_span folder, struct sb_span path) SB_MUST_CHECK;
/* Whether a folder on the way is one of tests, examples or documentation: one word of its name says so. */
bool sb_path_is_sample(const char *path);
bool sb_path_is_setup(const char *path); /* the same of the developers' own set-up: docker, dev, local */
struct sb_span sb_path_folder(const char *path); /* "a/b" of "a/b/c"; "" of "c" */

#endif
