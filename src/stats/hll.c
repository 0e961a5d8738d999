/* SPDX-License-Identifier: Apache-2.0 */
/* See hll.h. */
#include "weir/hll.h"

#include <math.h>

#define RANK_MAX	(64 - 8 + 1)

static void
turn(struct hll *h, uint32_t half)
{
	if (half <= h->half)
		return;
	if (half - h->half == 1)
		memcpy(h->r[1], h->r[0], sizeof(h->r[1]));
	else
		memset(h->r[1], 0, sizeof(h->r[1]));
	memset(h->r[0], 0, sizeof(h->r[0]));
	h->half = half;
}

void
hll_add(struct hll *h, uint32_t half, uint64_t hash)
{
	uint8_t	*reg, rank;

	turn(h, half);
	if (h->half - half > 1)
		return;
	reg = &h->r[h->half - half][hash & (HLL_REGISTERS - 1)];
	hash >>= 8;
	rank = hash == 0 ? RANK_MAX : (uint8_t)(__builtin_ctzll(hash) + 1);
	if (rank > *reg)
		*reg = rank;
}

double
hll_count(const struct hll *h, uint32_t half)
{
	double	sum = 0, m = HLL_REGISTERS, n;
	int	empty = 0;

	if (half > h->half && half - h->half > 1)
		return 0;
	for (int i = 0; i < HLL_REGISTERS; i++) {
		uint8_t	a = h->r[0][i];

		if (half <= h->half && h->r[1][i] > a)
			a = h->r[1][i];
		empty += a == 0;
		sum += exp2(-a);
	}
	n = 0.7213 / (1 + 1.079 / m) * m * m / sum;
	if (n <= 2.5 * m && empty > 0)
		return m * log(m / empty);
	return n;
}

void
hll_pack(struct buf *b, const struct hll *h)
{
	buf_put_u32(b, h->half);
	buf_add(b, h->r, sizeof(h->r));
}

bool
hll_unpack(struct buf_reader *r, struct hll *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->half = buf_get_u32(r);
	if (r->bad || r->rest.n < sizeof(ret->r)) {
		r->bad = true;
		return false;
	}
	memcpy(ret->r, r->rest.p, sizeof(ret->r));
	r->rest = str_tail(r->rest, sizeof(ret->r));
	for (int i = 0; i < HLL_REGISTERS; i++)
		r->bad = r->bad || ret->r[0][i] > RANK_MAX ||
		    ret->r[1][i] > RANK_MAX;
	return !r->bad;
}
