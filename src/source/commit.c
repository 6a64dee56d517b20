#include "base/base.h"
#include "base/utf8.h"
#include "source/backend.h"
#include "source/commit.h"

#include <stdlib.h>
#include <string.h>

#define TAGS_MAX 16 /* tags of tags */

/* Text for people, as UTF-8, cut at a character. */
static void put_text(char *out, size_t size, struct sb_span text)
{
	static const char more[] = "…";
	size_t n = 0;

	while (text.n) {
		unsigned char byte = (unsigned char)*text.p;
		char latin1[2] = { (char)(0xc0 | byte >> 6), (char)(0x80 | (byte & 0x3f)) };
		uint32_t rune = 0;
		size_t step = sb_utf8_next(text, &rune), room = step ? step : sizeof(latin1);

		if (n + room + (text.n > step ? sizeof(more) : 1) > size) {
			memcpy(out + n, more, sizeof(more));
			return;
		}
		memcpy(out + n, step ? text.p : latin1, room);
		n += room;
		step += !step;
		text.p += step;
		text.n -= step;
	}
	out[n] = '\0';
}

/* "Name <mail> seconds zone" → what stands before the last '>', and the seconds. */
static struct sb_span person(struct sb_span line, int64_t *time)
{
	size_t n = line.n;

	while (n && line.p[n - 1] != '>')
		n--;
	SB_AUTO_FREE char *rest = sb_span_dup((struct sb_span) { line.p + n, line.n - n });

	*time = strtoll(rest, NULL, 10);
	return (struct sb_span) { line.p, n };
}

static bool oid_after(struct sb_span *line, const char *word)
{
	if (!sb_span_starts(*line, word))
		return false;
	line->p += strlen(word);
	line->n -= strlen(word);
	return (line->n == 40 || line->n == SB_OID_MAX) && sb_span_all(*line, "0123456789abcdef");
}

static void parse_header(struct sb_commit *out, struct sb_list *parents, struct sb_span line)
{
	struct sb_span hex = line, value = line, word;
	int64_t ignored;

	if (oid_after(&hex, "parent ")) {
		if (!out->parent[0])
			sb_span_copy(out->parent, sizeof(out->parent), hex);
		if (parents)
			sb_list_add_take(parents, sb_span_dup(hex));
	}
	if (!sb_span_cut(&value, ' ', &word))
		return;
	if (sb_span_is(word, "author") && !out->author[0])
		put_text(out->author, sizeof(out->author), person(value, &ignored));
	else if (sb_span_is(word, "committer"))
		person(value, &out->time);
}

int sb_commit_parse(struct sb_commit *out, struct sb_list *parents, struct sb_span raw,
		    struct sb_error *err)
{
	struct sb_span line, hex;

	if (!sb_span_cut(&raw, '\n', &line))
		line = raw;
	hex = line;
	if (!oid_after(&hex, "tree "))
		return sb_fail(err, SB_EINPUT, "a commit object that does not name its tree");
	sb_span_copy(out->tree, sizeof(out->tree), hex);
	out->parent[0] = out->author[0] = out->subject[0] = '\0';
	out->time = 0;
	bool more;

	while ((more = sb_span_cut(&raw, '\n', &line)) && line.n)
		parse_header(out, parents, line);
	while (more && sb_span_line(&raw, &line))
		if (sb_span_trim(line).n) {
			put_text(out->subject, sizeof(out->subject), sb_span_trim(line));
			break;
		}
	return 0;
}

/* What an annotated tag points to. */
static int peel(char oid[SB_OID_MAX + 1], struct sb_repo *repo, struct sb_error *err)
{
	SB_AUTO_OBJECT struct sb_object *object = NULL;
	struct sb_span raw, line;

	if (sb_object_read(&object, repo, oid, SB_OBJECT_TAG, SB_COMMIT_BYTES, err) < 0)
		return -1;
	raw = object->bytes;
	if (!sb_span_cut(&raw, '\n', &line) || !oid_after(&line, "object "))
		return sb_fail(err, SB_EINPUT, "the tag %s names no object", oid);
	sb_span_copy(oid, SB_OID_MAX + 1, line);
	return 0;
}

static int read_commit(struct sb_commit *out, struct sb_list *parents, struct sb_repo *repo,
		       const char *oid, struct sb_error *err)
{
	SB_AUTO_OBJECT struct sb_object *object = NULL;

	if (sb_object_read(&object, repo, oid, SB_OBJECT_COMMIT, SB_COMMIT_BYTES, err) < 0)
		return -1;
	if (sb_commit_parse(out, parents, object->bytes, err) < 0)
		return sb_wrap(err, "%s", oid);
	sb_span_copy(out->oid, sizeof(out->oid), sb_span_of(oid));
	return 0;
}

int sb_repo_commit(struct sb_repo *repo, const char *oid, struct sb_commit *out,
		   struct sb_error *err)
{
	char at[SB_OID_MAX + 1];
	enum sb_object_type type = SB_OBJECT_UNKNOWN;
	struct sb_commit made = { 0 };
	int64_t size;

	if (sb_object_id(at, repo, oid, err) < 0)
		return -1;
	for (int i = 0; i <= TAGS_MAX; i++) {
		if (sb_object_header(repo, at, &type, &size, err) < 0)
			return -1;
		if (type != SB_OBJECT_TAG)
			break;
		if (i == TAGS_MAX)
			return sb_fail(err, SB_EINPUT, "%s is a tag of more than %d tags", oid,
				       TAGS_MAX);
		if (peel(at, repo, err) < 0)
			return -1;
	}
	if (type != SB_OBJECT_COMMIT)
		return sb_fail(err, SB_EINPUT, "%s is a %s, not a commit", oid,
			       sb_object_type_name(type));
	if (read_commit(&made, NULL, repo, at, err) < 0)
		return -1;
	*out = made;
	return 0;
}

bool sb_repo_descends(struct sb_repo *repo, const char *oid, const char *ancestor)
{
	struct sb_error ignored = { 0 };
	char from[SB_OID_MAX + 1], to[SB_OID_MAX + 1];

	if (sb_object_id(from, repo, oid, &ignored) < 0 ||
	    sb_object_id(to, repo, ancestor, &ignored) < 0 || !sb_object_has(repo, from) ||
	    !sb_object_has(repo, to))
		return false;
	return !strcmp(from, to) || repo->backend->descends(repo, from, to);
}

/* Looks a few commits back: a shallow clone's boundary lies behind what it pushes. */
#define LOOK_BACK 256

bool sb_repo_lacks_parents(struct sb_repo *repo, const char *oid)
{
	SB_AUTO(sb_list) queue = { 0 }, cuts = { 0 };
	struct sb_error ignored = { 0 };

	sb_shallow_cuts(&cuts, repo);
	sb_list_add(&queue, oid);
	for (size_t i = 0; i < queue.n && i < LOOK_BACK; i++) {
		SB_AUTO(sb_list) parents = { 0 };
		struct sb_commit commit = { 0 };

		if (sb_list_has(&cuts, queue.item[i]))
			return true;
		if (read_commit(&commit, &parents, repo, queue.item[i], &ignored) < 0)
			return i == 0 ? false : true;
		if (sb_repo_is_shallow(repo, queue.item[i]))
			continue;
		for (size_t k = 0; k < parents.n; k++) {
			if (!sb_object_has(repo, parents.item[k]))
				return true;
			if (queue.n < LOOK_BACK && !sb_list_has(&queue, parents.item[k]))
				sb_list_add(&queue, parents.item[k]);
		}
	}
	return false;
}
