#include "base/base.h"
#include "check/gitignore.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* The first line is a path, the rest a .gitignore. What lies in a folder that is left out stays out;
 * a last line that names the path decides; without "!" it says what .slugignore's reader says. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SB_AUTO(sb_gitignore) ignore = { 0 }, all = { 0 }, back = { 0 };
	SB_AUTO(sb_ignore) plain = { 0 };
	struct sb_span rest = { (const char *)data, size }, first;

	if (!sb_span_cut(&rest, '\n', &first) || !first.n || first.n > 1024 ||
	    memchr(first.p, '\0', first.n) || rest.n > 4096)
		return 0;

	SB_AUTO_FREE char *path = sb_span_dup(first);
	if (path[0] == '/' || strstr(path, "//") || path[strlen(path) - 1] == '/')
		return 0;

	SB_AUTO_FREE char *inside = sb_xasprintf("%s/x", path);
	SB_AUTO_FREE char *text = sb_span_dup(rest);
	SB_AUTO_FREE char *with = sb_xasprintf("%s\n**\n", text);
	SB_AUTO_FREE char *without = sb_xasprintf("%s\n!**\n", text);
	size_t lines = sb_span_count(rest, '\n');

	sb_gitignore_parse(&ignore, rest);
	if (sb_gitignore_matches(&ignore, path, true) && !sb_gitignore_matches(&ignore, inside, false))
		abort();
	if (memchr(rest.p ? rest.p : "", '\0', rest.n) || lines > 1000)
		return 0;
	sb_gitignore_parse(&all, sb_span_of(with));
	sb_gitignore_parse(&back, sb_span_of(without));
	if (!sb_gitignore_matches(&all, path, false) || sb_gitignore_matches(&back, path, false))
		abort();
	if (memchr(rest.p ? rest.p : "", '!', rest.n) || sb_ignore_parse(&plain, rest) < 0)
		return 0;
	if (sb_ignore_matches(&plain, path, false) != sb_gitignore_matches(&ignore, path, false))
		abort();
	return 0;
}
