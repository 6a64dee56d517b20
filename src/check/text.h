#ifndef SB_TEXT_H
#define SB_TEXT_H

#include "base/findings.h"
#include "base/settings.h"
#include "base/span.h"

/*
 * One pushed file on its way through a parser: its bytes, its name, and where
 * findings about it go. Every parser of this folder takes one; none opens a file.
 *
 *	struct sb_text file = { "Procfile", bytes, findings, settings };
 *
 *	if (sb_text_clean(&file))
 *		sb_procfile_parse(&procfile, &file);
 */
struct sb_text {
	const char *path;
	struct sb_span bytes; /* borrowed */
	struct sb_findings *findings;
	const struct sb_settings *settings;
};

/* A finding about a line of the file, which is shown with it. Line and column from 1; 0: none. */
struct sb_finding *sb_text_report(const struct sb_text *text, const char *rule, unsigned line,
				  unsigned column, const char *fmt, ...) SB_PRINTF(5, 6);

/* Encoding, merge markers and (where they matter: `lines`) Windows line ends. A byte order mark is
 * cut off. False when there is nothing to parse: it is no text, and a finding says why. */
bool sb_text_clean(struct sb_text *text, bool lines);

/* Whether all of it is UTF-8, which pip, uv and every reader of TOML and JSON insist on; encoding-invalid
 * where it is not. pip goes by a line "# coding: latin-1" at the top as well: `coding`. */
bool sb_text_is_utf8(const struct sb_text *text, bool coding);

/* Where the first byte is that is not UTF-8, or a control byte other than tab and line ends; or
 * NULL. */
const char *sb_text_odd_byte(struct sb_span s);

/* Where `at` stands in the text, from 1. */
void sb_text_place(struct sb_span text, const char *at, unsigned *line, unsigned *column);

/* The line after the last one cut off `rest`, with any of LF, CR LF or CR at its end. */
bool sb_text_line(struct sb_span *rest, struct sb_span *line) SB_MUST_CHECK;

#endif
