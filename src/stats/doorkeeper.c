/* SPDX-License-Identifier: Apache-2.0 */
/* See doorkeeper.h. */
#include "doorkeeper.h"

#include <stdlib.h>

#include "weir/baseline.h"
#include "weir/mem.h"

#define ROWS	4
#define LEAST_WIDTH	(1u << 12)
#define MOST_WIDTH	(1u << 18)

void
doorkeeper_init(struct doorkeeper *d, size_t max_bytes)
{
	*d = (struct doorkeeper){ .width = LEAST_WIDTH };
	while (d->width < MOST_WIDTH && 2 * ROWS * d->width <= max_bytes)
		d->width *= 2;
	d->n = xcalloc(ROWS, d->width);
}

size_t
doorkeeper_bytes(const struct doorkeeper *d)
{
	return (size_t)ROWS * d->width;
}

void
doorkeeper_done(struct doorkeeper *d)
{
	free(d->n);
}

static void
halve(struct doorkeeper *d, uint32_t times)
{
	uint64_t	eight, mask;

	times = times < 8 ? times : 8;
	/* Eight counters at a time; what one lost goes not to the next. */
	mask = UINT64_C(0x0101010101010101) * (0xffu >> times);
	for (size_t i = 0; i < doorkeeper_bytes(d); i += sizeof(eight)) {
		memcpy(&eight, d->n + i, sizeof(eight));
		eight = eight >> times & mask;
		memcpy(d->n + i, &eight, sizeof(eight));
	}
	d->added = 0;
}

uint32_t
doorkeeper_add(struct doorkeeper *d, uint64_t id, uint32_t n, int64_t at)
{
	uint32_t	hour = baseline_hour(at), least = 255;
	uint8_t		*cell[ROWS];

	if (hour > d->hour) {
		halve(d, hour - d->hour);
		d->hour = hour;
	} else if (d->added > d->width) {
		halve(d, 1);
	}
	for (int i = 0; i < ROWS; i++) {
		uint64_t	h = id * (2 * (uint64_t)i + 0x9e3779b97f4a7c15);

		cell[i] = &d->n[(size_t)i * d->width +
		    ((h >> 40) & (d->width - 1))];
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
	buf_put_sparse(b, d->n, doorkeeper_bytes(d));
}

bool
doorkeeper_unpack(struct buf_reader *r, struct doorkeeper *d)
{
	d->hour = buf_get_u32(r);
	d->added = buf_get_u32(r);
	buf_get_sparse(r, d->n, doorkeeper_bytes(d));
	return !r->bad;
}
