#include "base/base.h"
#include "source/cat.h"
#include "source/command.h"
#include "sys/child.h"
#include "sys/pipe.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PART_BYTES (128 << 10)
#define STALL_MS (120 * 1000) /* without a byte from git */

/* One child. */
struct talk {
	const char *mode;
	struct sb_pipe git;
	char *part;   /* bytes read from git */
	size_t at, n; /* those in `part` not taken yet: part[at..n) */
};

struct sb_cat {
	struct sb_list env;
	struct talk whole, head;
};

/* The line that git sends before an object's bytes. */
struct answer {
	enum sb_object_type type;
	int64_t size;
};

struct sb_cat *sb_cat_new(const char *git_dir, bool from_environment)
{
	struct sb_cat *cat = sb_xcalloc(1, sizeof(*cat));

	cat->whole = (struct talk) { .mode = "--batch", .git = SB_PIPE_INIT };
	cat->head = (struct talk) { .mode = "--batch-check", .git = SB_PIPE_INIT };
	sb_git_env(&cat->env, git_dir, from_environment);
	return cat;
}

const char *const *sb_cat_env(const struct sb_cat *cat)
{
	return (const char *const *)cat->env.item;
}

static void stop(struct talk *talk)
{
	sb_pipe_release(&talk->git);
	talk->at = talk->n = 0;
}

void sb_cat_free(struct sb_cat *cat)
{
	if (!cat)
		return;
	stop(&cat->whole);
	stop(&cat->head);
	free(cat->whole.part);
	free(cat->head.part);
	sb_list_release(&cat->env);
	free(cat);
}

static int start(struct talk *talk, struct sb_repo *repo, struct sb_error *err)
{
	if (talk->git.fd >= 0)
		return 0;
	const char *const argv[] = { sb_git_program(repo, err),
				     "-c",
				     "core.bigFileThreshold=8m",
				     "cat-file",
				     talk->mode,
				     NULL };

	if (!argv[0])
		return -1;
	if (!talk->part)
		talk->part = sb_xcalloc(1, PART_BYTES);
	return sb_pipe_open(&talk->git, argv, sb_cat_env(repo->cat), repo->path, err);
}

