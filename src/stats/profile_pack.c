/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A profile as bytes, for the checkpoint.  Most slices of most windows are
 * empty, so numbers are written in as few bytes as they need.
 */
#include <stdlib.h>

#include "weir/mem.h"
#include "profile_priv.h"

#define PACK_VERSION	1

static int64_t
get_time(struct buf_reader *r)
{
	int64_t	at = buf_get_i64(r);

	r->bad = r->bad || at < 0;
	return r->bad ? 0 : at;
}

static void
pack_window(struct buf *b, const struct window *w)
{
	unsigned	full = 0;

	for (int i = 0; i < WINDOW_SLICES; i++)
		full |= (unsigned)(w->n[i] > 0) << i;
	buf_put_count(b, full);
	if (full == 0)
		return;
	buf_put_count(b, w->slice);
	for (int i = 0; i < WINDOW_SLICES; i++)
		if (full >> i & 1)
			buf_put_count(b, w->n[i]);
}

static void
unpack_window(struct buf_reader *r, struct window *w)
{
	uint64_t	full = buf_get_count(r), n, sum = 0;

	if (full == 0)
		return;
	w->slice = (uint32_t)buf_get_count(r);
	for (int i = 0; i < WINDOW_SLICES; i++) {
		if (!(full >> i & 1))
			continue;
		n = buf_get_count(r);
		sum += n;
		w->n[i] = (uint32_t)n;
		if (n > UINT32_MAX || sum > UINT32_MAX)
			r->bad = true;
	}
	w->sum = (uint32_t)sum;
}

static void
pack_series(struct buf *b, const void *row)
{
	const struct series	*s = row;

	buf_put_u64(b, s->id);
	buf_put_u8(b, s->tally);
	buf_put_u8(b, s->type);
	buf_put_u8(b, s->use);
	buf_put_u8(b, s->tame);
	buf_put_u64(b, (uint64_t)s->alarmed);
	buf_put_f32(b, s->base.events);
	buf_put_f32(b, s->base.hours);
	buf_put_count(b, s->base.hour);
	buf_put_count(b, s->base.n[0]);
	buf_put_count(b, s->base.n[1]);
	for (int w = 0; w < WINDOW_SPAN_COUNT; w++) {
		pack_window(b, &s->windows[w]);
		buf_put_count(b, s->tested[w]);
		buf_put_count(b, s->peak_hour[w]);
		if (s->peak_hour[w] == 0)
			continue;
		buf_put_f32(b, s->peak[w]);
		buf_put_f32(b, s->most[w]);
		buf_put_f32(b, s->record[w]);
	}
}

static bool
unpack_series(struct buf_reader *r, struct slab *slab)
{
	struct series	 s = { 0 }, *row;

	s.id = buf_get_u64(r);
	s.tally = buf_get_u8(r);
	s.type = buf_get_u8(r);
	s.use = buf_get_u8(r);
	s.tame = buf_get_u8(r) != 0;
	s.alarmed = get_time(r);
	s.base.events = buf_get_f32(r);
	s.base.hours = buf_get_f32(r);
	s.base.hour = (uint32_t)buf_get_count(r);
	s.base.n[0] = (uint32_t)buf_get_count(r);
	s.base.n[1] = (uint32_t)buf_get_count(r);
	for (int w = 0; w < WINDOW_SPAN_COUNT; w++) {
		unpack_window(r, &s.windows[w]);
		s.tested[w] = (uint32_t)buf_get_count(r);
		s.peak_hour[w] = (uint32_t)buf_get_count(r);
		if (s.peak_hour[w] == 0)
			continue;
		s.peak[w] = buf_get_f32(r);
		s.most[w] = buf_get_f32(r);
		s.record[w] = buf_get_f32(r);
	}
	if (r->bad || s.base.events < 0 || s.base.hours < 0 ||
	    s.tally >= TALLY_COUNT || s.type >= KEY_TYPE_COUNT ||
	    slab_find(slab, s.id) != NULL)
		return false;
	row = slab_add(slab, s.id);
	*row = s;
	return true;
}

static void
pack_actor(struct buf *b, const void *row)
{
	const struct actor	*a = row;
	size_t			 n = a->nets == NULL ? 0 : a->nets->n;

	buf_put_u64(b, a->id);
	buf_put_u8(b, a->type);
	buf_put_u8(b, a->use);
	buf_put_u8(b, (uint8_t)(a->proven | (a->nets != NULL) << 1 |
	    (a->recipients != NULL) << 2));
	buf_put_u64(b, (uint64_t)a->alarmed);
	for (int i = 0; i < EVIDENCE_COUNT; i++) {
		buf_put_u64(b, (uint64_t)a->evidence_at[i]);
		if (a->evidence_at[i] != 0)
			buf_put_f32(b, a->evidence[i]);
	}
	if (a->nets != NULL) {
		buf_put_count(b, n);
		for (size_t i = 0; i < n; i++) {
			buf_put_u32(b, a->nets->net[i].id);
			buf_put_count(b, a->nets->net[i].first);
			buf_put_count(b, a->nets->net[i].last);
		}
	}
	if (a->recipients != NULL)
		hll_pack(b, a->recipients);
}

