/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is usual for one series: a rate for each hour of weight 1, learnt by a
 * Gamma-Poisson model with exponential forgetting, so that growth is followed.
 *
 * The two newest hours are not part of it yet: a burst does not teach itself,
 * and what comes up to an hour late still finds its hour.
 */
#ifndef WEIR_BASELINE_H
#define WEIR_BASELINE_H

#include "weir/season.h"

/* After three weeks half of a rate is what came since (unless set). */
#define BASELINE_HALF_LIFE_HOURS	504.0
/* The prior of a rate: events, in so many hours of weight 1. */
#define BASELINE_PRIOR_EVENTS		0.3
#define BASELINE_PRIOR_HOURS		6.0

struct baseline {
	float		events, hours;	/* forgotten with the season's */
	uint32_t	hour;		/* the newest, counted since 1970 */
	uint32_t	n[2];		/* in it, in the one before */
};

uint32_t	baseline_hour(int64_t at);
/*
 * Count; `tame` when what comes now is known to be abuse: of a tame hour no
 * more is learnt than three times the usual and three.
 */
void	baseline_add(struct baseline *b, const struct season *s, int64_t at,
	    uint32_t n, bool tame);
/*
 * The number expected in the span before `now`.  `inside`: what the window of
 * that span holds, which is taken out of what was learnt when the span is
 * longer than the two newest hours, so that slow abuse does not teach its own
 * baseline.  *ret_shape is the shape of the gamma that the rate follows.
 */
double	baseline_expect(const struct baseline *b, const struct season *s,
	    int64_t now, int64_t span_us, uint32_t inside, double *ret_shape);
/*
 * log10 P(X >= x) of a negative binomial with that mean and size (Abramowitz
 * and Stegun 26.5.26 give it as an incomplete beta function).
 */
double	baseline_tail(uint32_t x, double mean, double size);

#endif
