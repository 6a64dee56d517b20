#ifndef SB_CLOCK_H
#define SB_CLOCK_H

#include "base/base.h"

/* Durations by CLOCK_MONOTONIC, dates by the wall clock, never mixed. */

int64_t sb_now_ms(void);              /* monotonic */
int64_t sb_wall(void);                /* seconds since 1970 */
#define SB_STAMP_MAX 32
void sb_stamp(char out[SB_STAMP_MAX], int64_t wall); /* "2026-11-21T03:04:05Z" */

/* "20261121T030405-9f3a1c": a build's id; sorts by time. */
#define SB_BUILD_ID_MAX 32
void sb_build_id(char out[SB_BUILD_ID_MAX]);
bool sb_is_build_id(const char *text);

#endif
