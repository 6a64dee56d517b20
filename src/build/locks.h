#ifndef SB_LOCKS_H
#define SB_LOCKS_H

#include "build/install.h"

/*
 * Lock files (Pipfile.lock, poetry.lock, uv.lock, pylock.toml) become requirement files
 * with hashes, exactly what is locked for this interpreter. They are read by CPython
 * itself (templates/probes/locks.py), in the box, without a network; a lock that no
 * longer fits the file it was made from is an error.
 *
 * Fills requests, generated, indexes and runs_code. install->app must show the files.
 */
int sb_locks_requests(struct sb_install *install, const struct sb_pythons *all,
		      struct sb_error *err) SB_MUST_CHECK;

#endif
