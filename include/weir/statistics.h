/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What statistics know, over restarts: a checkpoint in the store with the
 * sequence number it belongs to, and a fold of the events that came after.
 */
#ifndef WEIR_STATISTICS_H
#define WEIR_STATISTICS_H

#include "weir/engine.h"
#include "weir/store.h"

/* Between two checkpoints of an engine: wall clock, or so many events. */
#define STATISTICS_EVERY_US	(5 * USEC_PER_MIN)
#define STATISTICS_EVERY_EVENTS	1000000
/*
 * Without a checkpoint: so much of what the store has is learnt from, and not
 * more events than a service may take to start.
 */
#define STATISTICS_LEARN_US	(42 * USEC_PER_DAY)
#define STATISTICS_LEARN_EVENTS	4000000

/* In the open transaction, in which the events were stored. */
int	statistics_keep(struct store *s, const struct engine *e,
	    struct error *err);
/*
 * *ret_learnt is how many stored events were folded.  What cannot be read (of
 * another version, another cap, damaged) is learnt anew from the events.
 */
int	statistics_load(struct store *s, struct engine *e,
	    int64_t *ret_learnt, struct error *err);

#endif
