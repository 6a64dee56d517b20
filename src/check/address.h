#ifndef SB_ADDRESS_H
#define SB_ADDRESS_H

#include "check/manager.h"
#include "check/text.h"

/*
 * Addresses in dependency files: of packages, repositories and indexes. What a build cannot use
 * (SSH), what must not be committed (passwords), what only one's own machine may reach.
 *
 *	sb_address_look(&text, sb_span_of("git+https://me:secret@host/x.git"), line, column);
 */

/* requirements-ssh, requirements-credentials */
void sb_address_look(const struct sb_text *text, struct sb_span address, unsigned line, unsigned column);

/* requirements-index: packages come from that host only. */
void sb_address_private(const struct sb_text *text, struct sb_span host, unsigned line, unsigned column);

struct sb_span sb_address_host(struct sb_span address); /* behind "://" and any user; or nothing */
bool sb_address_is_public_index(struct sb_span host);   /* PyPI, and what is open to all like it */

/* All of the above for the files beside a lock, read line by line: Pipfile, pyproject.toml, uv.toml.
 * Indexes count only where `manager` is the one that reads the file; passwords always do. */
int sb_address_look_at_files(const struct sb_view *view, enum sb_manager manager,
			     struct sb_error *err) SB_MUST_CHECK;
/* One such file. */
void sb_address_toml(const struct sb_text *text, bool indexes);

#endif
