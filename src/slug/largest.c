#include "base/base.h"
#include "base/toplist.h"
#include "slug/largest.h"
#include "slug/reader.h"

#include <fcntl.h>

/* Best effort: it only serves a message. */
static void look(struct sb_toplist *top, const struct sb_piece *piece)
{
	SB_AUTO_CLOSE int fd = open(piece->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	SB_AUTO(sb_reader) reader = { 0 };
	struct sb_slug_entry entry;
	struct sb_error err = { 0 };

	if (fd < 0 || sb_reader_open(&reader, fd, 0, piece->size, NULL, &err) < 0)
		return;
	while (sb_reader_next(&reader, &entry, &err) > 0)
		if (!entry.is_dir && !entry.link)
			sb_toplist_put(top, entry.path, entry.size);
}

char *sb_largest_paths(const struct sb_layer *layers, size_t n)
{
	SB_AUTO(sb_toplist) top = { 0 };

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < layers[i].n; j++)
			look(&top, &layers[i].piece[j]);
	return sb_toplist_text(&top);
}
