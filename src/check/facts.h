#ifndef SB_FACTS_H
#define SB_FACTS_H

#include "base/base.h"

/*
 * Facts that age: until when a Python or a Django is supported, and which of them
 * fit. A table of its own (facts.c) that names its sources and the day they were
 * read; findings made from it say the date, so that an old slugbuild is seen to be
 * old. What a table does not know is not judged.
 */
extern const char sb_facts_read[]; /* the day the sources were read, "2026-11-25" */

/* The day support ended for good, "2025-10-31", or NULL where it had not by `now` (seconds since
 * 1970) or the version is not in the table. */
const char *sb_python_ended(int major, int minor, int64_t now);
const char *sb_django_ended(int major, int minor, int64_t now);

/* The Pythons a series of Django runs on, "3.8" … as minor numbers of Python 3. False: not known. */
bool sb_django_pythons(int major, int minor, int *low, int *high) SB_MUST_CHECK;

/* The newest series that is known and supported for long: "5.2". */
const char *sb_django_lts(void);

#endif
