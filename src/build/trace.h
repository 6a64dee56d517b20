#ifndef SB_TRACE_H
#define SB_TRACE_H

#include "base/span.h"

/*
 * A Python traceback, read from a program's output: the last one in it. Pure; any
 * bytes will do.
 */
struct sb_trace {
	struct sb_span type;    /* "KeyError", "django.core.exceptions.ImproperlyConfigured" */
	struct sb_span message; /* may be several lines, or empty */
	struct sb_span path;    /* of the last frame in the app, relative to it; or empty */
	struct sb_span source;  /* its line as the traceback shows it */
	unsigned line;
	struct sb_span last; /* path of the very last frame, as printed */
};

/* `root` is the app's folder during the run; what lies in .slugbuild is not the app's. */
bool sb_trace_read(struct sb_trace *out, struct sb_span output, const char *root);

#endif
