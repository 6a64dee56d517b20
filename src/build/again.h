#ifndef SB_AGAIN_H
#define SB_AGAIN_H

#include "build/build.h"
#include "sys/contents.h"

/*
 * A layer that was made again (no-cache) and holds other files than the one of the same key: an index
 * has put another wheel in the old one's place. Releases link to the old layer, so it stays as it is;
 * the new one gets a key of its own, of the old key and what it holds, and the old one says so in a
 * file beside its tree, for whoever looks its key up. When the old one goes, that goes with it.
 */

/* find_layer, by the layer's own word: `key` becomes that of the layer that is found. NULL: none.
 * Owned: free(3). */
char *sb_again_find(const struct sb_build *build, char key[SB_DIGEST_HEX]) SB_MUST_CHECK;

/* Before a layer that holds `contents` is kept under `key`: what its key is. */
int sb_again_key(const struct sb_build *build, const struct sb_contents *contents, char key[SB_DIGEST_HEX],
		 struct sb_error *err) SB_MUST_CHECK;

/* After that: the layer of `key` says that `used` is used instead, if that is another. */
int sb_again_keep(const struct sb_build *build, const char *key, const char *used,
		  struct sb_error *err) SB_MUST_CHECK;

#endif
