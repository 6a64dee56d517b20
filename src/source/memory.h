#ifndef SB_MEMORY_H
#define SB_MEMORY_H

#include "base/base.h"

/*
 * How much libgit2 may ask for at once. It reads a packed object by making the
 * whole of its delta base, so ten bytes can cost 300 MB; such an object is then
 * "out of memory" to it, and is read through git, or refused.
 */

#define SB_MEMORY_OBJECT ((8 << 20) + (64 << 10)) /* while an object is read */

/* Puts the ceiling into libgit2. Before git_libgit2_init. */
void sb_memory_start(void);

/* The ceiling of this thread from now on; 0: none. Returns what it was. */
size_t sb_memory_ceiling(size_t bytes);

#endif
