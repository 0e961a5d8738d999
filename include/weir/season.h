/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How busy each hour of the week (UTC) is, as a weight around 1: counts by
 * slot, shrunk to those of the hour of the day, and these to a flat week, as
 * long as little was seen.  Weights change only when an hour ends.
 */
#ifndef WEIR_SEASON_H
#define WEIR_SEASON_H

#include "weir/buf.h"
#include "weir/usec.h"

#define SEASON_SLOTS	168

struct season {
	float		n[SEASON_SLOTS];	/* what was seen, decaying */
	double		before[SEASON_SLOTS + 1];	/* sums of weights */
	uint32_t	hour;		/* the newest, counted since 1970 */
	uint32_t	fresh[2];	/* in it; late in the one before */
	double		half_life;	/* hours; of baselines too */
};

void	season_init(struct season *s);
/* Something happened in that hour, the newest or the one before it. */
void	season_add(struct season *s, uint32_t hour);
double	season_weight(const struct season *s, uint32_t hour);
/* Sum of the weights of `hours` hours from `first` on. */
double	season_sum(const struct season *s, uint32_t first, uint32_t hours);
void	season_pack(struct buf *b, const struct season *s);
bool	season_unpack(struct buf_reader *r, struct season *ret);

#endif
