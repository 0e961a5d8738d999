/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often bursts of a size come by themselves, for one kind of series over
 * all of its keys: peaks over a threshold (Pickands 1975; as an alarm
 * threshold in SPOT, Siffer et al., KDD 2017).  A burst's size is a logarithm
 * of observed over expected.
 *
 * One exponential tail fits badly when most bursts are small and a few kinds
 * of key (a newsletter, a nightly job) make large ones.  So the tail is
 * piecewise exponential: each step above the threshold has its own rate at
 * which bursts end there, estimated from how many did and how far all went
 * through it (the actuarial estimator of a hazard; Kaplan and Meier 1958), and
 * shrunk to a prior where little was seen.
 */
#ifndef WEIR_PEAKS_H
#define WEIR_PEAKS_H

#include "weir/buf.h"
#include "weir/usec.h"

#define PEAKS_STEPS	8

struct peaks {
	float	n;			/* peaks above the threshold */
	float	ended[PEAKS_STEPS];	/* in this step */
	float	passed[PEAKS_STEPS];	/* size that was gone through in it */
};

/* Of a kind of series: where the tail begins, and what is believed before. */
struct peaks_prior {
	double	threshold, scale;
};

/* A series' burst grew from one size to another (0 when it begins). */
void	peaks_add(struct peaks *p, const struct peaks_prior *prior,
	    double before, double now);
/*
 * How many bursts this large are expected in a week when nothing is wrong,
 * after `weeks` of experience; `own` is the size of this same burst as it was
 * added already.
 */
double	peaks_per_week(const struct peaks *p, const struct peaks_prior *prior,
	    double size, double own, double weeks);
void	peaks_pack(struct buf *b, const struct peaks *p);
void	peaks_unpack(struct buf_reader *r, struct peaks *ret);

#endif
