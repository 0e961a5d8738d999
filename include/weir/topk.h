/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who contributes most: Space-Saving (Metwally, Agrawal and El Abbadi 2005)
 * with TOPK_COUNTERS counters.  A key that is not there takes the place and
 * the count of the least one, so with N added in all
 *	no count is too small, none too large by more than N / TOPK_COUNTERS;
 *	every key with more than N / TOPK_COUNTERS is there.
 * An event may name several keys, as the address and the login of a failed
 * login: then N is the sum over all of them.  Two halves, turned by who owns
 * it, make it slide.
 */
#ifndef WEIR_TOPK_H
#define WEIR_TOPK_H

#include "weir/buf.h"
#include "weir/key.h"

#define TOPK_COUNTERS	32
#define TOPK_TEXT_MAX	48	/* with its NUL; longer texts are cut */

struct topk_counter {
	uint32_t	n;
	uint32_t	over;	/* of it at most so much is another's */
	uint8_t		type;	/* of the key */
	char		text[TOPK_TEXT_MAX];
};

struct topk_half {
	uint64_t		hash[TOPK_COUNTERS];	/* of the key */
	struct topk_counter	counters[TOPK_COUNTERS];
	uint32_t		used;
	uint32_t		total;	/* of events, whatever they name */
};

struct topk {
	struct topk_half	halves[2];	/* this one, the last one */
	uint32_t		half;		/* number of this one */
};

/* So much was at least its doing. */
struct topk_part {
	enum alert_key_type	type;
	uint32_t		n;
	char			text[TOPK_TEXT_MAX];
};

/* `half`: which half of the span it is now; it only goes up. */
void		topk_add(struct topk *t, uint32_t half,
		    const struct key *const *keys, size_t nkeys, uint32_t n);
/* Of this half and the last one. */
uint64_t	topk_total(const struct topk *t, uint32_t half);
/* The largest parts of that, at most `max`, the largest first. */
size_t		topk_list(const struct topk *t, uint32_t half,
		    struct topk_part *ret, size_t max);
void		topk_pack(struct buf *b, const struct topk *t);
bool		topk_unpack(struct buf_reader *r, struct topk *ret);

#endif
