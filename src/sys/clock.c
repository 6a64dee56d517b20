#include "base/base.h"
#include "base/span.h"
#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

int64_t sb_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int64_t sb_wall(void)
{
	struct timespec now;

	/* Not time(2): it may be a tick behind, and a file that was made just now be of tomorrow. */
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

void sb_stamp(char out[SB_STAMP_MAX], int64_t wall)
{
	time_t seconds = (time_t)wall;
	struct tm tm = { 0 };

	gmtime_r(&seconds, &tm);
	if (!strftime(out, SB_STAMP_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm))
		out[0] = '\0';
}

void sb_build_id(char out[SB_BUILD_ID_MAX])
{
	struct timespec now = { 0 };
	struct tm tm = { 0 };
	unsigned random = 0;
	char date[SB_BUILD_ID_MAX - 8];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		random = (unsigned)sb_now_ms();
	if (!strftime(date, sizeof(date), "%Y%m%dT%H%M%S", &tm))
		date[0] = '\0';
	/* Ids sort as they were made: 20 bits are microseconds, 4 are chance. */
	snprintf(out, SB_BUILD_ID_MAX, "%s-%05x%x", date, (unsigned)(now.tv_nsec / 1000), random & 0xf);
}

bool sb_is_build_id(const char *text)
{
	static const char form[] = "dddddddd\nTdddddd\n-xxxxxx"; /* a letter after \n is itself */
	const char *sets[] = { ['d'] = "0123456789", ['x'] = "0123456789abcdef" };

	for (const char *f = form; *f; f++, text++) {
		if (*f == '\n') {
			if (*text != *++f)
				return false;
		} else if (!*text || !strchr(sets[(unsigned char)*f], *text)) {
			return false;
		}
	}
	return !*text;
}
