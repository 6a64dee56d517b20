#include "sys/contents.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "sys/files.h"

#define FIRST_LINE "slugbuild contents 1\n"
#define LAST_LINE "end\n"
#define TEXT_MAX (64 << 20)

void sb_contents_add(struct sb_contents *list, const char *path, char kind, int64_t size,
		     const char *sha256)
{
	sb_grow(&list->item, list->n, sizeof(*list->item));

	struct sb_content *item = &list->item[list->n++];

	*item = (struct sb_content) { .path = sb_xstrdup(path), .kind = kind, .size = size };
	if (sha256)
		sb_span_copy(item->sha256, sizeof(item->sha256), sb_span_of(sha256));
}

int sb_contents_order(const char *one, const char *other)
{
	while (*one && *one == *other) {
		one++;
		other++;
	}

	/* A folder's end comes before any other byte of a longer name. */
	int a = *one == '/' ? 1 : *one ? 1 + (unsigned char)*one : 0;
	int b = *other == '/' ? 1 : *other ? 1 + (unsigned char)*other : 0;

	return a - b;
}

static int order(const void *one, const void *other)
{
	return sb_contents_order(((const struct sb_content *)one)->path,
				 ((const struct sb_content *)other)->path);
}

void sb_contents_sort(struct sb_contents *list)
{
	if (list->n)
		qsort(list->item, list->n, sizeof(*list->item), order);
}

const struct sb_content *sb_contents_find(const struct sb_contents *list, const char *path)
{
	struct sb_content wanted = { .path = (char *)(uintptr_t)path };

	return list->n ? bsearch(&wanted, list->item, list->n, sizeof(*list->item), order) : NULL;
}

/* "f 120 <sha256> a/path": a path may hold any byte but NUL, so each line ends with one. */
static void print_item(struct sb_buffer *out, const struct sb_content *item)
{
	sb_buffer_addf(out, "%c %" PRId64 " %s ", item->kind, item->size, item->sha256);
	sb_buffer_add(out, (struct sb_span) { item->path, strlen(item->path) + 1 });
}

int sb_contents_write(const struct sb_contents *list, int dir, const char *name,
		      struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(TEXT_MAX);

	if (list->n > SB_CONTENTS_MAX)
		return 0;
	sb_buffer_adds(&text, FIRST_LINE);
	for (size_t i = 0; i < list->n; i++)
		print_item(&text, &list->item[i]);
	sb_buffer_adds(&text, LAST_LINE);
	if (text.full)
		return 0;
	return sb_write_scratch(dir, name, 0644, sb_buffer_span(&text), err);
}

static bool parse_item(struct sb_contents *out, struct sb_span line)
{
	struct sb_span kind, size, sha;
	int64_t n = 0;

	if (!sb_span_cut(&line, ' ', &kind) || kind.n != 1 || !sb_span_cut(&line, ' ', &size) ||
	    !size.n || size.n > 18 || !sb_span_all(size, "0123456789") ||
	    !sb_span_cut(&line, ' ', &sha) || !line.n)
		return false;
	if (*kind.p == 'd' ? sha.n != 0
			   : sha.n != SB_DIGEST_HEX - 1 || !sb_span_all(sha, "0123456789abcdef"))
		return false;
	for (size_t i = 0; i < size.n; i++)
		n = n * 10 + (size.p[i] - '0');

	SB_AUTO_FREE char *path = sb_span_dup(line), *digest = sb_span_dup(sha);

	sb_contents_add(out, path, *kind.p, n, digest);
	return strchr("dfxl", *kind.p) != NULL;
}

bool sb_contents_read(struct sb_contents *out, int dir, const char *name)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(TEXT_MAX);
	SB_AUTO(sb_contents) made = { 0 };
	struct sb_error unseen = { 0 };
	struct sb_span rest, line;

	if (sb_read_file(&text, dir, name, &unseen) < 0)
		return false;
	rest = sb_buffer_span(&text);
	if (!sb_span_starts(rest, FIRST_LINE) || !sb_span_ends(rest, LAST_LINE))
		return false;
	rest.p += strlen(FIRST_LINE);
	rest.n -= strlen(FIRST_LINE) + strlen(LAST_LINE);
	while (sb_span_cut(&rest, '\0', &line))
		if (made.n == SB_CONTENTS_MAX || !parse_item(&made, line))
			return false;
	if (rest.n)
		return false;
	for (size_t i = 1; i < made.n; i++)
		if (order(&made.item[i - 1], &made.item[i]) >= 0)
			return false;
	*out = SB_STEAL(made);
	return true;
}

void sb_contents_release(struct sb_contents *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->item[i].path);
	free(list->item);
	*list = (struct sb_contents) { 0 };
}
