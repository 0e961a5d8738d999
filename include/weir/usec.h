/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time is int64_t microseconds UTC since 1970 (leap seconds ignored, as POSIX
 * does).  Nothing here reads a clock.
 */
#ifndef WEIR_USEC_H
#define WEIR_USEC_H

#include <stdint.h>

#include "weir/str.h"

#define USEC_PER_MSEC	INT64_C(1000)
#define USEC_PER_SEC	INT64_C(1000000)
#define USEC_PER_MIN	(60 * USEC_PER_SEC)
#define USEC_PER_HOUR	(60 * USEC_PER_MIN)
#define USEC_PER_DAY	(24 * USEC_PER_HOUR)
#define USEC_TEXT_MAX	40

struct civil {
	int	year, month, day;		/* 2026, 1 to 12, 1 to 31 */
	int	hour, minute, second, usec;	/* second may be 60 */
};

/* Proleptic Gregorian, UTC. */
int64_t		usec_of_civil(const struct civil *c);
struct civil	usec_to_civil(int64_t at);
/* RFC 3339 with six decimals and Z. */
struct str	usec_print(int64_t at, char out[USEC_TEXT_MAX]);
/*
 * RFC 3339, with any number of decimals and Z or a numeric zone, 'T' or a
 * blank between.  False leaves *ret alone.
 */
bool		usec_parse(struct str s, int64_t *ret);
/* A span: "90s", "10m", "4h", "7d", "2w"; a bare number is seconds. */
bool		usec_parse_span(struct str s, int64_t *ret);

#endif