static struct nets *
unpack_nets(struct buf_reader *r)
{
	struct nets	*nets = xcalloc(1, sizeof(*nets));
	uint64_t	 n = buf_get_count(r);

	if (n > PROFILE_NETS)
		r->bad = true;
	for (; nets->n < n && !r->bad; nets->n++) {
		struct net	*net = &nets->net[nets->n];

		net->id = buf_get_u32(r);
		net->first = (uint32_t)buf_get_count(r);
		net->last = (uint32_t)buf_get_count(r);
	}
	return nets;
}

static bool
unpack_actor(struct buf_reader *r, struct slab *slab)
{
	struct actor	 a = { 0 }, *row;
	uint8_t		 flags;

	a.id = buf_get_u64(r);
	a.type = buf_get_u8(r);
	a.use = buf_get_u8(r);
	flags = buf_get_u8(r);
	a.proven = flags & 1;
	a.alarmed = get_time(r);
	for (int i = 0; i < EVIDENCE_COUNT; i++) {
		a.evidence_at[i] = get_time(r);
		if (a.evidence_at[i] != 0)
			a.evidence[i] = buf_get_f32(r);
	}
	if (r->bad || a.type >= KEY_TYPE_COUNT ||
	    slab_find(slab, a.id) != NULL)
		return false;
	row = slab_add(slab, a.id);
	*row = a;
	if (flags >> 1 & 1)
		row->nets = unpack_nets(r);
	if (flags >> 2 & 1) {
		row->recipients = xcalloc(1, sizeof(*row->recipients));
		(void)hll_unpack(r, row->recipients);
	}
	slab->outside += profile_outside(row);
	return !r->bad;
}

static void
pack_top(struct buf *b, const void *row)
{
	const struct top	*top = row;

	buf_put_u64(b, top->id);
	buf_put_u8(b, top->use);
	topk_pack(b, &top->topk);
}

static bool
unpack_top(struct buf_reader *r, struct slab *slab)
{
	uint64_t	 id = buf_get_u64(r);
	uint8_t		 use = buf_get_u8(r);
	struct top	*top;

	if (r->bad || slab_find(slab, id) != NULL)
		return false;
	top = slab_add(slab, id);
	top->use = use;
	return topk_unpack(r, &top->topk);
}

static void
pack_slab(struct buf *b, const struct slab *s,
    void (*pack)(struct buf *b, const void *row))
{
	buf_put_u64(b, s->n);
	buf_put_u64(b, s->hand);
	for (size_t i = 0; i < s->n; i++)
		pack(b, slab_row(s, i));
}

static bool
unpack_slab(struct buf_reader *r, struct slab *s,
    bool (*unpack)(struct buf_reader *r, struct slab *s))
{
	uint64_t	n = buf_get_u64(r), hand = buf_get_u64(r);

	if (n > s->cap || hand > n)
		return false;
	while (n-- > 0)
		if (!unpack(r, s))
			return false;
	s->hand = hand;
	return true;
}

void
profile_pack(struct buf *b, const struct profile *p)
{
	buf_put_u8(b, PACK_VERSION);
	buf_put_u64(b, p->cap_bytes);
	buf_put_u64(b, (uint64_t)p->began);
	season_pack(b, &p->season);
	for (int i = 0; i < 2; i++) {
		pack_slab(b, &p->series[i], pack_series);
		pack_slab(b, &p->actors[i], pack_actor);
		seen_pack(b, p->seen[i]);
	}
	pack_slab(b, &p->tops, pack_top);
	doorkeeper_pack(b, &p->door);
}

bool
profile_unpack(struct buf_reader *r, struct profile *p)
{
	double	half_life = p->season.half_life;

	/* Another cap, another table: it is learnt anew. */
	if (buf_get_u8(r) != PACK_VERSION || buf_get_u64(r) != p->cap_bytes)
		return false;
	p->began = get_time(r);
	if (!season_unpack(r, &p->season))
		return false;
	p->season.half_life = half_life;
	for (int i = 0; i < 2; i++)
		if (!unpack_slab(r, &p->series[i], unpack_series) ||
		    !unpack_slab(r, &p->actors[i], unpack_actor) ||
		    !seen_unpack(r, p->seen[i]))
			return false;
	return unpack_slab(r, &p->tops, unpack_top) &&
	    doorkeeper_unpack(r, &p->door);
}
