#include "base/base.h"
#include "check/text.h"

#include "base/buffer.h"
#include "base/utf8.h"
#include "check/rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool sb_text_line(struct sb_span *rest, struct sb_span *line)
{
	size_t i = 0;

	if (!rest->n)
		return false;
	while (i < rest->n && rest->p[i] != '\n' && rest->p[i] != '\r')
		i++;
	*line = (struct sb_span) { rest->p, i };
	if (i + 1 < rest->n && rest->p[i] == '\r' && rest->p[i + 1] == '\n')
		i++;
	i += i < rest->n;
	*rest = (struct sb_span) { rest->p + i, rest->n - i };
	return true;
}

static struct sb_span nth_line(struct sb_span text, unsigned n)
{
	struct sb_span line = { text.p, 0 };

	for (unsigned i = 0; i < n; i++)
		if (!sb_text_line(&text, &line))
			return (struct sb_span) { text.p, 0 };
	return line;
}

/* "https://me:secret@host" → "https://me:***@host": what is shown goes into logs. Owned. */
static char *without_passwords(struct sb_span s)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(s.n * 4 + 1);
	const char *found;

	while ((found = sb_span_find(s, "://"))) {
		size_t before = (size_t)(found - s.p) + 3, n = 0;
		struct sb_span rest = { s.p + before, s.n - before };
		const char *at = NULL, *colon;

		while (n < rest.n && rest.p[n] && !strchr("/?# \t\"'", rest.p[n])) {
			at = rest.p[n] == '@' ? rest.p + n : at;
			n++;
		}
		colon = at ? memchr(rest.p, ':', (size_t)(at - rest.p)) : NULL;
		sb_buffer_add(&out, (struct sb_span) { s.p, before });
		if (at && (colon ? colon[1] != '$' : strncmp(rest.p, "git@", 4) != 0)) {
			sb_buffer_add(&out, (struct sb_span) { rest.p, colon ? (size_t)(colon - rest.p) + 1 : 0 });
			sb_buffer_adds(&out, "***");
			rest = (struct sb_span) { at, rest.n - (size_t)(at - rest.p) };
		}
		s = rest;
	}
	sb_buffer_add(&out, s);
	return sb_buffer_detach(&out);
}

struct sb_finding *sb_text_report(const struct sb_text *text, const char *rule, unsigned line,
				  unsigned column, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	SB_AUTO_FREE char *words = sb_xvasprintf(fmt, ap);
	va_end(ap);

	SB_AUTO_FREE char *says = without_passwords(sb_span_of(words));
	SB_AUTO_FREE char *shown = without_passwords(nth_line(text->bytes, line));
	struct sb_finding *f = sb_report(text->findings, text->settings, rule, "%s", says);

	sb_finding_at(f, text->path, line, column);
	if (line)
		sb_finding_source(f, sb_span_of(shown));
	return f;
}

const char *sb_text_odd_byte(struct sb_span s)
{
	while (s.n) {
		uint32_t rune = 0;
		size_t n = sb_utf8_next(s, &rune);

		if (!n || (rune < 0x20 && !strchr("\t\r\n", (int)rune)) ||
		    (rune >= 0x7f && rune < 0xa0) || !rune)
			return s.p;
		s = (struct sb_span) { s.p + n, s.n - n };
	}
	return NULL;
}

static bool is_utf16(struct sb_span s)
{
	if (s.n >= 2 && (!memcmp(s.p, "\xff\xfe", 2) || !memcmp(s.p, "\xfe\xff", 2)))
		return true;
	return s.n >= 4 && !(s.n % 2) &&
	       ((s.p[0] && !s.p[1] && s.p[2] && !s.p[3]) ||
		(!s.p[0] && s.p[1] && !s.p[2] && s.p[3]));
}

void sb_text_place(struct sb_span text, const char *at, unsigned *line, unsigned *column)
{
	const char *start = text.p;

	*line = 1;
	for (const char *p = text.p; p < at; p++)
		if (*p == '\n') {
			++*line;
			start = p + 1;
		}
	*column = (unsigned)(at - start) + 1;
}

