#include "base/base.h"
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *sb_buffer_reserve(struct sb_buffer *buffer, size_t n)
{
	if (buffer->full || n > buffer->max - buffer->n) {
		buffer->full = true;
		return NULL;
	}
	if (buffer->room < buffer->n + n + 1) {
		size_t room = buffer->room ? buffer->room : 64;

		while (room < buffer->n + n + 1)
			room *= 2;
		buffer->p = sb_xrealloc(buffer->p, room, 1);
		buffer->room = room;
	}
	return buffer->p + buffer->n;
}

void sb_buffer_add(struct sb_buffer *buffer, struct sb_span bytes)
{
	char *at = sb_buffer_reserve(buffer, bytes.n);

	if (!at)
		return;
	if (bytes.n)
		memcpy(at, bytes.p, bytes.n);
	buffer->n += bytes.n;
	buffer->p[buffer->n] = '\0';
}

void sb_buffer_adds(struct sb_buffer *buffer, const char *cstr)
{
	sb_buffer_add(buffer, sb_span_of(cstr));
}

void sb_buffer_addc(struct sb_buffer *buffer, char byte)
{
	sb_buffer_add(buffer, (struct sb_span) { &byte, 1 });
}

void sb_buffer_addf(struct sb_buffer *buffer, const char *fmt, ...)
{
	SB_AUTO_FREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n >= 0)
		sb_buffer_add(buffer, (struct sb_span) { text, (size_t)n });
	else
		buffer->full = true;
}

struct sb_span sb_buffer_span(const struct sb_buffer *buffer)
{
	return (struct sb_span) { buffer->p ? buffer->p : "", buffer->n };
}

char *sb_buffer_detach(struct sb_buffer *buffer)
{
	char *p = buffer->p ? buffer->p : sb_xstrdup("");

	p[buffer->n] = '\0'; /* room that was reserved, and not used, is anything */
	*buffer = (struct sb_buffer) { .max = buffer->max };
	return p;
}

void sb_buffer_clear(struct sb_buffer *buffer)
{
	buffer->n = 0;
	buffer->full = false;
	if (buffer->p)
		buffer->p[0] = '\0';
}

void sb_buffer_release(struct sb_buffer *buffer)
{
	free(buffer->p);
	*buffer = (struct sb_buffer) { .max = buffer->max };
}
