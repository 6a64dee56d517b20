#include "base/base.h"
#include "base/utf8.h"

size_t sb_utf8_next(struct sb_span text, uint32_t *rune)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)text.p;

	if (!text.n)
		return 0;
	*rune = p[0];
	if (p[0] < 0x80)
		return 1;

	size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc2 ? 2 : 0;

	if (!n || p[0] > 0xf4 || n > text.n)
		return 0;
	*rune = p[0] & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*rune = *rune << 6 | (p[i] & 0x3fU);
	}
	if (*rune < least[n] || *rune > 0x10ffff || (*rune >= 0xd800 && *rune < 0xe000))
		return 0;
	return n;
}

bool sb_is_utf8(struct sb_span text)
{
	uint32_t rune;

	while (text.n) {
		size_t n = sb_utf8_next(text, &rune);

		if (!n)
			return false;
		text.p += n;
		text.n -= n;
	}
	return true;
}

size_t sb_utf8_columns(struct sb_span text)
{
	size_t columns = 0;
	uint32_t rune;

	for (; text.n; columns++) {
		size_t n = sb_utf8_next(text, &rune);

		text.p += n ? n : 1;
		text.n -= n ? n : 1;
	}
	return columns;
}
