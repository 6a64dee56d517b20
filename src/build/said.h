#ifndef SB_SAID_H
#define SB_SAID_H

#include "base/list.h"
#include "base/sha256.h"

/*
 * What requirement files say of each package, as digests: two sets of files are compared name by
 * name, and in what they say of all (options, addresses, anything without a name).
 *
 *	sb_said_add(&said, text);        // file by file
 *	sb_said_end(&said);
 *	if (sb_said_same(&said.lines, &former, "django"))
 *
 * A line counts with its hashes, markers and continuations, without its comment.
 */
struct sb_said {
	struct sb_list lines;   /* "django <sha256>", sorted */
	struct sb_sha256 of_all;
	char options[SB_DIGEST_HEX]; /* of_all, once ended */
};

void sb_said_add(struct sb_said *said, struct sb_span text);
void sb_said_end(struct sb_said *said);

/* Whether both say the same of a package (a name as sb_package_name gives it), which may be nothing. */
bool sb_said_same(const struct sb_list *lines, const struct sb_list *others, const char *name);

void sb_said_release(struct sb_said *said);

#endif