/* Makes sure that at least one byte is there. */
static int fill(struct talk *talk, struct sb_error *err)
{
	struct pollfd ready = { .fd = talk->git.fd, .events = POLLIN };
	ssize_t n;

	if (talk->at < talk->n)
		return 0;
	do {
		int rc = poll(&ready, 1, STALL_MS);

		if (rc == 0)
			return sb_fail(err, SB_ESYS, "git cat-file sent nothing for %d s",
				       STALL_MS / 1000);
		n = rc < 0 ? -1 : read(talk->git.fd, talk->part, PART_BYTES);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return sb_fail_sys(err, "git cat-file");
	if (n == 0)
		return sb_fail(err, SB_EINPUT, "git cannot read it");
	talk->at = 0;
	talk->n = (size_t)n;
	return 0;
}

/* "<id> <type> <size>" or "<id> missing". */
static int parse_answer(struct answer *out, const struct sb_repo *repo, struct sb_span line,
			const char *hex, struct sb_error *err)
{
	struct sb_span rest = line, id, type;
	char number[24];

	if (!sb_span_cut(&rest, ' ', &id) || !sb_span_is(id, hex))
		return sb_fail(err, SB_ESYS, "git cat-file did not answer for %s", hex);
	if (sb_span_is(rest, "missing"))
		return sb_object_missing(repo, hex, err);
	if (!sb_span_cut(&rest, ' ', &type) || rest.n >= sizeof(number) ||
	    !sb_span_all(rest, "0123456789"))
		return sb_fail(err, SB_ESYS, "git cat-file did not answer for %s", hex);
	sb_span_copy(number, sizeof(number), rest);
	out->type = sb_object_type_of(type);
	out->size = strtoll(number, NULL, 10);
	return 0;
}

static int ask(struct answer *out, const struct sb_repo *repo, struct talk *talk, const char *hex,
	       struct sb_error *err)
{
	SB_AUTO_FREE char *question = sb_xasprintf("%s\n", hex);
	char line[160];
	size_t n = 0;

	if (send(talk->git.fd, question, strlen(question), MSG_NOSIGNAL) !=
	    (ssize_t)strlen(question))
		return sb_fail_sys(err, "git cat-file");
	do {
		/* git dies of an object that it was promised and may not fetch. */
		if (fill(talk, err) < 0)
			return err->code == SB_EINPUT && sb_object_promised(repo)
				       ? sb_object_missing(repo, hex, err)
				       : sb_wrap(err, "object %s", hex);
		if (n == sizeof(line))
			return sb_fail(err, SB_ESYS, "git cat-file sent a line too long");
		line[n++] = talk->part[talk->at++];
	} while (line[n - 1] != '\n');
	return parse_answer(out, repo, (struct sb_span) { line, n - 1 }, hex, err);
}

/* The bytes that git said would come, and the line's end behind them. */
static int take_bytes(struct talk *talk, int64_t left,
		      int (*take)(void *ctx, struct sb_span part, struct sb_error *err), void *ctx,
		      struct sb_error *err)
{
	while (left > 0) {
		if (fill(talk, err) < 0)
			return -1;
		struct sb_span part = { talk->part + talk->at, talk->n - talk->at };

		if ((int64_t)part.n > left)
			part.n = (size_t)left;
		talk->at += part.n;
		left -= (int64_t)part.n;
		if (take(ctx, part, err) < 0)
			return -1;
	}
	if (fill(talk, err) < 0)
		return -1;
	if (talk->part[talk->at++] != '\n')
		return sb_fail(err, SB_ESYS, "git cat-file sent more than it said");
	return 0;
}

int sb_cat_header(struct sb_repo *repo, const char *hex, enum sb_object_type *type, int64_t *size,
		  struct sb_error *err)
{
	struct sb_cat *cat = repo->cat;
	struct answer answer = { 0 };

	if (start(&cat->head, repo, err) < 0)
		return -1;
	if (ask(&answer, repo, &cat->head, hex, err) < 0) {
		stop(&cat->head);
		return -1;
	}
	*type = answer.type;
	*size = answer.size;
	return 0;
}

struct into {
	char *p;
	size_t n;
};

static int copy_part(void *ctx, struct sb_span part, SB_UNUSED struct sb_error *err)
{
	struct into *into = ctx;

	memcpy(into->p + into->n, part.p, part.n);
	into->n += part.n;
	return 0;
}

int sb_cat_read(struct sb_object **out, struct sb_repo *repo, const char *hex,
		enum sb_object_type type, size_t max, struct sb_error *err)
{
	struct sb_cat *cat = repo->cat;
	struct answer answer = { 0 };

	if (start(&cat->whole, repo, err) < 0)
		return -1;
	if (ask(&answer, repo, &cat->whole, hex, err) < 0 ||
	    sb_object_unfit(hex, type, answer.type, answer.size, max, err) < 0) {
		stop(&cat->whole);
		return -1;
	}
	struct into into = { sb_xcalloc(1, (size_t)answer.size + 1), 0 };

	if (take_bytes(&cat->whole, answer.size, copy_part, &into, err) < 0) {
		free(into.p);
		stop(&cat->whole);
		return sb_wrap(err, "object %s", hex);
	}
	*out = sb_object_new((struct sb_span) { into.p, into.n }, into.p, free);
	return 0;
}

/* Hands parts on, until we are cancelled. */
struct watched {
	int (*take)(void *ctx, struct sb_span part, struct sb_error *err);
	void *ctx;
};

static int take_watched(void *ctx, struct sb_span part, struct sb_error *err)
{
	const struct watched *watched = ctx;

	if (sb_cancel_asked())
		return sb_fail(err, SB_ECANCEL, "cancelled: %s", sb_cancel_asked());
	return watched->take(watched->ctx, part, err);
}

int sb_cat_stream(struct sb_repo *repo, const char *hex,
		  int (*take)(void *ctx, struct sb_span part, struct sb_error *err), void *ctx,
		  struct sb_error *err)
{
	struct sb_cat *cat = repo->cat;
	struct watched watched = { take, ctx };
	struct answer answer = { 0 };

	if (start(&cat->whole, repo, err) < 0)
		return -1;
	if (ask(&answer, repo, &cat->whole, hex, err) == 0 &&
	    sb_object_unfit(hex, SB_OBJECT_BLOB, answer.type, answer.size, SIZE_MAX, err) == 0 &&
	    take_bytes(&cat->whole, answer.size, take_watched, &watched, err) == 0)
		return 0;
	stop(&cat->whole);
	return -1;
}
