#include "base/base.h"
#include "base/settings.h"

#include <ctype.h>
#include <string.h>

#define WORD_MAX 64 /* bytes: longer words are near to none */

static bool parse_scaled(struct sb_span text, const char *units, const int64_t *scale, int64_t *out)
{
	int64_t value = 0, times = 1;
	const char *unit;

	if (!text.n)
		return false;
	unit = strchr(units, tolower((unsigned char)text.p[text.n - 1]));
	if (unit && *unit) {
		times = scale[unit - units];
		text.n--;
	}
	if (!sb_span_all(text, "0123456789"))
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, text.p[i] - '0', &value))
			return false;
	return !__builtin_mul_overflow(value, times, out);
}

bool sb_parse_bytes(struct sb_span text, int64_t *out)
{
	static const int64_t scale[] = { 1LL << 10, 1LL << 20, 1LL << 30, 1LL << 40 };

	return parse_scaled(text, "kmgt", scale, out);
}

bool sb_parse_seconds(struct sb_span text, int64_t *out)
{
	static const int64_t scale[] = { 1, 60, 3600, 86400 };

	return parse_scaled(text, "smhd", scale, out);
}

bool sb_is_app_name(const char *name)
{
	size_t n = strlen(name);

	if (n < 1 || n > 30 || name[0] < 'a' || name[0] > 'z' || name[n - 1] == '-')
		return false;
	if (!sb_span_all(sb_span_of(name), "abcdefghijklmnopqrstuvwxyz0123456789-"))
		return false;
	return strcmp(name, "addon") && strcmp(name, "rule") && strcmp(name, "all");
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Edits between two words, letters of either case alike; a swap of neighbours is one. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[3][WORD_MAX + 1] = { { 0 } };
	size_t n = strlen(a), m = strlen(b);

	if (n > WORD_MAX || m > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= m; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *older = row[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			int x = tolower((unsigned char)a[i - 1]);
			int y = tolower((unsigned char)b[j - 1]);

			now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
			    y == tolower((unsigned char)a[i - 2]))
				now[j] = least(now[j], older[j - 2] + 1);
		}
	}
	return row[n % 3][m];
}

const char *sb_nearest(const char *word, const char *const *words)
{
	unsigned best = (unsigned)(strlen(word) / 3 + 1);
	const char *nearest = NULL;

	for (size_t i = 0; words[i]; i++) {
		unsigned far = distance(word, words[i]);

		if (far < best || (far == best && !nearest)) {
			best = far;
			nearest = words[i];
		}
	}
	return nearest;
}
