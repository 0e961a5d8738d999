/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often did this come of late?  A count-min sketch with conservative
 * update (Cormode and Muthukrishnan 2005; Estan and Varghese 2002): four rows
 * of small counters.  It never says too few; it says too many by chance, the
 * more things come between two halvings: with n of them by more than e n /
 * width in one case of e^4.  It halves every hour, and sooner when as many
 * new things came as a row is wide.
 */
#ifndef WEIR_DOORKEEPER_H
#define WEIR_DOORKEEPER_H

#include "weir/buf.h"
#include "weir/usec.h"

struct doorkeeper {
	uint8_t		*n;	/* 4 * width */
	uint32_t	 width;	/* a power of two */
	uint32_t	 hour, added;
};

void		doorkeeper_init(struct doorkeeper *d, size_t max_bytes);
size_t		doorkeeper_bytes(const struct doorkeeper *d);
void		doorkeeper_done(struct doorkeeper *d);
/* So many more of it; returns how many that makes, at most 255. */
uint32_t	doorkeeper_add(struct doorkeeper *d, uint64_t id, uint32_t n,
		    int64_t at);
void		doorkeeper_pack(struct buf *b, const struct doorkeeper *d);
bool		doorkeeper_unpack(struct buf_reader *r, struct doorkeeper *d);

#endif
