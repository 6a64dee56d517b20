#ifndef SB_LOOSE_H
#define SB_LOOSE_H

#include "source/tree.h"

/*
 * A tree that is no commit's, to be read as if it were one's: the files of a folder, of a tar, of
 * git's index. It opens as a struct sb_repo with one commit, whose objects are made when they are
 * asked for; nothing is written but a tar's contents, to a file without a name. The ids mean
 * nothing outside of it; those of an index are the repository's own.
 *
 *	SB_AUTO(sb_repo) repo = { 0 };
 *	char oid[SB_OID_MAX + 1];
 *
 *	if (sb_loose_folder(&repo, "/home/ada/blog", &settings, oid, err) < 0)
 *		return -1;
 *	sb_repo_commit(&repo, oid, &commit, err);
 *
 * What is called .git is left out; links are never followed; pipes, sockets and devices are not
 * there. Names are checked as in a pushed tree, before anything is kept of them. slugbuild.maxFiles,
 * maxDepth, maxBlob and maxBytes hold: SB_ELIMIT past them.
 */
struct sb_loose;

/* The files of a folder as they are now. Nothing in it is run or obeyed. */
int sb_loose_folder(struct sb_repo *out, const char *path, const struct sb_settings *settings,
		    char oid[SB_OID_MAX + 1], struct sb_error *err) SB_MUST_CHECK;

/* What is staged for the next commit. `file` is the index, NULL: the repository's. `repo` is taken:
 * it becomes part of what it is replaced by. SB_EINPUT where a merge is not resolved. */
int sb_loose_index(struct sb_repo *repo, const char *file, const struct sb_settings *settings,
		   char oid[SB_OID_MAX + 1], struct sb_error *err) SB_MUST_CHECK;

/* For who reads another kind of list: begin, add each, seal (or free, which NULL is fine for). */
struct sb_loose_file {
	const char *path; /* "a/b"; folders on the way are made */
	enum sb_kind kind;
	const char *oid;  /* of an object of the repository; NULL: the spool has it */
	const char *link; /* a symlink's target, where the spool has it not */
	int64_t at, size; /* in the spool */
};

struct sb_loose *sb_loose_begin(const struct sb_settings *settings, size_t id_digits) SB_MUST_CHECK;
int sb_loose_add(struct sb_loose *loose, const struct sb_loose_file *file,
		 struct sb_error *err) SB_MUST_CHECK;
bool sb_loose_skips(const char *path);      /* it is, or lies in, a .git */
int sb_loose_spool(struct sb_loose *loose, struct sb_error *err) SB_MUST_CHECK; /* its descriptor */

/* A regular file that was added: where it lies in the spool. False where there is none. */
bool sb_loose_find(struct sb_loose *loose, const char *path, struct sb_loose_file *out);

/* `base` (or NULL) is taken: ids that are not ours are read from it. */
void sb_loose_seal(struct sb_repo *out, struct sb_loose *loose, struct sb_repo *base, const char *path,
		   char oid[SB_OID_MAX + 1]);
bool sb_repo_is_loose(const struct sb_repo *repo);
void sb_loose_free(struct sb_loose *loose);

#endif
