#ifndef SB_SETTLE_H
#define SB_SETTLE_H

#include "base/error.h"
#include "sys/contents.h"

/*
 * Makes a folder's modes and times depend on nothing but its content: files get
 * 0644 or 0755 and an mtime of 1980-01-01 plus 30 bits of their content's SHA-256
 * (a symlink: of its target), folders 0755 and 1980-01-01. Follows no symlink and
 * leaves no filesystem; anything but files, folders and symlinks is SB_EINPUT.
 * Safe to call again: a settled folder stays as it is.
 */
int sb_folder_settle(int dir, struct sb_error *err) SB_MUST_CHECK;

/*
 * Takes all write permission from a folder and what is in it: who follows a symlink into it by
 * mistake is told no, the owner too (root is not). sb_remove_tree removes it all the same.
 */
int sb_folder_seal(int dir, struct sb_error *err) SB_MUST_CHECK;

/*
 * Both in one walk, and `out` gets what the folder holds. The folder itself stays writable, so that
 * it can be moved: what is in it is sealed. The folders in it only with `folders`: else their modes
 * and times are sb_folder_close's, once nothing more is put into them.
 */
int sb_folder_finish(int dir, bool folders, struct sb_contents *out,
		     struct sb_error *err) SB_MUST_CHECK;
int sb_folder_close(int dir, const struct sb_contents *all, struct sb_error *err) SB_MUST_CHECK;

#endif
