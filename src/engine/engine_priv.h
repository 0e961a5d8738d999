/* SPDX-License-Identifier: Apache-2.0 */
/* Between engine.c (lines and state) and engine_detect.c (what is found). */
#ifndef WEIR_ENGINE_PRIV_H
#define WEIR_ENGINE_PRIV_H

#include "weir/book.h"
#include "weir/engine.h"
#include "weir/ordinal.h"
#include "weir/repeats.h"

#define CHAINS_MAX	64
#define FUTURE_US	(5 * USEC_PER_MIN)

struct chain {
	uint32_t	 id;
	struct ordinals	*ordinals;
	struct repeats	*repeats;
};

struct engine {
	struct engine_options	 o;
	struct policy		*policy;
	struct engine_sink	 sink;
	struct correlate	*correlate;
	struct book		*book;
	struct scan		*scan;
	bool			*off, *shadow;	/* by detector */
	bool			 replays;	/* alerts are told already */
	struct chain		 chains[CHAINS_MAX];
	size_t			 nchains;
	int64_t			 now;		/* engine time */
	int64_t			 wall;		/* live: of the last tick */
	struct engine_stats	 stats;
	struct buf		 scratch;
};

struct report	 engine_report(const struct engine *e,
		    const struct event *ev, struct str lines);
/* What detectors know by the event alone; the facts may be NULL. */
void		 engine_show(struct engine *e, struct report *r,
		    const struct facts *f);
/* All of them, and the scan. */
void		 engine_detect(struct engine *e, const struct event *ev,
		    struct str lines);

#endif
