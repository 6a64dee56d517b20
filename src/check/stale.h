#ifndef SB_STALE_H
#define SB_STALE_H

#include "check/manager.h"

/*
 * A lock that is older than its input, as far as names tell: a package that the
 * Pipfile or pyproject.toml asks for and the lock does not have. What a marker, a
 * path or a repository may leave out is not judged here; the whole comparison (of
 * hashes and specifiers) is the build's, with CPython's own TOML reader.
 */
int sb_stale_look(const struct sb_needs *needs, const struct sb_view *view, enum sb_manager manager,
		  const char *lock, struct sb_error *err) SB_MUST_CHECK;

/* The names asked for: of [packages] in a Pipfile; of [project] dependencies and
 * [tool.poetry.dependencies] in a pyproject.toml. Only those that surely must be in a lock. */
void sb_wishes_parse(struct sb_list *out, struct sb_span text, enum sb_manager manager);

#endif
