/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of several identical lines of one instant is this?  The number makes
 * the ids of their events differ, the same way at every reading.  Counts are
 * kept for each chain (files that follow one another, or a journal) over its
 * last two seconds, and outlive the process with the chain's position.
 */
#ifndef WEIR_ORDINAL_H
#define WEIR_ORDINAL_H

#include "weir/event.h"

struct ordinals;

struct ordinals	*ordinals_new(void);
void		 ordinals_free(struct ordinals *o);
/* 0 for the first such line of its instant, then 1, 2 ... */
uint32_t	 ordinals_next(struct ordinals *o, int64_t at,
		    const uint8_t digest[16]);
bool		 ordinals_changed(const struct ordinals *o);
void		 ordinals_pack(struct ordinals *o, struct buf *b);
/* False: damaged; what was read stays. */
bool		 ordinals_unpack(struct ordinals *o, struct str blob);

#endif
