#include "base/base.h"
#include "source/name.h"
#include "source/object.h"
#include "source/tree.h"
#include "source/walk.h"

#include <stdlib.h>
#include <string.h>

#define SHA1_BYTES 20 /* of an id in a tree object */

/* "folder/name", for messages. Owned. */
static char *join(const char *path, const char *name)
{
	return path[0] ? sb_xasprintf("%s/%s", path, name) : sb_xstrdup(name);
}

static bool kind_of(unsigned mode, enum sb_kind *kind)
{
	switch (mode & 0170000) {
	case 0100000:
		*kind = mode & 0111 ? SB_PROGRAM : SB_FILE;
		return !(mode & 07000);
	case 0120000:
		*kind = SB_LINK;
		return mode == 0120000;
	case 0040000:
		*kind = SB_DIR;
		return mode == 0040000;
	case 0160000:
		*kind = SB_SUBMODULE;
		return mode == 0160000;
	default:
		return false;
	}
}

/* Octal digits, as git writes them; some old programs put a zero in front. */
static bool parse_mode(struct sb_span text, unsigned *mode)
{
	if (text.n > 7 || !sb_span_all(text, "01234567"))
		return false;
	*mode = 0;
	for (size_t i = 0; i < text.n; i++)
		*mode = *mode * 8 + (unsigned)(text.p[i] - '0');
	return true;
}

static void to_hex(char out[SB_OID_MAX + 1], const char *raw, size_t n)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*out++ = digit[(unsigned char)raw[i] >> 4];
		*out++ = digit[(unsigned char)raw[i] & 15];
	}
	*out = '\0';
}

/* One entry off the front of `raw`: "<mode> SP <name> NUL <id>", the id of `id_bytes`. */
static int parse_entry(struct sb_entry *out, struct sb_span *raw, size_t id_bytes, const char *path,
		       struct sb_error *err)
{
	struct sb_span mode, name;

	if (!sb_span_cut(raw, ' ', &mode) || !sb_span_cut(raw, '\0', &name) || raw->n < id_bytes)
		return sb_fail(err, SB_EINPUT, "the tree object of \"%s/\" is cut off", path);
	const char *fault = sb_name_fault(name);

	if (fault) {
		SB_AUTO_FREE char *text = sb_span_dup(name);
		SB_AUTO_FREE char *whole = join(path, text);

		sb_fail(err, SB_EINPUT, "the name \"%s\" %s", whole, fault);
		sb_error_where(err, "%s", whole);
		return -1;
	}
	if (!parse_mode(mode, &out->mode) || !kind_of(out->mode, &out->kind)) {
		SB_AUTO_FREE char *whole = join(path, name.p);

		sb_fail(err, SB_EINPUT, "\"%s\" has mode %.*s, which is none of git's", whole,
			mode.n < 16 ? (int)mode.n : 16, mode.p);
		sb_error_where(err, "%s", whole);
		return -1;
	}
	out->name = name.p;
	to_hex(out->oid, raw->p, id_bytes);
	raw->p += id_bytes;
	raw->n -= id_bytes;
	return 0;
}

/* git's order: by bytes, a folder as if its name ended in '/'. */
static int git_order(const struct sb_entry *a, const struct sb_entry *b)
{
	size_t i = 0;

	while (a->name[i] && a->name[i] == b->name[i])
		i++;
	unsigned char x = (unsigned char)a->name[i], y = (unsigned char)b->name[i];

	if (!x && a->kind == SB_DIR)
		x = '/';
	if (!y && b->kind == SB_DIR)
		y = '/';
	return x - y;
}

