#ifndef SB_BYTECODE_H
#define SB_BYTECODE_H

#include "build/install.h"

/*
 * Bytecode of an environment, compiled once: unchecked where Python can, so that no mtime decides,
 * and without the build's path where it can. From Python 3.9 on it is done on all processors, and
 * what the dependency layer before this one has for the very same file is copied
 * (templates/probes/compile.py): of 43 packages only the changed ones are compiled.
 *
 * A layer whose making ran somebody's code serves later ones of its own app only, and of those
 * only such as ran code too.
 */
int sb_bytecode_make(struct sb_install *install, const char *packages, struct sb_error *err) SB_MUST_CHECK;

/* The layer that was just kept serves the next one. */
void sb_bytecode_note(const struct sb_install *install, const char *key);

#endif
