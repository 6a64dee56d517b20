#include "base/base.h"
#include "slug/largest.h"
#include "slug/reader.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 10
#define PATH_SHOWN 70 /* bytes of a path: ten of them fit into an error's fix */

struct top {
	struct {
		int64_t size;
		char *path;
	} item[SHOWN]; /* largest first */
	size_t n;
};

static void put(struct top *top, const struct sb_slug_entry *entry)
{
	size_t at = top->n;

	while (at && top->item[at - 1].size < entry->size)
		at--;
	if (at == SHOWN)
		return;
	if (top->n == SHOWN)
		free(top->item[--top->n].path);
	memmove(&top->item[at + 1], &top->item[at], (top->n - at) * sizeof(top->item[0]));
	top->item[at].size = entry->size;
	top->item[at].path = sb_xstrdup(entry->path);
	top->n++;
}

/* Best effort: it only serves a message. */
static void look(struct top *top, const struct sb_piece *piece)
{
	SB_AUTO_CLOSE int fd = open(piece->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	SB_AUTO(sb_reader) reader = { 0 };
	struct sb_slug_entry entry;
	struct sb_error err = { 0 };

	if (fd < 0 || sb_reader_open(&reader, fd, 0, piece->size, NULL, &err) < 0)
		return;
	while (sb_reader_next(&reader, &entry, &err) > 0)
		if (!entry.is_dir && !entry.link)
			put(top, &entry);
}

/* A long path loses its middle, at a character's border. */
static void print_path(struct sb_buffer *out, const char *path)
{
	size_t n = strlen(path), head = 20, tail = n - (PATH_SHOWN - 20);

	if (n <= PATH_SHOWN) {
		sb_buffer_adds(out, path);
		return;
	}
	while (head && (path[head] & 0xc0) == 0x80)
		head--;
	while ((path[tail] & 0xc0) == 0x80)
		tail++;
	sb_buffer_add(out, (struct sb_span) { path, head });
	sb_buffer_adds(out, "…");
	sb_buffer_adds(out, path + tail);
}

char *sb_largest_paths(const struct sb_layer *layers, size_t n)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(4096);
	struct top top = { 0 };

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < layers[i].n; j++)
			look(&top, &layers[i].piece[j]);
	for (size_t i = 0; i < top.n; i++) {
		sb_buffer_addf(&out, "%8.1f MiB  ", (double)top.item[i].size / (1 << 20));
		print_path(&out, top.item[i].path);
		sb_buffer_addc(&out, '\n');
		free(top.item[i].path);
	}
	return sb_buffer_detach(&out);
}
