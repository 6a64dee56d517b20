#ifndef SB_DIGEST_H
#define SB_DIGEST_H

#include "base/error.h"

/* What a folder of made files is called: a digest of all names, modes, bytes and symlinks in it. */
int sb_folder_digest(char out[65], const char *path, struct sb_error *err) SB_MUST_CHECK;

#endif
