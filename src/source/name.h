#ifndef SB_NAME_H
#define SB_NAME_H

#include "base/span.h"

/*
 * Which names in a tree are safe to hand to openat, and are no back door to a
 * repository: not even on a file system that folds case, drops what HFS+ ignores
 * (U+200C …) or trims as NTFS does ("git~1", ".git ", ".git::$INDEX_ALLOCATION").
 */

#define SB_NAME_MAX 255 /* bytes */

/* What is wrong with a name, as words that follow it: "is …"; NULL: nothing. */
const char *sb_name_fault(struct sb_span name);

#endif
