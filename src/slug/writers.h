#ifndef SB_WRITERS_H
#define SB_WRITERS_H

#include "slug/slug.h"

/*
 * Files made by threads beside the one that reads a slug. They come in loads: a run of files of one
 * folder with all they hold. Each name is made anew in a folder that the reader opened, as it would
 * make it itself: no path is walked here, nothing is followed.
 *
 *	struct sb_writers *w = sb_writers_start();    // NULL: one processor; the reader writes
 *	char *room = sb_writers_room(w, folder, entry.size);
 *	if (room)
 *		fill it, then sb_writers_take(w, name, &entry)
 *	else
 *		it is too large for a load: write it
 *	…
 *	if (sb_writers_finish(w, err) < 0)            // all are there; w is gone
 *		return -1;
 *
 * The files of one run of pieces have a name each; who replaces those of an earlier layer finishes
 * between the two. Memory: LOADS of 512 KiB. The first failure stops all, and finish tells it.
 */
struct sb_writers;

/* A folder that is held open as long as a load needs it. */
struct sb_held {
	int fd;
	unsigned users; /* changed by sb_held_* only */
};
struct sb_held *sb_held_new(int fd); /* takes the descriptor; one user */
void sb_held_drop(struct sb_held *held);

struct sb_writers *sb_writers_start(void);
char *sb_writers_room(struct sb_writers *w, struct sb_held *folder, int64_t size);
void sb_writers_take(struct sb_writers *w, const char *name, const struct sb_slug_entry *entry);
bool sb_writers_failed(struct sb_writers *w);
int sb_writers_finish(struct sb_writers *w, struct sb_error *err) SB_MUST_CHECK; /* w may be NULL */
void sb_writers_drop(struct sb_writers *w); /* after a failure; NULL: nothing */

/* One file: what a writer does, and the reader with those that are large. `at` is the folder. */
int sb_entry_create(int at, const char *name, const struct sb_slug_entry *entry,
		    struct sb_error *err) SB_MUST_CHECK; /* its descriptor */
int sb_entry_close(int fd, const struct sb_slug_entry *entry, struct sb_error *err) SB_MUST_CHECK;
/* A later layer's entry takes the place of an earlier one's. */
int sb_entry_make_way(int at, const char *name, const char *path, struct sb_error *err) SB_MUST_CHECK;

#endif
