#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *checked(void *p)
{
	if (!p) {
		fputs("slugbuild: out of memory\n", stderr);
		exit(4);
	}
	return p;
}

void *sb_xcalloc(size_t n, size_t size)
{
	return checked(calloc(n ? n : 1, size));
}

void *sb_xrealloc(void *p, size_t n, size_t size)
{
	return checked(reallocarray(p, n ? n : 1, size));
}

char *sb_xstrdup(const char *s)
{
	return checked(strdup(s));
}

char *sb_xvasprintf(const char *fmt, va_list ap)
{
	char *out = NULL;
	int n = vasprintf(&out, fmt, ap);

	return checked(n < 0 ? NULL : out);
}

char *sb_xasprintf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *out = sb_xvasprintf(fmt, ap);
	va_end(ap);
	return out;
}

void sb_grow(void *items, size_t n, size_t size)
{
	void **at = items;

	/* Full exactly at 0 and at each power of two from 8 on. */
	if (n == 0)
		*at = sb_xrealloc(*at, 8, size);
	else if (n >= 8 && !(n & (n - 1)))
		*at = sb_xrealloc(*at, n * 2, size);
}

void sb_autofree(void *p)
{
	free(*(void **)p);
}

void sb_autoclose(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
