#ifndef SB_FINGERPRINT_H
#define SB_FINGERPRINT_H

#include "build/build.h"

/*
 * What a program could learn from a path, as a short text: equal texts, equal answers to
 * whatever it asked. By path, as it is called in the box:
 *
 *	/app/…          from the pushed tree, without a checkout: a file's or symlink's id, the
 *	                names and kinds in a folder, or that it is absent and why
 *	/usr, /etc, …   the host's: mode, size, inode and times
 *	/proc/…, /sys/… the contents
 *	…/              only what kind of thing it is
 *	all else        nothing: it is in the key of what was remembered, or the box's own
 */
enum sb_place { SB_PLACE_APP, SB_PLACE_HOST, SB_PLACE_KERNEL, SB_PLACE_BOX };

enum sb_place sb_place_of(const struct sb_build *build, const char *path);

/* Owned: free(3). NULL with err where the tree cannot be read. Not for SB_PLACE_BOX. */
char *sb_fingerprint(struct sb_build *build, const char *path, struct sb_error *err) SB_MUST_CHECK;

/* Whether the host's file was changed at or after `when` (seconds since 1970). */
bool sb_changed_since(const char *path, int64_t when);

#endif
