#ifndef SB_LARGE_H
#define SB_LARGE_H

#include "check/view.h"

/*
 * The largest of the files that this tree has and a known one had not: file-large. Told by the
 * objects' headers; nothing is read. What .slugignore leaves out, or git-lfs keeps, is not meant.
 *
 *	sb_large_note(&large, view, path, oid);  // of each new file that may be large
 *	…
 *	sb_large_report(&large, view);
 */
#define SB_LARGE_SHOWN 10

struct sb_large {
	struct sb_large_file {
		char *path;
		int64_t size;
	} file[SB_LARGE_SHOWN]; /* the largest first */
	size_t n, more;
};

/* False where it surely is none, wherever it stands. */
bool sb_large_note(struct sb_large *large, const struct sb_view *view, const char *path, const char *oid);
void sb_large_report(const struct sb_large *large, const struct sb_view *view);
void sb_large_release(struct sb_large *large);

#endif
