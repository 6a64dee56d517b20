#ifndef SB_FILES_H
#define SB_FILES_H

#include <sys/stat.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"

/*
 * Files with a policy. Commit or vanish: what is made is made under a temporary
 * name in the same folder (".tmp-…", swept by sb_sweep), and appears, whole and
 * synced, by one rename. Nothing here follows a symlink in the last component;
 * paths that come from a tree or a slug go through sb_open_beneath, which follows
 * none at all and never leaves the folder (openat2 RESOLVE_BENEATH|NO_SYMLINKS).
 *
 *	SB_AUTO(sb_newfile) file = SB_NEWFILE_INIT;
 *
 *	if (sb_newfile_open(&file, dir, "manifest.json", 0640, err) < 0 ||
 *	    sb_write_all(file.fd, bytes, err) < 0 || sb_newfile_finish(&file, err) < 0)
 *		return -1;
 *
 * Modes are what is asked for, whatever the umask. Every write and close is checked.
 */

struct sb_newfile {
	int dir, fd; /* dir is borrowed */
	char *tmp, *name;
	bool keep; /* finish refuses to replace an existing file (EEXIST) */
	bool scratch; /* finish syncs nothing */
};
#define SB_NEWFILE_INIT { .dir = -1, .fd = -1 }

int sb_newfile_open(struct sb_newfile *file, int dir, const char *name, mode_t mode,
		    struct sb_error *err) SB_MUST_CHECK;
int sb_newfile_finish(struct sb_newfile *file, struct sb_error *err) SB_MUST_CHECK; /* fsync, rename, fsync of the folder */
void sb_newfile_release(struct sb_newfile *file);                                    /* unfinished: removed */

/* The three steps in one. */
int sb_write_file(int dir, const char *name, mode_t mode, struct sb_span bytes,
		  struct sb_error *err) SB_MUST_CHECK;
/* The same without a sync: below a build's work folder, which a crash leaves for the sweep, or whose
 * layers are synced as a whole when they are kept. */
int sb_write_scratch(int dir, const char *name, mode_t mode, struct sb_span bytes,
		     struct sb_error *err) SB_MUST_CHECK;
int sb_write_all(int fd, struct sb_span bytes, struct sb_error *err) SB_MUST_CHECK;

/* All of a regular file; SB_ELIMIT past the buffer's ceiling, SB_ENOENT where there is none. */
int sb_read_file(struct sb_buffer *out, int dir, const char *name, struct sb_error *err) SB_MUST_CHECK;
int sb_read_fd(struct sb_buffer *out, int fd, struct sb_error *err) SB_MUST_CHECK; /* up to its end */

/* ".tmp-" and 16 random hex digits. */
#define SB_TEMP_MAX 24
void sb_temp_name(char out[SB_TEMP_MAX]);

/* Folders: all of `path` is made where missing (mkdir -p). Returns a descriptor. */
int sb_make_dirs(const char *path, mode_t mode, struct sb_error *err) SB_MUST_CHECK;
int sb_make_dirs_at(int dir, const char *path, mode_t mode, struct sb_error *err) SB_MUST_CHECK;
/* dir may be AT_FDCWD: then `path` is the admin's and its last component may be a symlink. */
int sb_open_dir(int dir, const char *path, struct sb_error *err) SB_MUST_CHECK;
int sb_sync_dir(int dir, struct sb_error *err) SB_MUST_CHECK;

/* A folder of its own under `dir`, named ".tmp-…"; `name` gets the name. Returns a descriptor. */
int sb_make_temp_dir(int dir, char **name, mode_t mode, struct sb_error *err) SB_MUST_CHECK;

/* rename(2) that replaces nothing: SB_EAGAIN where `to` exists. The second one syncs the folder. */
int sb_rename_new_unsynced(int dir, const char *from, int to_dir, const char *to,
			   struct sb_error *err) SB_MUST_CHECK;
int sb_rename_new(int dir, const char *from, int to_dir, const char *to, struct sb_error *err) SB_MUST_CHECK;

/* Makes the symlink `name` point to `target` in one step, durably. */
int sb_swap_symlink(int dir, const char *name, const char *target, struct sb_error *err) SB_MUST_CHECK;

/* rm -rf of `name` in `dir`: follows nothing, makes unwritable folders writable, goes on after
 * an error and reports the first. 0 when it is gone, also when it never was. */
int sb_remove_tree(int dir, const char *name, struct sb_error *err) SB_MUST_CHECK;

/* Removes every ".tmp-…" left in `dir` (older than `seconds`). Best effort. */
void sb_sweep(int dir, int64_t seconds);
/* The same in the folder `name` of `at`, where there is one. */
void sb_sweep_below(int at, const char *name, int64_t seconds);

/* A path below `dir` that came from outside: no "..", no absolute path, no symlink on the way. */
int sb_open_beneath(int dir, const char *path, int flags, mode_t mode, struct sb_error *err) SB_MUST_CHECK;

/* Each name in a folder except "." and "..", sorted by bytes. */
struct sb_list;
int sb_list_dir(struct sb_list *out, int dir, const char *path, struct sb_error *err) SB_MUST_CHECK;

/* Bytes free to us on the filesystem of `dir`; -1 unknown. */
int64_t sb_free_bytes(int dir, int64_t *total);

/* Copies `n` bytes (-1: up to the end) by copy_file_range where it can. */
int sb_copy_bytes(int to, int from, int64_t n, struct sb_error *err) SB_MUST_CHECK;

#endif
