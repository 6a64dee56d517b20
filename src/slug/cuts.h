#ifndef SB_CUTS_H
#define SB_CUTS_H

#include "base/base.h"

/*
 * Where the pieces of a layer of folders and files end: at a package of site-packages where the
 * piece has some size, elsewhere where the path's digest says so, and before it grows too large. So
 * a changed package or file shifts few cuts. The cuts depend on paths and sizes only.
 *
 * Asked before and after each entry, in the order of a walk:
 *
 *	if (sb_cut_before(&cuts, path, bytes))
 *		end the piece;
 *	… the entry …
 *	if (sb_cut_after(&cuts, path, bytes, is_file))
 *		end the piece;
 */
#define SB_PIECE_MAX (1 << 20) /* a larger file is a piece of its own: see folder_layer.c */

struct sb_cuts {
	int64_t bytes; /* of tar, in the piece that is open */
};

/* `bytes`: of tar, that the entry takes. Where it says true, a new piece begins. */
bool sb_cut_before(struct sb_cuts *cuts, const char *path, int64_t bytes);
bool sb_cut_after(struct sb_cuts *cuts, const char *path, int64_t bytes, bool is_file);

#endif
