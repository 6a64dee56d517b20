#include "base/buffer.h"
#include "base/toplist.h"

#include <stdlib.h>
#include <string.h>

#define PATH_SHOWN 70 /* bytes of a path: ten of them fit into an error's fix */

void sb_toplist_put(struct sb_toplist *top, const char *path, int64_t size)
{
	size_t at = top->n;

	while (at && top->item[at - 1].size < size)
		at--;
	if (at == SB_TOPLIST_SHOWN)
		return;
	if (top->n == SB_TOPLIST_SHOWN)
		free(top->item[--top->n].path);
	memmove(&top->item[at + 1], &top->item[at], (top->n - at) * sizeof(top->item[0]));
	top->item[at].size = size;
	top->item[at].path = sb_xstrdup(path);
	top->n++;
}

void sb_toplist_release(struct sb_toplist *top)
{
	for (size_t i = 0; i < top->n; i++)
		free(top->item[i].path);
	*top = (struct sb_toplist) { 0 };
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

char *sb_toplist_text(const struct sb_toplist *top)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(4096);

	for (size_t i = 0; i < top->n; i++) {
		sb_buffer_addf(&out, "%8.1f MiB  ", (double)top->item[i].size / (1 << 20));
		print_path(&out, top->item[i].path);
		sb_buffer_addc(&out, '\n');
	}
	return sb_buffer_detach(&out);
}
