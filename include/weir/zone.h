/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A time zone as a value: sorted transitions, filled in by the shell (see
 * source/zone_load) so that the core reads no files and no environment.
 */
#ifndef WEIR_ZONE_H
#define WEIR_ZONE_H

#include "weir/usec.h"

struct zone_span {
	int64_t	since;		/* usec UTC; the first is INT64_MIN */
	int32_t	offset;		/* seconds east of UTC */
};

struct zone {
	char			 name[64];	/* "Europe/Berlin", "UTC" */
	const struct zone_span	*spans;
	size_t			 n;
};

extern const struct zone zone_utc;

/*
 * Local civil time to UTC.  A local time that occurs twice (DST ends) is taken
 * as the occurrence that is not before `after` by more than a minute; one that
 * does not exist is moved forward.
 */
int64_t	zone_to_utc(const struct zone *z, const struct civil *local,
	    int64_t after);
/* The local civil time at `at`. */
struct civil	zone_to_local(const struct zone *z, int64_t at);

#endif
