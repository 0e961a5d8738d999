/* SPDX-License-Identifier: Apache-2.0 */
/* What scan.c and scan_pack.c share. */
#ifndef WEIR_SCAN_PRIV_H
#define WEIR_SCAN_PRIV_H

#include "weir/peaks.h"
#include "weir/scan.h"

#define SCAN_STRATA_MAX	64

/* A measure of an enabled detector. */
struct stratum {
	const struct detector	*detector;
	const struct measure	*measure;
	double			 floor;
	double			 allowed;	/* log10, alarms a week */
	bool			 shadow;
	struct peaks		 peaks[WINDOW_SPAN_COUNT];
};

struct scan {
	struct scan_options	 o;
	double			 gate;		/* log10 of it */
	struct profile		*profile;
	int64_t			 now;		/* the newest event's */
	struct stratum		 strata[SCAN_STRATA_MAX];
	size_t			 nstrata;
	/* Which stratum a window of a tally of a kind of key is of, + 1. */
	uint8_t			 watch[KEY_TYPE_COUNT][TALLY_COUNT]
				    [WINDOW_SPAN_COUNT];
	/* The tallies to be kept of a kind of key: a set of bits. */
	uint32_t		 kept[KEY_TYPE_COUNT];
	uint32_t		 wanted;	/* kinds of keys: the same */
	/* The newest alarm of any key of a kind, or later. */
	int64_t			 alarmed[KEY_TYPE_COUNT];
};

struct profile	*scan_new_profile(const struct scan_options *o);

#endif
