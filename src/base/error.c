#include "base/base.h"
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Formats into a field of fixed size; what does not fit is seen to be missing. */
static void format(char *out, size_t size, const char *fmt, va_list ap)
{
	int n = vsnprintf(out, size, fmt, ap);

	if (n < 0)
		out[0] = '\0';
	else if ((size_t)n >= size)
		memcpy(out + size - sizeof("…"), "…", sizeof("…"));
}

int sb_fail(struct sb_error *err, enum sb_code code, const char *fmt, ...)
{
	va_list ap;

	err->code = code;
	err->where[0] = '\0';
	err->fix[0] = '\0';
	va_start(ap, fmt);
	format(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return -1;
}

int sb_fail_sys(struct sb_error *err, const char *fmt, ...)
{
	int saved = errno;
	char what[1024];
	va_list ap;

	va_start(ap, fmt);
	format(what, sizeof(what), fmt, ap);
	va_end(ap);
	sb_fail(err, SB_ESYS, "%s: %s", what, strerror(saved));
	if (saved == ENOSPC || saved == EDQUOT)
		sb_error_fix(err, "free some space: slugbuild gc removes what no release needs");
	return -1;
}

int sb_wrap(struct sb_error *err, const char *fmt, ...)
{
	char inner[sizeof(err->text)], outer[512];
	va_list ap;

	memcpy(inner, err->text, sizeof(inner));
	va_start(ap, fmt);
	format(outer, sizeof(outer), fmt, ap);
	va_end(ap);
	if ((size_t)snprintf(err->text, sizeof(err->text), "%s: %s", outer, inner) >=
	    sizeof(err->text))
		memcpy(err->text + sizeof(err->text) - sizeof("…"), "…", sizeof("…"));
	return -1;
}

void sb_error_where(struct sb_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	format(err->where, sizeof(err->where), fmt, ap);
	va_end(ap);
}

void sb_error_fix(struct sb_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	format(err->fix, sizeof(err->fix), fmt, ap);
	va_end(ap);
}

int sb_exit_status(enum sb_code code)
{
	switch (code) {
	case SB_OK:
		return 0;
	case SB_EREFUSED:
		return 1;
	case SB_EUSAGE:
	case SB_EINPUT:
	case SB_ENOENT:
		return 2;
	case SB_EBUILD:
	case SB_ELIMIT:
	case SB_ECANCEL:
		return 3;
	case SB_EAGAIN:
		return 75;
	case SB_ECONFIG:
	case SB_ESYS:
		break;
	}
	return 4;
}
