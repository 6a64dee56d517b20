#ifndef SB_REPO_H
#define SB_REPO_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/settings.h"
#include "source/push.h"

/*
 * A git repository, read only: its objects (also those in quarantine), its
 * refs and its slugbuild settings. This folder is the only home of libgit2; what
 * that cannot open (SHA-256 ids, reftables) is read through git itself.
 *
 *	SB_AUTO(sb_repo) repo = { 0 };
 *	struct sb_commit commit;
 *
 *	if (sb_repo_open(&repo, NULL, err) < 0 ||          // in a hook: from the environment
 *	    sb_repo_commit(&repo, oid, &commit, err) < 0)
 *		return -1;
 *
 * Objects are read as they are stored: no filters, no attributes, no refs/replace.
 * Blobs over SB_BLOB_INLINE are streamed through `git cat-file`, so memory does not
 * grow with them. A format that the git here does not know either is refused with a
 * sentence that names it; a repository of another owner with the cure.
 */

#define SB_BLOB_INLINE (8 << 20)

struct sb_repo {
	void *git;         /* NULL: not open */
	char *path;        /* absolute path of the git directory */
	char *common;      /* of the one that holds config and refs: elsewhere for a work tree's */
	size_t id_digits;  /* of an object's id: 40, or 64 with SHA-256 */
	char *git_program; /* absolute; NULL: as the settings say, else the usual places */
	bool from_environment;            /* opened as a hook does */
	void *cat;                        /* `git cat-file --batch`, started when it is needed */
	const struct sb_backend *backend; /* how it is read */
};

struct sb_commit {
	char oid[SB_OID_MAX + 1];
	char tree[SB_OID_MAX + 1];
	char parent[SB_OID_MAX + 1]; /* the first one, or "" */
	int64_t time;
	char author[256]; /* "Name <mail>", cut at a character with "…" */
	char subject[256];
};

/* `path` NULL: the repository that the environment names (hooks; sees the quarantine). Else a git
 * directory or a work tree, without looking upwards. SB_ENOENT where there is none. */
int sb_repo_open(struct sb_repo *repo, const char *path, struct sb_error *err) SB_MUST_CHECK;
/* The index that git told a hook of `git commit` of, by GIT_INDEX_FILE; NULL: none. Borrowed. */
const char *sb_repo_index_told(void);
/* The same once more, for another thread: a repository serves one. */
int sb_repo_open_again(struct sb_repo *repo, const struct sb_repo *of, struct sb_error *err) SB_MUST_CHECK;

/* Settings: built-in, /etc/slugbuild/config, the user's, the repository's own; the last one wins.
 */
int sb_repo_settings(struct sb_settings *out, const struct sb_repo *repo,
		     struct sb_error *err) SB_MUST_CHECK;
int sb_user_settings(struct sb_settings *out,
		     struct sb_error *err) SB_MUST_CHECK; /* where there is no repository */

/* What git finds for a key such as "core.hooksPath" in the system's, the user's and the repository's
 * config, the last one wins; NULL: nothing. Owned: free(3). */
char *sb_repo_config_get(const struct sb_repo *repo, const char *key) SB_MUST_CHECK;

/* "KEY = VALUE": what of receive.hideRefs and transfer.hideRefs lets git refuse each push to `ref`; NULL:
 * nothing. As git does it, of all values of both, in their order, the last one that matches counts. */
char *sb_repo_hidden_by(const struct sb_repo *repo, const char *ref) SB_MUST_CHECK;

/* Writes into the repository's own config; NULL value removes it. A key without a dot is
 * slugbuild.<key>. */
int sb_repo_config_set(struct sb_repo *repo, const char *key, const char *value,
		       struct sb_error *err) SB_MUST_CHECK;

/* A revision in words ("HEAD", "main", "v1.2", an abbreviated id) → the commit's id. */
int sb_repo_resolve(struct sb_repo *repo, const char *rev, char oid[SB_OID_MAX + 1],
		    struct sb_error *err) SB_MUST_CHECK;

/* What a ref holds at this moment, peeled to a commit (re-read from disk each time); "" where it
 * does not exist. */
int sb_repo_ref(struct sb_repo *repo, const char *ref, char oid[SB_OID_MAX + 1],
		struct sb_error *err) SB_MUST_CHECK;

/* "refs/heads/main": what HEAD names, also when unborn. */
int sb_repo_head(struct sb_repo *repo, char ref[SB_REF_MAX + 1],
		 struct sb_error *err) SB_MUST_CHECK;

/* Reads a commit; annotated tags are peeled (at most 16 deep). SB_EINPUT when it is none. */
int sb_repo_commit(struct sb_repo *repo, const char *oid, struct sb_commit *out,
		   struct sb_error *err) SB_MUST_CHECK;

/* Whether `ancestor` is reachable from `oid`; false too when history is missing. */
bool sb_repo_descends(struct sb_repo *repo, const char *oid, const char *ancestor);

/* Whether the parent of a pushed commit is missing and no shallow boundary says so (git will
 * refuse). */
bool sb_repo_lacks_parents(struct sb_repo *repo, const char *oid);

/* A bare repository ready for pushes. `format`: "sha1" (also NULL) or "sha256", by git itself. */
int sb_repo_init_bare(const char *path, const char *branch, const char *format,
		      struct sb_error *err) SB_MUST_CHECK;

void sb_repo_release(struct sb_repo *repo);

#endif