static bool readable(struct sb_text *text)
{
	const char *nul = text->bytes.n ? memchr(text->bytes.p, '\0', text->bytes.n) : NULL;
	unsigned line, column;

	if (is_utf16(text->bytes)) {
		struct sb_finding *f = sb_report(
			text->findings, text->settings, "encoding-utf16",
			"%s is UTF-16, not UTF-8 (PowerShell's \">\" writes that)", text->path);

		sb_finding_at(f, text->path, 0, 0);
		sb_finding_fix(f,
			       "in PowerShell: (Get-Content %s) | Set-Content -Encoding ascii %s\n"
			       "elsewhere: iconv -f UTF-16 -t UTF-8 %s > new && mv new %s",
			       text->path, text->path, text->path, text->path);
		return false;
	}
	if (nul) {
		sb_text_place(text->bytes, nul, &line, &column);
		sb_finding_fix(sb_text_report(text, "encoding-nul", line, column,
					      "a NUL byte: this is no text file"),
			       "write %s again as plain UTF-8 text", text->path);
		return false;
	}
	return true;
}

/* "# -*- coding: latin-1 -*-" in one of the first two lines (PEP 263), of another encoding than UTF-8. */
static bool says_coding(struct sb_span text)
{
	struct sb_span line;

	for (int n = 0; n < 2 && sb_text_line(&text, &line); n++) {
		const char *at = sb_span_starts(line, "#") ? sb_span_find(line, "coding") : NULL;
		const char *end = line.p + line.n;

		if (!at || at + 7 >= end || (at[6] != ':' && at[6] != '='))
			continue;
		struct sb_span name = sb_span_trim((struct sb_span) { at + 7, (size_t)(end - at) - 7 });

		return name.n && !sb_span_starts(name, "utf");
	}
	return false;
}

bool sb_text_is_utf8(const struct sb_text *text, bool coding)
{
	struct sb_span rest = text->bytes;
	unsigned line, column;
	uint32_t rune;
	size_t n;

	while (rest.n && (n = sb_utf8_next(rest, &rune)))
		rest = (struct sb_span) { rest.p + n, rest.n - n };
	if (!rest.n || (coding && says_coding(text->bytes)))
		return true;
	sb_text_place(text->bytes, rest.p, &line, &column);
	sb_finding_fix(sb_text_report(text, "encoding-invalid", line, column,
				      "the byte 0x%02x is not UTF-8: what reads the file ends here",
				      (unsigned)(unsigned char)rest.p[0]),
		       "if it is Latin-1: iconv -f latin1 -t utf-8 %s >new && mv new %s", text->path,
		       text->path);
	return false;
}

static bool marker(struct sb_span line)
{
	return sb_span_starts(line, "<<<<<<< ") || sb_span_starts(line, ">>>>>>> ") ||
	       sb_span_starts(line, "||||||| ") || sb_span_is(line, "<<<<<<<") ||
	       sb_span_is(line, ">>>>>>>");
}

bool sb_text_clean(struct sb_text *text, bool lines)
{
	struct sb_span rest, line;
	unsigned n = 0;

	if (!readable(text))
		return false;
	if (sb_span_starts(text->bytes, "\xef\xbb\xbf")) {
		sb_finding_fix(
			sb_text_report(text, "encoding-bom", 1, 1,
				       "%s starts with a byte order mark", text->path),
			"save %s as \"UTF-8 without BOM\": sed -i '1s/^\\xef\\xbb\\xbf//' %s",
			text->path, text->path);
		text->bytes = (struct sb_span) { text->bytes.p + 3, text->bytes.n - 3 };
	}
	if (lines && sb_span_find(text->bytes, "\r")) {
		unsigned column, at;

		sb_text_place(text->bytes, sb_span_find(text->bytes, "\r"), &at, &column);
		sb_finding_fix(sb_text_report(text, "crlf", at, 0,
					      "%s has Windows line ends (CR LF)", text->path),
			       "sed -i 's/\\r$//' %s", text->path);
	}
	rest = text->bytes;
	while (sb_text_line(&rest, &line)) {
		n++;
		if (!marker(line))
			continue;
		sb_finding_fix(sb_text_report(text, "merge-markers", n, 1,
					      "a merge was committed unresolved"),
			       "keep one of the two versions, remove the marker lines, commit");
		return false;
	}
	return true;
}
