/* SPDX-License-Identifier: Apache-2.0 */
/* See baseline.h. */
#include "weir/baseline.h"

#include <math.h>

#define TAME_TIMES	3.0
#define TAME_MORE	3.0
#define FRACTION_STEPS	2000

uint32_t
baseline_hour(int64_t at)
{
	int64_t	hour = at / USEC_PER_HOUR;

	return hour < 0 ? 0 : hour > UINT32_MAX ? UINT32_MAX : (uint32_t)hour;
}

static double
rate(double events, double hours)
{
	return (events + BASELINE_PRIOR_EVENTS) /
	    (hours + BASELINE_PRIOR_HOURS);
}

/* So many events in so many hours of that weight are past. */
static void
learn(struct baseline *b, const struct season *s, double n, double weight,
    uint32_t hours)
{
	double	keep = exp2(-(double)hours / s->half_life);

	b->events = (float)(((double)b->events + n) * keep);
	b->hours = (float)(((double)b->hours + weight) * keep);
}

static double
tamed(const struct baseline *b, double n, double weight)
{
	double	most = TAME_TIMES * weight *
		    rate((double)b->events, (double)b->hours) + TAME_MORE;

	return n < most ? n : most;
}

static void
forward(struct baseline *b, const struct season *s, uint32_t hour, bool tame)
{
	uint32_t	ahead;
	double		w, n;

	if (b->hour == 0)
		b->hour = hour;
	for (ahead = hour > b->hour ? hour - b->hour : 0; ahead > 0; ahead--) {
		if (b->n[0] == 0 && b->n[1] == 0 && ahead > 1) {
			/* Nothing for long: at once. */
			w = season_sum(s, b->hour - 1, ahead);
			learn(b, s, 0, w, ahead);
			b->hour += ahead;
			return;
		}
		/* The hour before its first one is no hour without any. */
		if (b->hours > 0 || b->n[1] > 0 || b->n[0] == 0) {
			w = season_weight(s, b->hour - 1);
			n = tame ? tamed(b, b->n[1], w) : b->n[1];
			learn(b, s, n, w, 1);
		}
		b->n[1] = b->n[0];
		b->n[0] = 0;
		b->hour++;
	}
}

void
baseline_add(struct baseline *b, const struct season *s, int64_t at,
    uint32_t n, bool tame)
{
	uint32_t	hour = baseline_hour(at), *to;

	forward(b, s, hour, tame);
	if (hour + 1 < b->hour)
		return;
	to = &b->n[hour < b->hour];
	*to = n > UINT32_MAX - *to ? UINT32_MAX : *to + n;
}

double
baseline_expect(const struct baseline *b, const struct season *s, int64_t now,
    int64_t span_us, uint32_t inside, double *ret_shape)
{
	uint32_t	hour = baseline_hour(now);
	uint32_t	span = (uint32_t)(span_us / USEC_PER_HOUR);
	double		events = (double)b->events, hours = (double)b->hours;
	double		weight;

	if (span <= 1) {
		weight = season_weight(s, hour) * (double)span_us /
		    (double)USEC_PER_HOUR;
	} else {
		weight = season_sum(s, hour - span, span);
		events -= (double)inside - b->n[0] - b->n[1];
		hours -= weight;
		if (events < 0)
			events = 0;
		if (events > (double)b->events)
			events = (double)b->events;
		if (hours < 0)
			hours = 0;
	}
	*ret_shape = events + BASELINE_PRIOR_EVENTS;
	return rate(events, hours) * weight;
}

/*
 * The continued fraction of the incomplete beta function I_q(a, b) (Abramowitz
 * and Stegun 26.5.8), by the modified method of Lentz.  It takes some tens of
 * steps where q < (a + 1) / (a + b + 2).
 */
static double
fraction(double a, double b, double q)
{
	double	c = 1, d = 1 / (1 - (a + b) * q / (a + 1)), f = d, by, t;

	for (int i = 1; i < FRACTION_STEPS; i++) {
		t = i * (b - i) * q / ((a + 2 * i - 1) * (a + 2 * i));
		d = 1 / (1 + t * d);
		c = 1 + t / c;
		f *= c * d;
		t = -(a + i) * (a + b + i) * q /
		    ((a + 2 * i) * (a + 2 * i + 1));
		d = 1 / (1 + t * d);
		c = 1 + t / c;
		by = c * d;
		f *= by;
		if (fabs(by - 1) < 1e-12)
			break;
	}
	return f;
}

double
baseline_tail(uint32_t x, double mean, double size)
{
	double	q = mean / (mean + size), p = size / (mean + size), front;

	if (x == 0 || mean <= 0)
		return x == 0 ? 0 : -INFINITY;
	/* P(X >= x) = I_q(x, size) */
	front = lgamma(x + size) - lgamma(x) - lgamma(size) +
	    x * log(q) + size * log(p);
	if (q < (x + 1.0) / (x + size + 2))
		front = (front + log(fraction(x, size, q) / x)) / M_LN10;
	else
		front = log10(1 - exp(front) * fraction(size, x, p) / size);
	return front > 0 ? 0 : front;
}
