#include "base/base.h"
#include "source/backend.h"
#include "source/cat.h"
#include "source/command.h"

#include <stdlib.h>
#include <string.h>

#define ANSWER_BYTES (1 << 20)

/* The answer's first line, or "" where git exits with anything but 0. Owned. */
static char *ask_line(int *status, struct sb_repo *repo, const char *const *words,
		      struct sb_error *err)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(ANSWER_BYTES);
	struct sb_span all, line = { "", 0 };

	if (sb_git_ask(&out, status, repo, words, err) < 0)
		return NULL;
	all = sb_buffer_span(&out);
	if (*status == 0 && !sb_span_cut(&all, '\n', &line))
		line = all;
	return sb_span_dup(line);
}

static bool descends(struct sb_repo *repo, const char *hex, const char *ancestor)
{
	const char *const words[] = { "merge-base", "--is-ancestor", ancestor, hex, NULL };
	struct sb_error ignored = { 0 };
	int status = -1;
	SB_AUTO_FREE char *line = ask_line(&status, repo, words, &ignored);

	return line && status == 0;
}

/* `suffix` is what it must be: "^{commit}". "" where there is none. */
static char *parse_rev(struct sb_repo *repo, const char *rev, const char *suffix,
		       struct sb_error *err)
{
	SB_AUTO_FREE char *word = sb_xasprintf("%s%s", rev, suffix);
	const char *const words[] = { "rev-parse", "--verify", "--quiet", word, NULL };
	int status = -1;

	return ask_line(&status, repo, words, err);
}

static int resolve(struct sb_repo *repo, const char *rev, char oid[SB_OID_MAX + 1],
		   struct sb_error *err)
{
	/* No revision begins so, but an option does. */
	const char *asked = rev[0] == '-' ? "" : rev;
	SB_AUTO_FREE char *commit = parse_rev(repo, asked, "^{commit}", err);
	SB_AUTO_FREE char *other = NULL;
	enum sb_object_type type = SB_OBJECT_UNKNOWN;
	int64_t size;

	if (!commit)
		return -1;
	if (commit[0])
		return sb_object_id(oid, repo, commit, err);
	other = parse_rev(repo, asked, "^{}", err);
	if (!other)
		return -1;
	if (!other[0] || sb_object_header(repo, other, &type, &size, err) < 0)
		return sb_fail(err, SB_ENOENT, "%s has no \"%s\"", repo->path, rev);
	return sb_fail(err, SB_EINPUT, "\"%s\" is a %s, not a commit", rev,
		       sb_object_type_name(type));
}

/*
 * Asked for as a pattern: no other way of git's takes a name as it stands. The pattern also
 * fits what lies below it as a folder, which sorts behind it.
 */
static int ref(struct sb_repo *repo, const char *name, char oid[SB_OID_MAX + 1],
	       struct sb_error *err)
{
	const char *const words[] = {
		"for-each-ref", "--count=1", "--format=%(objectname) %(refname)", "--", name, NULL
	};
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(ANSWER_BYTES);
	struct sb_span all, line, id;
	int status = -1;

	oid[0] = '\0';
	if (sb_git_ask(&out, &status, repo, words, err) < 0)
		return -1;
	if (status != 0)
		return sb_fail(err, SB_ESYS, "%s of %s: git exits with %d", name, repo->path,
			       status);
	all = sb_buffer_span(&out);
	if (!sb_span_cut(&all, '\n', &line) || !sb_span_cut(&line, ' ', &id) ||
	    !sb_span_is(line, name))
		return 0;
	SB_AUTO_FREE char *hex = sb_span_dup(id);

	return sb_object_id(oid, repo, hex, err);
}

static int head(struct sb_repo *repo, char out[SB_REF_MAX + 1], struct sb_error *err)
{
	const char *const words[] = { "symbolic-ref", "HEAD", NULL };
	int status = -1;
	SB_AUTO_FREE char *target = ask_line(&status, repo, words, err);

	if (!target)
		return -1;
	if (status != 0 || !target[0])
		return sb_fail(err, SB_EINPUT, "HEAD of %s is a commit, not a branch", repo->path);
	if (strlen(target) > SB_REF_MAX)
		return sb_fail(err, SB_EINPUT, "HEAD of %s names a ref over %d bytes", repo->path,
			       SB_REF_MAX);
	sb_span_copy(out, SB_REF_MAX + 1, sb_span_of(target));
	return 0;
}

static void close_nothing(SB_UNUSED struct sb_repo *repo)
{
}

const struct sb_backend sb_cat_backend = {
	.header = sb_cat_header,
	.read = sb_cat_read,
	.stream = sb_cat_stream,
	.descends = descends,
	.resolve = resolve,
	.ref = ref,
	.head = head,
	.close = close_nothing,
};
