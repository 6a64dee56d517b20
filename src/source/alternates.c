#include "base/buffer.h"
#include "source/git.h"

#include <stdlib.h>
#include <string.h>

/*
 * git C-quotes a path in GIT_ALTERNATE_OBJECT_DIRECTORIES that holds ':' or '"' or begins with one;
 * libgit2 takes the quotes for part of the name, and then sees none of the repository's own objects
 * from a quarantine.
 */

static char unescape(const char **p)
{
	static const char letters[] = "abfnrtv", bytes[] = "\a\b\f\n\r\t\v";
	const char *letter = **p ? strchr(letters, **p) : NULL;
	unsigned value = 0;

	if (letter) {
		++*p;
		return bytes[letter - letters];
	}
	if (**p < '0' || **p > '7')
		return **p ? *(*p)++ : '\0';
	for (int i = 0; i < 3 && **p >= '0' && **p <= '7'; i++)
		value = value * 8 + (unsigned)(*(*p)++ - '0');
	return (char)value;
}

/* One quoted path; `p` stands behind its first quote, and then behind its last. */
static void take_quoted(struct sb_buffer *out, const char **p)
{
	while (**p && **p != '"')
		if (**p == '\\') {
			++*p;
			sb_buffer_addc(out, unescape(p));
		} else {
			sb_buffer_addc(out, *(*p)++);
		}
	if (**p)
		++*p;
}

int sb_git_quoted_alternates(git_repository *git, struct sb_error *err)
{
	const char *p = getenv("GIT_ALTERNATE_OBJECT_DIRECTORIES");
	git_odb *odb = NULL;
	int rc = 0;

	if (!p || !strchr(p, '"'))
		return 0;
	if (git_repository_odb(&odb, git) < 0)
		return sb_fail(err, SB_ESYS, "the repository's objects: %s", sb_git_says());
	while (*p && rc == 0) {
		SB_AUTO(sb_buffer) path = SB_BUFFER_INIT(32 << 10);

		if (*p != '"') {
			p += strcspn(p, ":");
		} else {
			p++;
			take_quoted(&path, &p);
			SB_AUTO_FREE char *name = sb_buffer_detach(&path);

			if (git_odb_add_disk_alternate(odb, name) < 0)
				rc = sb_fail(err, SB_ECONFIG, "the alternate %s: %s", name, sb_git_says());
		}
		p += *p == ':';
	}
	git_odb_free(odb);
	return rc;
}
