/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many different things: HyperLogLog (Flajolet et al. 2007) with 256
 * registers, so a standard error of 6.5 per cent (1.04 / sqrt(256)); up to
 * some 600 it counts by empty registers, which is better (linear counting,
 * Whang 1990).  Two halves, turned by who owns it, make it slide.
 */
#ifndef WEIR_HLL_H
#define WEIR_HLL_H

#include "weir/buf.h"

#define HLL_REGISTERS	256

struct hll {
	uint8_t		r[2][HLL_REGISTERS];	/* this half, the last one */
	uint32_t	half;			/* number of this one */
};

/* `half`: which half of the span it is now; it only goes up. */
void	hll_add(struct hll *h, uint32_t half, uint64_t hash);
/* Of this half and the last one; of the newest if that is later. */
double	hll_count(const struct hll *h, uint32_t half);
void	hll_pack(struct buf *b, const struct hll *h);
bool	hll_unpack(struct buf_reader *r, struct hll *ret);

#endif
