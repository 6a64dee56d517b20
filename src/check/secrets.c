#include "base/base.h"
#include "check/secrets.h"

#include "base/sha256.h"
#include "check/large.h"
#include "check/plain.h"
#include "check/rules.h"
#include "check/token.h"
#include "source/object.h"
#include "source/walk.h"
#include "sys/notes.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FILE_MAX (1 << 20)
#define BUDGET ((size_t)128 << 20) /* bytes read in all */
#define FOUND_MAX 50
#define ALLOW_MAX (1 << 18)
#define SMALL 64 /* entries in a folder and below it: as many are read as quickly as a note */
static const char ALLOW[] = ".slugbuild-allow";

struct hunt {
	const struct sb_view *view;
	struct sb_list allowed; /* "PATH DIGEST" */
	char path[SB_PATH_MAX + 1];
	size_t n; /* bytes of path */
	struct tally {
		size_t bytes, entries, texts, unread;
		size_t told; /* of what keeps a folder from being plain (check/plain.h) */
	} so_far;
	size_t found;
	bool notes; /* are kept */
	struct sb_large large; /* the same walk comes to what is new */
};

/* Endings of files that hold no text. */
static bool is_binary(const char *name)
{
	static const char *const endings[] = { "png", "jpg",  "jpeg",  "gif", "webp", "ico", "woff",
					       "ttf", "woff2", "eot",  "otf", "pdf",  "zip", "gz",
					       "mp4", "mp3",  "webm",  "mo",  "pyc",  "so",  "whl",
					       "bz2", "xz",   "sqlite3", "tgz", "svg" };
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < SB_COUNT(endings); i++)
		if (!strcasecmp(dot + 1, endings[i]))
			return true;
	return false;
}

static int read_allowed(struct hunt *hunt, struct sb_error *err)
{
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(ALLOW_MAX);
	struct sb_text text;
	struct sb_span rest, line;
	int got;

	if (!sb_tree_entry(&hunt->view->root, ALLOW))
		return 0;
	got = sb_view_text(&text, &bytes, hunt->view, ALLOW, false, err);
	if (got < 1)
		return got;
	rest = text.bytes;
	for (unsigned n = 1; sb_text_line(&rest, &line); n++) {
		struct sb_span body = sb_span_trim(line);
		size_t at = body.n;

		if (!body.n || body.p[0] == '#')
			continue;
		while (at && body.p[at - 1] != ' ' && body.p[at - 1] != '\t')
			at--;

		SB_AUTO_FREE char *path = sb_span_dup(sb_span_trim((struct sb_span) { body.p, at }));
		SB_AUTO_FREE char *digest = sb_span_dup((struct sb_span) { body.p + at, body.n - at });

		if (*path && sb_is_digest(digest))
			sb_list_addf(&hunt->allowed, "%s %s", path, digest);
		else
			sb_finding_fix(sb_text_report(&text, "allow-line", n, 1,
						      "not \"PATH DIGEST\": the line allows nothing"),
				       "take the line as the finding gives it");
	}
	return 0;
}

static void report(struct hunt *hunt, struct sb_span text, const struct sb_token *token)
{
	SB_AUTO_FREE char *masked = sb_token_masked(token);
	char digest[SB_DIGEST_HEX];
	unsigned line, column;

	sb_sha256_of(token->span, digest);

	SB_AUTO_FREE char *row = sb_xasprintf("%s %s", hunt->path, digest);

	if (sb_list_has(&hunt->allowed, row) || hunt->found++ >= FOUND_MAX)
		return;
	sb_text_place(text, token->span.p, &line, &column);

	bool account = token->key && sb_span_find(text, "\"service_account\"");
	/* What a compose file's own database shows its clients guards nothing that is deployed. */
	bool harmless = token->key && !account && sb_path_is_setup(hunt->path);
	SB_AUTO_FREE char *words = sb_xasprintf(
		"%s is committed: %s", account ? "the key of a Google service account" : token->what, masked);
	struct sb_finding *f = sb_report_as(hunt->view->findings, hunt->view->check->settings,
					    token->key ? "private-key" : "secret-token",
					    harmless ? SB_WARNING : SB_ERROR, words);

	sb_finding_at(f, hunt->path, line, column);
	sb_finding_fix(f,
		       "make it invalid (%s), take it out, and: slugbuild config:set NAME=value\n"
		       "if it is none, or harmless: echo '%s' >> %s",
		       account ? "console.cloud.google.com/iam-admin" : token->revoke, row, ALLOW);
}

static void note_size(struct hunt *hunt, const char *oid)
{
	hunt->so_far.told += sb_large_note(&hunt->large, hunt->view, hunt->path, oid);
}

static int look_at_blob(struct hunt *hunt, const char *oid, struct sb_error *err)
{
	SB_AUTO_OBJECT struct sb_object *object = NULL;
	struct sb_error why = { 0 };
	struct sb_token token;
	size_t from = 0;

	hunt->so_far.texts++;
	if (hunt->so_far.bytes >= BUDGET) {
		note_size(hunt, oid);
		hunt->so_far.unread++;
		return 0;
	}
	if (sb_object_read(&object, hunt->view->check->repo, oid, SB_OBJECT_BLOB, FILE_MAX, &why) < 0) {
		if (why.code == SB_ECANCEL) {
			*err = why;
			return -1;
		}
		if (why.code == SB_ELIMIT)
			note_size(hunt, oid);
		else
			hunt->so_far.told++;
		/* one that is not there at all is git's matter */
		hunt->so_far.unread += why.code != SB_ELIMIT && sb_object_has(hunt->view->check->repo, oid);
		return 0;
	}

	struct sb_span text = object->bytes;

	hunt->so_far.bytes += text.n + 64;
	if (!text.n || memchr(text.p, '\0', text.n < 8000 ? text.n : 8000))
		return 0;
	while (sb_token_next(&token, text, &from)) {
		hunt->so_far.told++;
		if (!token.key || !sb_path_is_sample(hunt->path))
			report(hunt, text, &token);
	}
	return 0;
}

