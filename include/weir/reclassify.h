/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Going over stored deliveries in order of time and judging them anew, a
 * bounded number in each transaction, so that live lines come in between.  A
 * message goes with its pairs.
 */
#ifndef WEIR_RECLASSIFY_H
#define WEIR_RECLASSIFY_H

#include "weir/pipeline.h"

/* Deliveries of a transaction, at most but for those of one instant. */
#define RECLASSIFY_EVENTS	2000
#define RECLASSIFY_ALONE	10000	/* where no lines come in between */

struct reclassify {
	struct query	filter;		/* since and until are set */
	int64_t		next, span;
	size_t		step;		/* RECLASSIFY_EVENTS; may be set */
	int64_t		begin, end;	/* of what is to be gone over */
	int64_t		events, revised;
	int64_t		done, total;	/* about: stored events, of all kinds */
};

/*
 * Takes over the filter; its `since` is where to begin, 0 for the oldest.
 * Done with reclassify_done.
 */
int	reclassify_init(struct reclassify *r, struct pipeline *p,
	    const struct query *filter, struct error *err);
void	reclassify_done(struct reclassify *r);
/* 1: committed, and there is more; 0: all is done; -1: see the error. */
int	reclassify_step(struct reclassify *r, struct pipeline *p,
	    struct error *err);

#endif
