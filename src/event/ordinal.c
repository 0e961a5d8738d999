/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts of identical lines, by instant and a 64-bit hash of the line.  Most
 * instants hold one of each, so an entry is made for every line but thrown
 * away two seconds later; past ORDINALS_MAX the oldest instants go first.
 */
#include <stdlib.h>

#include "weir/map.h"
#include "weir/mem.h"
#include "weir/ordinal.h"
#include "weir/usec.h"

#define ORDINALS_MAX	65536
#define ORDINALS_US	(2 * USEC_PER_SEC)

struct ordinal {
	int64_t		at;
	uint64_t	line;
	uint32_t	count;
};

struct ordinals {
	struct map	*counts;	/* key: at, line; value: index + 1 */
	struct ordinal	*v;
	size_t		 n, cap;
	int64_t		 newest, swept;
	bool		 changed;
};

struct ordinals *
ordinals_new(void)
{
	struct ordinals *o = xcalloc(1, sizeof(*o));

	o->counts = map_new(HASH_KEY_FIXED);
	o->newest = o->swept = INT64_MIN;
	return o;
}

void
ordinals_free(struct ordinals *o)
{
	if (o == NULL)
		return;
	map_free(o->counts, NULL);
	free(o->v);
	free(o);
}

static void
add(struct ordinals *o, struct ordinal e)
{
	if (o->n == o->cap) {
		o->cap = o->cap == 0 ? 256 : 2 * o->cap;
		o->v = xreallocarray(o->v, o->cap, sizeof(*o->v));
	}
	o->v[o->n++] = e;
	(void)map_put(o->counts, (struct str){ (const char *)&e, 16 },
	    (void *)(uintptr_t)o->n);
}

/* Keep what is younger than `since`. */
static void
sweep(struct ordinals *o, int64_t since)
{
	struct ordinal	*v = o->v;
	size_t		 i, n = o->n;

	map_free(o->counts, NULL);
	o->counts = map_new(HASH_KEY_FIXED);
	o->v = NULL;
	o->n = o->cap = 0;
	for (i = 0; i < n; i++)
		if (v[i].at >= since)
			add(o, v[i]);
	free(v);
}

uint32_t
ordinals_next(struct ordinals *o, const struct record *r)
{
	struct ordinal	 e;
	uint8_t		 id[EVENT_ID_SIZE];
	uintptr_t	 i;

	/* The id's recipe is the one definition of "identical". */
	memset(&e, 0, sizeof(e));
	event_make_id(r->at, EVENT_NOTICE, r, 0, id);
	memcpy(&e.line, id + EVENT_ID_SIZE - sizeof(e.line), sizeof(e.line));
	e.at = r->at;
	if (e.at > o->newest)
		o->newest = e.at;
	if (o->swept == INT64_MIN || o->newest - o->swept > ORDINALS_US) {
		sweep(o, o->newest - ORDINALS_US);
		o->swept = o->newest;
	} else if (o->n >= ORDINALS_MAX) {
		sweep(o, o->newest);
	}
	o->changed = true;
	i = (uintptr_t)map_get(o->counts,
	    (struct str){ (const char *)&e, 16 });
	if (i > 0)
		return ++o->v[i - 1].count;
	add(o, e);
	return 0;
}

bool
ordinals_changed(const struct ordinals *o)
{
	return o->changed;
}

void
ordinals_pack(struct ordinals *o, struct buf *b)
{
	size_t i;

	sweep(o, o->newest - ORDINALS_US);
	for (i = 0; i < o->n; i++) {
		buf_put_u64(b, (uint64_t)o->v[i].at);
		buf_put_u64(b, o->v[i].line);
		buf_put_u32(b, o->v[i].count);
	}
	o->changed = false;
}

bool
ordinals_unpack(struct ordinals *o, struct str blob)
{
	struct buf_reader	r = { blob, false };
	struct ordinal		e;

	while (r.rest.n > 0 && o->n < ORDINALS_MAX) {
		memset(&e, 0, sizeof(e));
		e.at = (int64_t)buf_get_u64(&r);
		e.line = buf_get_u64(&r);
		e.count = buf_get_u32(&r);
		if (r.bad)
			return false;
		if (e.at > o->newest)
			o->newest = o->swept = e.at;
		add(o, e);
	}
	return true;
}