static int by_name(const void *a, const void *b)
{
	const struct sb_entry *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

const struct sb_entry **sb_tree_sorted(const struct sb_tree *tree)
{
	const struct sb_entry **list = sb_xcalloc(tree->n, sizeof(struct sb_entry *));

	bool sorted = true; /* nearly always: git's order differs for a folder's name only */

	for (size_t i = 0; i < tree->n; i++) {
		list[i] = &tree->entry[i];
		sorted = sorted && (!i || strcmp(tree->entry[i - 1].name, tree->entry[i].name) < 0);
	}
	if (!sorted)
		qsort(list, tree->n, sizeof(struct sb_entry *), by_name);
	return list;
}

static int check_order(const struct sb_tree *tree, const char *path, struct sb_error *err)
{
	SB_AUTO_FREE const struct sb_entry **sorted = sb_tree_sorted(tree);
	const char *bad = NULL, *what = NULL;

	for (size_t i = 1; i < tree->n && !bad; i++)
		if (!strcmp(sorted[i - 1]->name, sorted[i]->name)) {
			bad = sorted[i]->name;
			what = "stands twice in its folder";
		}
	for (size_t i = 1; i < tree->n && !bad; i++)
		if (git_order(&tree->entry[i - 1], &tree->entry[i]) > 0) {
			bad = tree->entry[i].name;
			what = "is out of order in its tree object";
		}
	if (!bad)
		return 0;
	SB_AUTO_FREE char *whole = join(path, bad);

	sb_fail(err, SB_EINPUT, "\"%s\" %s", whole, what);
	sb_error_where(err, "%s", whole);
	return -1;
}

static int parse_tree(struct sb_tree *out, struct sb_span raw, size_t id_bytes, const char *path,
		      struct sb_error *err)
{
	SB_AUTO(sb_tree) made = { .bytes = raw.n };

	while (raw.n) {
		if (made.n == SB_TREE_ENTRIES)
			return sb_fail(err, SB_ELIMIT,
				       "the folder \"%s/\" holds more than %d files", path,
				       SB_TREE_ENTRIES);
		sb_grow(&made.entry, made.n, sizeof(*made.entry));
		if (parse_entry(&made.entry[made.n], &raw, id_bytes, path, err) < 0)
			return -1;
		made.n++;
	}
	if (check_order(&made, path, err) < 0)
		return -1;
	*out = SB_STEAL(made);
	return 0;
}

int sb_tree_parse(struct sb_tree *out, struct sb_span raw, const char *path, struct sb_error *err)
{
	return parse_tree(out, raw, SHA1_BYTES, path, err);
}

int sb_tree_read(struct sb_tree *out, struct sb_repo *repo, const char *tree, const char *path,
		 struct sb_error *err)
{
	SB_AUTO_OBJECT struct sb_object *object = NULL;

	if (sb_object_read(&object, repo, tree, SB_OBJECT_TREE, SB_TREE_BYTES, err) < 0)
		return sb_wrap(err, "folder \"%s/\"", path);
	if (parse_tree(out, object->bytes, repo->id_digits / 2, path, err) < 0)
		return -1;
	out->object = SB_STEAL(object);
	return 0;
}

const struct sb_entry *sb_tree_entry(const struct sb_tree *tree, const char *name)
{
	for (size_t i = 0; i < tree->n; i++)
		if (!strcmp(tree->entry[i].name, name))
			return &tree->entry[i];
	return NULL;
}

void sb_tree_release(struct sb_tree *tree)
{
	sb_object_free(tree->object);
	free(tree->entry);
	*tree = (struct sb_tree) { 0 };
}

/* The next component of `path`; false at its end. "a//b/" is read as "a/b". */
static bool next_part(struct sb_span *path, struct sb_span *part)
{
	while (path->n && path->p[0] == '/') {
		path->p++;
		path->n--;
	}
	if (!path->n)
		return false;
	struct sb_span all = *path;

	if (!sb_span_cut(path, '/', part)) {
		*part = all;
		*path = (struct sb_span) { all.p + all.n, 0 };
	}
	return true;
}

int sb_tree_find(struct sb_repo *repo, const char *tree, const char *path, struct sb_entry *out,
		 struct sb_error *err)
{
	struct sb_span rest = sb_span_of(path), part;
	struct sb_entry at = { .kind = SB_DIR, .mode = 0040000 };

	sb_span_copy(at.oid, sizeof(at.oid), sb_span_of(tree));
	while (next_part(&rest, &part)) {
		SB_AUTO(sb_tree) level = { 0 };
		SB_AUTO_FREE char *name = sb_span_dup(part);
		SB_AUTO_FREE char *above =
			sb_span_dup((struct sb_span) { path, (size_t)(part.p - path) });

		if (at.kind != SB_DIR)
			return 0;
		if (above[0])
			above[strlen(above) - 1] = '\0';
		if (sb_tree_read(&level, repo, at.oid, above, err) < 0)
			return -1;
		const struct sb_entry *found = sb_tree_entry(&level, name);

		if (!found)
			return 0;
		at = *found;
		at.name = NULL;
	}
	*out = at;
	return 1;
}

int64_t sb_entry_mtime(const char *hex)
{
	char first[9] = "";

	for (size_t i = 0; i < 8 && hex[i]; i++)
		first[i] = hex[i];
	return 315532800 + (int64_t)(strtoul(first, NULL, 16) >> 2);
}
