#include "build/trace.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "Traceback (most recent call last):"
#define FRAME "  File \""

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "  File "/app/x.py", line 3, in <module>": the path, the number. */
static bool read_frame(struct sb_span line, struct sb_span *path, unsigned *number)
{
	static const char mark[] = ", line ";
	struct sb_span rest = line;

	if (!sb_span_starts(line, FRAME))
		return false;
	rest.p += strlen(FRAME);
	rest.n -= strlen(FRAME);
	if (!sb_span_cut(&rest, '"', path) || !sb_span_starts(rest, mark))
		return false;
	*number = 0;
	for (size_t i = strlen(mark); i < rest.n && is_digit(rest.p[i]) && *number < 10000000; i++)
		*number = *number * 10 + (unsigned)(rest.p[i] - '0');
	return true;
}

static bool in_app(struct sb_span path, const char *root, struct sb_span *inside)
{
	size_t n = strlen(root);
	struct sb_span rest;

	if (!sb_span_starts(path, root) || path.n <= n + 1 || path.p[n] != '/')
		return false;
	rest = (struct sb_span) { path.p + n + 1, path.n - n - 1 };
	if (sb_span_starts(rest, ".slugbuild/"))
		return false;
	*inside = rest;
	return true;
}

/* "KeyError: 'X'", "django.core.exceptions.ImproperlyConfigured: …", "AssertionError". */
static bool read_type(struct sb_span line, struct sb_span *type, struct sb_span *message)
{
	size_t n = 0;

	while (n < line.n && (isalnum((unsigned char)line.p[n]) || strchr("._", line.p[n])) &&
	       line.p[n])
		n++;
	if (!n || !isalpha((unsigned char)*line.p) || (n < line.n && line.p[n] != ':'))
		return false;
	*type = (struct sb_span) { line.p, n };
	*message = n < line.n ? sb_span_trim((struct sb_span) { line.p + n + 1, line.n - n - 1 })
			      : (struct sb_span) { line.p + n, 0 };
	return true;
}

static struct sb_span last_traceback(struct sb_span output)
{
	struct sb_span found = { 0 }, rest = output;
	const char *at;

	while ((at = sb_span_find(rest, HEAD)) != NULL) {
		rest = (struct sb_span) { at + strlen(HEAD),
					  (size_t)(rest.p + rest.n - at - strlen(HEAD)) };
		found = rest;
	}
	return found;
}

bool sb_trace_read(struct sb_trace *out, struct sb_span output, const char *root)
{
	struct sb_span rest = last_traceback(output), line, path;
	struct sb_span whole = rest;
	bool app_frame = false;
	unsigned number;

	*out = (struct sb_trace) { 0 };
	while (sb_span_line(&rest, &line)) {
		if (read_frame(line, &path, &number)) {
			struct sb_span inside;

			out->last = path;
			app_frame = in_app(path, root, &inside);
			if (app_frame) {
				out->path = inside;
				out->line = number;
				out->source = (struct sb_span) { 0 };
			}
		} else if (sb_span_starts(line, " ")) {
			if (app_frame && !out->source.n)
				out->source = sb_span_trim(line);
		} else if (line.n && read_type(line, &out->type, &out->message)) {
			break;
		}
	}
	if (!out->type.n)
		return false;
	/* The message goes on to the end of the output. */
	const char *from = out->message.n ? out->message.p : out->type.p + out->type.n;

	out->message = sb_span_trim((struct sb_span) { from, (size_t)(whole.p + whole.n - from) });
	return true;
}
