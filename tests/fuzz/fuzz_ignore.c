#include "base/base.h"
#include "check/ignore.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* The first line is a path, the rest a .slugignore. What lies in an ignored folder is ignored; a
 * pattern more never un-ignores; a path given literally is ignored. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SB_AUTO(sb_ignore) ignore = { 0 }, literal = { 0 };
	struct sb_span rest = { (const char *)data, size }, first;

	if (!sb_span_cut(&rest, '\n', &first) || !first.n || first.n > 1024 ||
	    sb_span_count(first, '\0'))
		return 0;

	SB_AUTO_FREE char *path = sb_span_dup(first);
	SB_AUTO_FREE char *inside = sb_xasprintf("%s/x", path);

	if (sb_ignore_parse(&ignore, rest) < 0)
		return 0;
	if (sb_ignore_matches(&ignore, path, true) && !sb_ignore_matches(&ignore, inside, false))
		abort();
	if (sb_ignore_matches(&ignore, path, false) && !sb_ignore_matches(&ignore, path, true))
		abort();

	SB_AUTO_FREE char *pattern = sb_xasprintf("/%s", path);

	if (strpbrk(path, "*?[\\ \t\r#!") || path[0] == '/' || strstr(path, "//") ||
	    path[first.n - 1] == '/' || first.n > 500)
		return 0;
	if (sb_ignore_parse(&literal, sb_span_of(pattern)) < 0 ||
	    !sb_ignore_matches(&literal, path, false))
		abort();
	return 0;
}