static int by_name(const void *key, const void *item)
{
	const struct sb_entry *const *entry = item;

	return strcmp(key, (*entry)->name);
}

static int look_at_tree(struct hunt *hunt, const char *tree, const char *known, struct sb_error *err);

/* `old`: what the known tree has under that name, or NULL. */
static int look_at_entry(struct hunt *hunt, const struct sb_entry *entry, const struct sb_entry *old,
			 struct sb_error *err)
{
	if (old && !strcmp(old->oid, entry->oid))
		return 0;
	if (entry->kind == SB_DIR)
		return look_at_tree(hunt, entry->oid, old && old->kind == SB_DIR ? old->oid : NULL, err);
	if (entry->kind != SB_FILE && entry->kind != SB_PROGRAM)
		return 0;
	if (!is_binary(entry->name))
		return look_at_blob(hunt, entry->oid, err);
	note_size(hunt, entry->oid);
	return 0;
}

/* Whether nothing is in a folder that a hunt from here on would tell of; then it is counted. */
static bool pass_by(struct hunt *hunt, const char *tree)
{
	bool spent = hunt->so_far.bytes >= BUDGET;
	struct sb_plain plain;

	if (!hunt->notes || !sb_plain_find(&plain, hunt->view->check->settings, tree))
		return false;
	if (!spent && (plain.bytes < 0 || hunt->so_far.bytes + (size_t)plain.bytes > BUDGET))
		return false;
	if (spent)
		hunt->so_far.unread += (size_t)plain.texts;
	else
		hunt->so_far.bytes += (size_t)plain.bytes;
	hunt->so_far.texts += (size_t)plain.texts;
	hunt->so_far.entries += SMALL + 1;
	return true;
}

/* Notes what a look into a folder has shown, if that was nothing. */
static void keep_plain(const struct hunt *hunt, const struct tally *before, const char *tree)
{
	const struct tally *now = &hunt->so_far;
	size_t unread = now->unread - before->unread, texts = now->texts - before->texts;
	struct sb_plain plain = { (int64_t)(now->bytes - before->bytes), (int64_t)texts };

	if (!hunt->notes || now->told != before->told || now->entries - before->entries <= SMALL)
		return;
	if (unread && (unread != texts || plain.bytes))
		return; /* the budget ended in it */
	if (unread)
		plain.bytes = -1;
	sb_plain_keep(hunt->view->check->settings, tree, &plain);
}

/* The walk over the whole tree came first: depth, number and paths are within bounds. */
static int look_into(struct hunt *hunt, const char *tree, const char *known, struct sb_error *err)
{
	SB_AUTO(sb_tree) level = { 0 };
	SB_AUTO(sb_tree) before = { 0 };
	struct sb_error unseen = { 0 };
	size_t above = hunt->n;

	if (sb_tree_read(&level, hunt->view->check->repo, tree, hunt->path, err) < 0)
		return -1;
	if (known && sb_tree_read(&before, hunt->view->check->repo, known, hunt->path, &unseen) < 0)
		before = (struct sb_tree) { 0 };

	SB_AUTO_FREE const struct sb_entry **sorted = sb_tree_sorted(&before);

	hunt->so_far.entries += level.n;
	for (size_t i = 0; i < level.n; i++) {
		const struct sb_entry *entry = &level.entry[i];
		const struct sb_entry **old =
			before.n ? bsearch(entry->name, sorted, before.n, sizeof(*sorted), by_name) : NULL;
		size_t n = strlen(entry->name);

		if (above + n + 1 > SB_PATH_MAX) {
			hunt->so_far.told++;
			continue;
		}
		if (above)
			hunt->path[hunt->n++] = '/';
		memcpy(hunt->path + hunt->n, entry->name, n + 1);
		hunt->n += n;
		if (look_at_entry(hunt, entry, old ? *old : NULL, err) < 0)
			return -1;
		hunt->n = above;
		hunt->path[above] = '\0';
	}
	return 0;
}

static int look_at_tree(struct hunt *hunt, const char *tree, const char *known, struct sb_error *err)
{
	struct tally before = hunt->so_far;

	if (known)
		return look_into(hunt, tree, known, err);
	if (pass_by(hunt, tree))
		return 0;
	if (look_into(hunt, tree, NULL, err) < 0)
		return -1;
	keep_plain(hunt, &before, tree);
	return 0;
}

int sb_secrets_look(const struct sb_view *view, struct sb_error *err)
{
	struct hunt hunt = { .view = view, .notes = sb_notes_are_kept(view->check->settings) };
	const char *known = view->check->known && *view->check->known ? view->check->known : NULL;
	int done = 0;

	if (!known || strcmp(known, view->check->tree) != 0)
		done = read_allowed(&hunt, err) < 0 ? -1
						    : look_at_tree(&hunt, view->check->tree, known, err);
	if (done == 0 && hunt.found > FOUND_MAX)
		sb_report(view->findings, view->check->settings, "secret-token", "and %zu more finds",
			  hunt.found - FOUND_MAX);
	if (done == 0 && hunt.so_far.unread)
		sb_report(view->findings, view->check->settings, "secret-unread",
			  "%zu files were not looked through for tokens; the limit is %zu MiB in all",
			  hunt.so_far.unread, BUDGET >> 20);
	if (done == 0)
		sb_large_report(&hunt.large, view);
	sb_large_release(&hunt.large);
	sb_list_release(&hunt.allowed);
	return done;
}
