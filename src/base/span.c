#include "base/base.h"
#include "base/span.h"

#include <assert.h>
#include <string.h>

struct sb_span sb_span_of(const char *cstr)
{
	return (struct sb_span) { cstr, strlen(cstr) };
}

bool sb_span_cut(struct sb_span *rest, char sep, struct sb_span *out)
{
	const char *end = rest->n ? memchr(rest->p, sep, rest->n) : NULL;

	if (!end)
		return false;
	out->p = rest->p;
	out->n = (size_t)(end - rest->p);
	rest->p = end + 1;
	rest->n -= out->n + 1;
	return true;
}

bool sb_span_line(struct sb_span *rest, struct sb_span *line)
{
	if (!rest->n)
		return false;
	if (!sb_span_cut(rest, '\n', line)) {
		*line = *rest;
		*rest = (struct sb_span) { rest->p + rest->n, 0 };
	}
	if (line->n && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

struct sb_span sb_span_trim(struct sb_span s)
{
	while (s.n && blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool sb_span_is(struct sb_span s, const char *cstr)
{
	return s.n == strlen(cstr) && !memcmp(s.p, cstr, s.n);
}

bool sb_span_ends(struct sb_span s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.n >= n && !memcmp(s.p + s.n - n, suffix, n);
}

const char *sb_span_find(struct sb_span s, const char *needle)
{
	return s.n ? memmem(s.p, s.n, needle, strlen(needle)) : NULL;
}

bool sb_span_starts(struct sb_span s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && !memcmp(s.p, prefix, n);
}

bool sb_span_all(struct sb_span s, const char *set)
{
	for (size_t i = 0; i < s.n; i++)
		if (!s.p[i] || !strchr(set, s.p[i]))
			return false;
	return s.n > 0;
}

size_t sb_span_count(struct sb_span s, char byte)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == byte;
	return n;
}

void sb_span_copy(char *out, size_t size, struct sb_span s)
{
	assert(s.n < size);
	if (s.n)
		memcpy(out, s.p, s.n);
	out[s.n] = '\0';
}

char *sb_span_dup(struct sb_span s)
{
	char *out = sb_xcalloc(s.n + 1, 1);

	sb_span_copy(out, s.n + 1, s);
	return out;
}
