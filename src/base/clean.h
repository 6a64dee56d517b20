#ifndef SB_CLEAN_H
#define SB_CLEAN_H

#include "base/buffer.h"
#include "base/list.h"

/*
 * Bytes of others made fit for a terminal. Masked values become "[NAME hidden]",
 * control bytes and what is no UTF-8 become \x1b, C1 controls and characters that
 * reorder or hide text become \u202e. Tabs stay; so does SGR colour where asked
 * for, and is ended behind the last byte.
 *
 * A masked value is found wherever it stands whole, the longest first; of a value
 * of several lines each line is masked too, and of a URL its password.
 */

/* Values that everybody knows, and short ones, are kept out: masking them hides words, not secrets. */
void sb_mask_add(struct sb_list *masks, const char *name, const char *value);

void sb_clean(struct sb_buffer *out, struct sb_span text, const struct sb_list *masks, bool colour);

#endif
