#ifndef SB_NOTES_H
#define SB_NOTES_H

#include "base/buffer.h"
#include "base/settings.h"
#include "base/sha256.h"

/*
 * Notes: answers of a few bytes that take longer to find out than to look up, under
 * <root>/store/notes. A note's name says what it is about, a digest in it says for what exactly:
 * whatever the answer depends on must be in that digest.
 *
 *	sb_note_key(&hash, "sandbox");
 *	sb_note_add_file(&hash, "/usr/bin/bwrap");
 *	sb_sha256_finish(&hash, key);
 *	if (sb_note_find(&answer, settings, "sandbox", key))
 *		…
 *	sb_note_keep(settings, "sandbox", key, text);
 *
 * Best effort: without a store nothing is kept and nothing found, a half written note is none, and
 * gc takes those that were not used for a week. Only who owns the store can write them.
 */
void sb_note_key(struct sb_sha256 *hash, const char *about); /* begins it; with our version */
/* Its path, inode, size and time; of a folder: of what is in it too. */
void sb_note_add_file(struct sb_sha256 *hash, const char *path);
void sb_note_add_text(struct sb_sha256 *hash, const char *path); /* the content of a small file */

bool sb_notes_are_kept(const struct sb_settings *settings); /* whether there is a place for them */
bool sb_note_find(struct sb_buffer *out, const struct sb_settings *settings, const char *about,
		  const char *key) SB_MUST_CHECK;
void sb_note_keep(const struct sb_settings *settings, const char *about, const char *key,
		  struct sb_span text);
void sb_note_forget(const struct sb_settings *settings, const char *about, const char *key);

#endif
