#include "source/git.h"
#include "source/git2.h"

#include <stdlib.h>
#include <string.h>

/* A name without operators: a full id, a ref as git's short names go, the start of an id. */
static int lookup_name(git_object **out, git_repository *git, const char *name)
{
	SB_GIT_AUTO(git_reference) *found = NULL, *end = NULL;
	size_t n = strlen(name);
	git_oid id;
	bool hex = n && n <= GIT_OID_HEXSZ && strspn(name, "0123456789abcdefABCDEF") == n;

	if (hex && n == GIT_OID_HEXSZ && git_oid_fromstr(&id, name) == 0)
		return git_object_lookup(out, git, &id, GIT_OBJECT_ANY);
	int rc = git_reference_dwim(&found, git, name);

	if (rc == 0 && (rc = git_reference_resolve(&end, found)) == 0)
		return git_object_lookup(out, git, git_reference_target(end), GIT_OBJECT_ANY);
	if (!hex || git_oid_fromstrn(&id, name, n) < 0)
		return rc;
	return git_object_lookup_prefix(out, git, &id, n, GIT_OBJECT_ANY);
}

/* Names and "NAME~2" here; git's other ways, which cost libgit2 a leak each, by itself. */
static int lookup(git_object **out, git_repository *git, const char *rev)
{
	size_t n = strcspn(rev, "~^:@{");
	SB_AUTO_FREE char *name = sb_span_dup((struct sb_span) { rev, n });
	SB_GIT_AUTO(git_object) *object = NULL, *commit = NULL;
	const char *digits = rev + n + 1;
	unsigned back = 0;

	if (!rev[n])
		return lookup_name(out, git, rev);
	if (rev[n] != '~' || strlen(digits) > 6 || strspn(digits, "0123456789") != strlen(digits))
		return git_revparse_single(out, git, rev);
	if (digits[0])
		for (const char *p = digits; *p; p++)
			back = back * 10 + (unsigned)(*p - '0');
	else
		back = 1;
	int rc = lookup_name(&object, git, name);

	if (rc < 0 || (rc = git_object_peel(&commit, object, GIT_OBJECT_COMMIT)) < 0)
		return rc;
	return git_commit_nth_gen_ancestor((git_commit **)out, (git_commit *)commit, back);
}

static int resolve(struct sb_repo *repo, const char *rev, char oid[SB_OID_MAX + 1],
		   struct sb_error *err)
{
	SB_GIT_AUTO(git_object) *object = NULL, *commit = NULL;
	int rc = lookup(&object, repo->git, rev);

	if (rc == GIT_EAMBIGUOUS)
		return sb_fail(err, SB_EUSAGE, "\"%s\" begins more than one object's id", rev);
	if (rc < 0)
		return sb_fail(err, SB_ENOENT, "%s has no \"%s\"", repo->path, rev);
	if (git_object_peel(&commit, object, GIT_OBJECT_COMMIT) < 0)
		return sb_fail(err, SB_EINPUT, "\"%s\" is a %s, not a commit", rev,
			       git_object_type2string(git_object_type(object)));
	git_oid_tostr(oid, SB_OID_MAX + 1, git_object_id(commit));
	return 0;
}

static int ref(struct sb_repo *repo, const char *name, char oid[SB_OID_MAX + 1],
	       struct sb_error *err)
{
	SB_GIT_AUTO(git_reference) *found = NULL, *end = NULL;
	/* Loose refs are read each time, packed ones when the file has changed. */
	int rc = git_reference_lookup(&found, repo->git, name);

	if (rc == 0)
		rc = git_reference_resolve(&end, found);
	oid[0] = '\0';
	if (rc == GIT_ENOTFOUND || rc == GIT_EINVALIDSPEC)
		return 0;
	if (rc < 0)
		return sb_fail(err, SB_ESYS, "%s of %s: %s", name, repo->path, sb_git_says());
	git_oid_tostr(oid, SB_OID_MAX + 1, git_reference_target(end));
	return 0;
}

static int head(struct sb_repo *repo, char out[SB_REF_MAX + 1], struct sb_error *err)
{
	SB_GIT_AUTO(git_reference) *found = NULL;

	if (git_reference_lookup(&found, repo->git, "HEAD") < 0)
		return sb_fail(err, SB_ECONFIG, "HEAD of %s: %s", repo->path, sb_git_says());
	const char *target = git_reference_symbolic_target(found);

	if (!target)
		return sb_fail(err, SB_EINPUT, "HEAD of %s is a commit, not a branch", repo->path);
	if (strlen(target) > SB_REF_MAX)
		return sb_fail(err, SB_EINPUT, "HEAD of %s names a ref over %d bytes", repo->path,
			       SB_REF_MAX);
	sb_span_copy(out, SB_REF_MAX + 1, sb_span_of(target));
	return 0;
}

static void close_git2(struct sb_repo *repo)
{
	git_repository_free(repo->git);
}

const struct sb_backend sb_git2_backend = {
	.header = sb_git2_header,
	.read = sb_git2_read,
	.stream = sb_git2_stream,
	.descends = sb_git2_descends,
	.resolve = resolve,
	.ref = ref,
	.head = head,
	.close = close_git2,
};
