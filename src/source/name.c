#include "base/base.h"
#include "base/utf8.h"
#include "source/name.h"

#include <string.h>

/* Characters that HFS+ leaves out when it compares names. */
static bool is_ignored(uint32_t rune)
{
	return (rune >= 0x200c && rune <= 0x200f) || (rune >= 0x202a && rune <= 0x202e) ||
	       (rune >= 0x206a && rune <= 0x206f) || rune == 0xfeff;
}

/* The name without those characters, ASCII in lower case. Returns its length. */
static size_t fold(char out[SB_NAME_MAX], struct sb_span name)
{
	size_t n = 0;

	while (name.n) {
		uint32_t rune = 0;
		size_t step = sb_utf8_next(name, &rune);

		if (!step)
			step = 1;
		else if (is_ignored(rune)) {
			name.p += step;
			name.n -= step;
			continue;
		}
		for (size_t i = 0; i < step; i++, name.p++, name.n--)
			out[n++] =
				*name.p >= 'A' && *name.p <= 'Z' ? *name.p + ('a' - 'A') : *name.p;
	}
	return n;
}

/* ".git" or "git~1", up to the end but for blanks and dots, or up to a stream's ':'. */
static bool is_dotgit(struct sb_span part)
{
	size_t n;

	if (sb_span_starts(part, ".git"))
		n = 4;
	else if (sb_span_starts(part, "git~1"))
		n = 5;
	else
		return false;
	while (n < part.n && (part.p[n] == ' ' || part.p[n] == '.'))
		n++;
	return n == part.n || part.p[n] == ':';
}

/* Most names: ASCII, and so begun and made up that nothing below can be said of them. */
static bool is_plain(struct sb_span name)
{
	unsigned char first = name.n ? (unsigned char)name.p[0] : 0, low = first | 0x20;

	if (name.n > SB_NAME_MAX || low == 'g' ||
	    !((low >= 'a' && low <= 'z') || (first >= '0' && first <= '9') || first == '_'))
		return false;
	for (size_t i = 1; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (c <= ' ' || c >= 0x7f || c == '/' || c == '\\')
			return false;
	}
	return true;
}

const char *sb_name_fault(struct sb_span name)
{
	char folded[SB_NAME_MAX];

	if (is_plain(name))
		return NULL;
	if (!name.n)
		return "is empty";
	if (name.n > SB_NAME_MAX)
		return "is longer than 255 bytes";
	if (memchr(name.p, '/', name.n))
		return "holds a \"/\"";
	if (memchr(name.p, '\0', name.n))
		return "holds a NUL";
	if (sb_span_is(name, ".") || sb_span_is(name, ".."))
		return "is a folder's own name";

	struct sb_span rest = { folded, fold(folded, name) }, part;

	while (sb_span_cut(&rest, '\\', &part))
		if (is_dotgit(part))
			return "is a way to write .git";
	return is_dotgit(rest) ? "is a way to write .git" : NULL;
}
