#ifndef SB_LARGEST_H
#define SB_LARGEST_H

#include "slug/layer.h"

/* The ten largest files of layers, one a line with its size, for a message. Owned: free(3). */
char *sb_largest_paths(const struct sb_layer *layers, size_t n) SB_MUST_CHECK;

#endif
