/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sliding count: a window of twelve slices, the newest of which is being
 * filled.  Slices begin at multiples of their length since 1970, so what a
 * window holds does not depend on the order in which it was told.
 */
#ifndef WEIR_WINDOW_H
#define WEIR_WINDOW_H

#include "weir/usec.h"

#define WINDOW_SLICES	12

/* X(name, text, slice in seconds) */
#define WINDOW_SPANS(X)							\
	X(5M, "5 min", 25) X(1H, "1 h", 300)				\
	X(24H, "24 h", 7200) X(4D, "4 d", 28800)

enum window_span {
#define X(name, text, slice) WINDOW_##name,
	WINDOW_SPANS(X)
#undef X
	WINDOW_SPAN_COUNT
};

struct window {
	uint32_t	slice;		/* the newest, counted since 1970 */
	uint32_t	sum;
	uint32_t	n[WINDOW_SLICES];	/* by slice % WINDOW_SLICES */
};

const char	*window_name(enum window_span s);
int64_t		 window_us(enum window_span s);
/* What is older than the window by then is not counted. */
void		 window_add(struct window *w, enum window_span s, int64_t at,
		    uint32_t n);
/* What it holds at `now`, or at its newest slice if that is later. */
uint32_t	 window_sum(struct window *w, enum window_span s, int64_t now);

#endif
