#include "base/base.h"
#include "check/facts.h"

#include "sys/clock.h"

#include <string.h>

/*
 * Sources, all read on this day:
 * - Python: the release cycle of devguide.python.org/versions; the day of the last month where it
 *   names only the month.
 * - Django: djangoproject.com/download, "Supported versions", and endoflife.date/django for the day.
 * - Which Pythons: docs.djangoproject.com, "What Python version can I use with Django?" of each
 *   series, and Requires-Python of the releases on PyPI for the lowest one.
 */
const char sb_facts_read[] = "2026-11-25";

static const struct python {
	int major, minor;
	const char *ended;
} pythons[] = {
	{ 2, 7, "2020-01-01" },	 { 3, 4, "2019-03-18" },  { 3, 5, "2020-09-30" },
	{ 3, 6, "2021-12-23" },	 { 3, 7, "2023-06-27" },  { 3, 8, "2024-10-07" },
	{ 3, 9, "2025-10-31" },	 { 3, 10, "2026-10-31" }, { 3, 11, "2027-10-31" },
	{ 3, 12, "2028-10-31" }, { 3, 13, "2029-10-31" }, { 3, 14, "2030-10-31" },
};

static const struct django {
	int major, minor;
	const char *ended;
	int low, high; /* Python 3.x; 0: not known */
} djangos[] = {
	{ 1, 11, "2020-04-01", 0, 0 },	 { 2, 0, "2019-04-01", 0, 0 },
	{ 2, 1, "2019-12-02", 0, 0 },	 { 2, 2, "2022-04-11", 5, 9 },
	{ 3, 0, "2021-04-06", 6, 9 },	 { 3, 1, "2021-12-07", 6, 9 },
	{ 3, 2, "2024-04-01", 6, 10 },	 { 4, 0, "2023-04-01", 8, 10 },
	{ 4, 1, "2023-12-01", 8, 11 },	 { 4, 2, "2026-04-07", 8, 12 },
	{ 5, 0, "2025-04-02", 10, 12 },	 { 5, 1, "2025-12-03", 10, 13 },
	{ 5, 2, "2028-04-30", 10, 14 },	 { 6, 0, "2027-04-30", 12, 14 },
	{ 6, 1, "2027-12-31", 12, 14 },
};

/* `day` or NULL where it is not yet over. */
static const char *if_over(const char *day, int64_t now)
{
	char today[SB_STAMP_MAX];

	sb_stamp(today, now);
	return strncmp(today, day, 10) > 0 ? day : NULL;
}

const char *sb_python_ended(int major, int minor, int64_t now)
{
	for (size_t i = 0; i < SB_COUNT(pythons); i++)
		if (pythons[i].major == major && pythons[i].minor == minor)
			return if_over(pythons[i].ended, now);
	return NULL;
}

static const struct django *find(int major, int minor)
{
	for (size_t i = 0; i < SB_COUNT(djangos); i++)
		if (djangos[i].major == major && djangos[i].minor == minor)
			return &djangos[i];
	return NULL;
}

const char *sb_django_ended(int major, int minor, int64_t now)
{
	const struct django *row = find(major, minor);

	return row ? if_over(row->ended, now) : NULL;
}

bool sb_django_pythons(int major, int minor, int *low, int *high)
{
	const struct django *row = find(major, minor);

	if (!row || !row->high)
		return false;
	*low = row->low;
	*high = row->high;
	return true;
}

const char *sb_django_lts(void)
{
	return "5.2";
}
