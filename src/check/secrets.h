#ifndef SB_SECRETS_H
#define SB_SECRETS_H

#include "check/view.h"

/*
 * Tokens of known form in the pushed files: secret-token and private-key. What the
 * known tree (struct sb_check) has at the same place is not read again, so that a
 * push costs what it changed; without one every text is read, up to a budget, and
 * where that is spent a finding says so. Files over 1 MiB and binary ones are passed
 * over.
 *
 * A find is allowed by a line "PATH DIGEST" in .slugbuild-allow, with the SHA-256 of
 * what was found: another token in the same file is found again.
 */
int sb_secrets_look(const struct sb_view *view, struct sb_error *err) SB_MUST_CHECK;

#endif
