/* SPDX-License-Identifier: Apache-2.0 */
/* See doorkeeper.h. */
#include "doorkeeper.h"

#include <stdlib.h>

#include "weir/mem.h"

#define ROWS	4

void
doorkeeper_init(struct doorkeeper *d)
{
	*d = (struct doorkeeper){ xcalloc(ROWS, DOORKEEPER_WIDTH), 0, 0 };
}

void
doorkeeper_done(struct doorkeeper *d)
{
	free(d->n);
}

static void
halve(struct doorkeeper *d)
{
	for (size_t i = 0; i < (size_t)ROWS * DOORKEEPER_WIDTH; i++)
		d->n[i] /= 2;
	d->added = 0;
}

uint32_t
doorkeeper_add(struct doorkeeper *d, uint64_t id, uint32_t n, int64_t at)
{
	uint32_t	hour = (uint32_t)(at / USEC_PER_HOUR), least = 255;
	uint8_t		*cell[ROWS];

	if (hour > d->hour || d->added > DOORKEEPER_WIDTH) {
		halve(d);
		d->hour = hour > d->hour ? hour : d->hour;
	}
	for (int i = 0; i < ROWS; i++) {
		uint64_t	h = id * (2 * (uint64_t)i + 0x9e3779b97f4a7c15);

		cell[i] = &d->n[(size_t)i * DOORKEEPER_WIDTH +
		    (h >> 40) % DOORKEEPER_WIDTH];
		if (*cell[i] < least)
			least = *cell[i];
	}
	d->added += least == 0;
	least = n > 255 - least ? 255 : least + n;
	for (int i = 0; i < ROWS; i++)
		if (*cell[i] < least)
			*cell[i] = (uint8_t)least;
	return least;
}

void
doorkeeper_pack(struct buf *b, const struct doorkeeper *d)
{
	buf_put_u32(b, d->hour);
	buf_put_u32(b, d->added);
	buf_put_sparse(b, d->n, (size_t)ROWS * DOORKEEPER_WIDTH);
}

bool
doorkeeper_unpack(struct buf_reader *r, struct doorkeeper *d)
{
	d->hour = buf_get_u32(r);
	d->added = buf_get_u32(r);
	buf_get_sparse(r, d->n, (size_t)ROWS * DOORKEEPER_WIDTH);
	return !r->bad;
}
