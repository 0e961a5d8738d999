/* SPDX-License-Identifier: Apache-2.0 */
/* See peaks.h. */
#include "weir/peaks.h"

#include <math.h>

#define STEP		0.7	/* twice as large: ln 2 */
#define PRIOR_PEAKS	1.0	/* as if so many had ended in each step */
#define PRIOR_RATE	0.5	/* as if half a burst had come ... */
#define PRIOR_WEEKS	0.25	/* ... in so much time */

/* What is taken away may differ from what was added in the last digit. */
static float
at_least_0(float f)
{
	return f > 0 ? f : 0;
}

/* Add a whole burst of that size, or take it away (sign -1). */
static void
add(struct peaks *p, const struct peaks_prior *prior, double size, float sign)
{
	double	left = size - prior->threshold;
	int	i;

	if (left <= 0)
		return;
	p->n = at_least_0(p->n + sign);
	for (i = 0; i < PEAKS_STEPS - 1 && left > STEP; i++, left -= STEP)
		p->passed[i] = at_least_0(p->passed[i] +
		    sign * (float)STEP);
	p->passed[i] = at_least_0(p->passed[i] + sign * (float)left);
	p->ended[i] = at_least_0(p->ended[i] + sign);
}

void
peaks_add(struct peaks *p, const struct peaks_prior *prior, double before,
    double now)
{
	add(p, prior, before, -1);
	add(p, prior, now, 1);
}

double
peaks_per_week(const struct peaks *p, const struct peaks_prior *prior,
    double size, double own, double weeks)
{
	struct peaks	others = *p;
	double		left = size - prior->threshold, log_share = 0, step;

	add(&others, prior, own, -1);
	for (int i = 0; i < PEAKS_STEPS && left > 0; i++, left -= STEP) {
		step = i < PEAKS_STEPS - 1 && left > STEP ? STEP : left;
		log_share -= step * ((double)others.ended[i] + PRIOR_PEAKS) /
		    ((double)others.passed[i] + PRIOR_PEAKS * prior->scale);
	}
	return ((double)others.n + PRIOR_RATE) / (weeks + PRIOR_WEEKS) *
	    exp(log_share);
}

void
peaks_pack(struct buf *b, const struct peaks *p)
{
	buf_put_f32(b, p->n);
	for (int i = 0; i < PEAKS_STEPS; i++) {
		buf_put_f32(b, p->ended[i]);
		buf_put_f32(b, p->passed[i]);
	}
}

void
peaks_unpack(struct buf_reader *r, struct peaks *ret)
{
	ret->n = buf_get_f32(r);
	r->bad = r->bad || ret->n < 0;
	for (int i = 0; i < PEAKS_STEPS; i++) {
		ret->ended[i] = buf_get_f32(r);
		ret->passed[i] = buf_get_f32(r);
		r->bad = r->bad || ret->ended[i] < 0 || ret->passed[i] < 0;
	}
}
