/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts of identical lines, by instant and the first half of the line's
 * digest.  Every line makes an entry that is swept two seconds later, so the
 * table is a bare open-addressing one: the digest is its own hash.  Past
 * ORDINALS_MAX only the newest instant is kept.
 */
#include <stdlib.h>

#include "weir/mem.h"
#include "weir/ordinal.h"
#include "weir/usec.h"

#define ORDINALS_MIN	1024
#define ORDINALS_MAX	65536
#define ORDINALS_US	(2 * USEC_PER_SEC)

struct ordinal {
	int64_t		at;
	uint64_t	line;
	uint32_t	count;		/* 0: free */
};

struct ordinals {
	struct ordinal	*v;
	size_t		 n, size;	/* used; a power of two */
	int64_t		 newest, swept;
	bool		 changed;
};

struct ordinals *
ordinals_new(void)
{
	struct ordinals *o = xcalloc(1, sizeof(*o));

	o->size = ORDINALS_MIN;
	o->v = xcalloc(o->size, sizeof(*o->v));
	o->newest = o->swept = INT64_MIN;
	return o;
}

void
ordinals_free(struct ordinals *o)
{
	if (o == NULL)
		return;
	free(o->v);
	free(o);
}

static struct ordinal *
slot_of(struct ordinals *o, int64_t at, uint64_t line)
{
	size_t i = (line ^ (uint64_t)at) & (o->size - 1);

	while (o->v[i].count != 0 &&
	    (o->v[i].line != line || o->v[i].at != at))
		i = (i + 1) & (o->size - 1);
	return &o->v[i];
}

/* Keep what is not before `since`, in a table with room for as much again. */
static void
sweep(struct ordinals *o, int64_t since)
{
	struct ordinal	*v = o->v;
	size_t		 i, size = o->size, kept = 0;

	for (i = 0; i < size; i++)
		kept += v[i].count != 0 && v[i].at >= since;
	for (o->size = ORDINALS_MIN; o->size < 4 * kept; o->size *= 2)
		;
	o->v = xcalloc(o->size, sizeof(*o->v));
	o->n = kept;
	for (i = 0; i < size; i++)
		if (v[i].count != 0 && v[i].at >= since)
			*slot_of(o, v[i].at, v[i].line) = v[i];
	free(v);
}

uint32_t
ordinals_next(struct ordinals *o, int64_t at, const uint8_t digest[16])
{
	struct ordinal	*slot;
	uint64_t	 line;

	memcpy(&line, digest, sizeof(line));
	if (at > o->newest)
		o->newest = at;
	if (o->swept == INT64_MIN || o->newest - o->swept > ORDINALS_US) {
		sweep(o, o->newest - ORDINALS_US);
		o->swept = o->newest;
	} else if (o->n >= ORDINALS_MAX) {
		sweep(o, o->newest);
	} else if (2 * o->n >= o->size) {
		sweep(o, INT64_MIN);
	}
	o->changed = true;
	slot = slot_of(o, at, line);
	if (slot->count == 0) {
		slot->at = at;
		slot->line = line;
		o->n++;
	}
	return slot->count++;
}

bool
ordinals_changed(const struct ordinals *o)
{
	return o->changed;
}

/* All of it, so that the next process sweeps when this one would have. */
void
ordinals_pack(struct ordinals *o, struct buf *b)
{
	size_t i;

	buf_put_u64(b, (uint64_t)o->newest);
	buf_put_u64(b, (uint64_t)o->swept);
	for (i = 0; i < o->size; i++) {
		if (o->v[i].count == 0)
			continue;
		buf_put_u64(b, (uint64_t)o->v[i].at);
		buf_put_u64(b, o->v[i].line);
		buf_put_u32(b, o->v[i].count);
	}
	o->changed = false;
}

bool
ordinals_unpack(struct ordinals *o, struct str blob)
{
	struct buf_reader	 r = { blob, false };
	struct ordinal		 e, *slot;
	int64_t			 newest, swept;

	newest = buf_get_i64(&r);
	swept = buf_get_i64(&r);
	if (r.bad)
		return false;
	o->newest = newest;
	o->swept = swept;
	while (r.rest.n > 0 && o->n < ORDINALS_MAX) {
		memset(&e, 0, sizeof(e));
		e.at = buf_get_i64(&r);
		e.line = buf_get_u64(&r);
		e.count = buf_get_u32(&r);
		if (r.bad || e.count == 0)
			return false;
		if (2 * o->n >= o->size)
			sweep(o, INT64_MIN);
		slot = slot_of(o, e.at, e.line);
		o->n += slot->count == 0;
		*slot = e;
	}
	return true;
}
