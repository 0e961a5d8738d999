/* SPDX-License-Identifier: Apache-2.0 */
/* See topk.h. */
#include "weir/topk.h"

static void
turn(struct topk *t, uint32_t half)
{
	if (half <= t->half)
		return;
	if (half - t->half == 1)
		t->halves[1] = t->halves[0];
	else
		memset(&t->halves[1], 0, sizeof(t->halves[1]));
	memset(&t->halves[0], 0, sizeof(t->halves[0]));
	t->half = half;
}

static uint32_t
sum(uint32_t a, uint32_t b)
{
	return b > UINT32_MAX - a ? UINT32_MAX : a + b;
}

/* Where the key is, or TOPK_COUNTERS. */
static uint32_t
find(const struct topk_half *h, uint64_t hash)
{
	uint32_t	i;

	for (i = 0; i < h->used && h->hash[i] != hash; i++)
		;
	return i < h->used ? i : TOPK_COUNTERS;
}

/* A free counter, or the least one with its count. */
static uint32_t
take(struct topk_half *h, const struct key *k)
{
	uint32_t	least = 0;

	if (h->used < TOPK_COUNTERS) {
		least = h->used++;
		h->counters[least] = (struct topk_counter){ 0 };
	} else {
		for (uint32_t i = 1; i < TOPK_COUNTERS; i++)
			if (h->counters[i].n < h->counters[least].n)
				least = i;
	}
	h->hash[least] = k->hash;
	h->counters[least].over = h->counters[least].n;
	h->counters[least].type = (uint8_t)k->type;
	str_copy(key_cut(k->text, TOPK_TEXT_MAX - 1),
	    h->counters[least].text, TOPK_TEXT_MAX);
	return least;
}

void
topk_add(struct topk *t, uint32_t half, const struct key *const *keys,
    size_t nkeys, uint32_t n)
{
	struct topk_half	*h;
	uint32_t		 i;

	turn(t, half);
	if (t->half - half > 1)
		return;
	h = &t->halves[t->half - half];
	h->total = sum(h->total, n);
	for (size_t k = 0; k < nkeys; k++) {
		i = find(h, keys[k]->hash);
		if (i == TOPK_COUNTERS)
			i = take(h, keys[k]);
		h->counters[i].n = sum(h->counters[i].n, n);
	}
}

/* How many of the halves count when it is that one now. */
static int
count_halves(const struct topk *t, uint32_t half)
{
	uint32_t	ahead = half > t->half ? half - t->half : 0;

	return ahead == 0 ? 2 : ahead == 1;
}

uint64_t
topk_total(const struct topk *t, uint32_t half)
{
	uint64_t	n = 0;
	int		end = count_halves(t, half);

	for (int i = 0; i < end; i++)
		n += t->halves[i].total;
	return n;
}

/* Into its place among the largest. */
static void
insert(struct topk_part *list, size_t *n, size_t max,
    const struct topk_counter *c, uint32_t count)
{
	size_t	at = *n;

	while (at > 0 && list[at - 1].n < count)
		at--;
	if (at == max)
		return;
	if (*n < max)
		(*n)++;
	memmove(&list[at + 1], &list[at], (*n - 1 - at) * sizeof(*list));
	list[at].type = (enum alert_key_type)c->type;
	list[at].n = count;
	memcpy(list[at].text, c->text, sizeof(list[at].text));
}

size_t
topk_list(const struct topk *t, uint32_t half, struct topk_part *ret,
    size_t max)
{
	const struct topk_half	*h;
	uint32_t		 count, other;
	size_t			 n = 0;
	int			 end = count_halves(t, half);

	for (int i = 0; i < end; i++)
		for (uint32_t k = 0; k < t->halves[i].used; k++) {
			h = &t->halves[i];
			count = h->counters[k].n - h->counters[k].over;
			other = end < 2 ? TOPK_COUNTERS :
			    find(&t->halves[!i], h->hash[k]);
			/* What both have is told once, with the first. */
			if (other != TOPK_COUNTERS && i == 1)
				continue;
			if (other != TOPK_COUNTERS)
				count = sum(count,
				    t->halves[!i].counters[other].n -
				    t->halves[!i].counters[other].over);
			if (count > 0)
				insert(ret, &n, max, &h->counters[k], count);
		}
	return n;
}

void
topk_pack(struct buf *b, const struct topk *t)
{
	const struct topk_counter	*c;

	buf_put_u32(b, t->half);
	for (int i = 0; i < 2; i++) {
		buf_put_u32(b, t->halves[i].total);
		buf_put_count(b, t->halves[i].used);
		for (uint32_t k = 0; k < t->halves[i].used; k++) {
			c = &t->halves[i].counters[k];
			buf_put_u64(b, t->halves[i].hash[k]);
			buf_put_count(b, c->n);
			buf_put_count(b, c->over);
			buf_put_u8(b, c->type);
			buf_put_str(b, str_of(c->text));
		}
	}
}

static void
unpack_counter(struct buf_reader *r, struct topk_counter *ret)
{
	uint64_t	n = buf_get_count(r), over = buf_get_count(r);
	struct str	text;

	ret->n = (uint32_t)n;
	ret->over = (uint32_t)over;
	ret->type = buf_get_u8(r);
	text = buf_get_str(r);
	r->bad = r->bad || n > UINT32_MAX || over > n ||
	    ret->type >= KEY_TYPE_COUNT || text.n >= TOPK_TEXT_MAX;
	str_copy(r->bad ? STR_NONE : text, ret->text, TOPK_TEXT_MAX);
}

bool
topk_unpack(struct buf_reader *r, struct topk *ret)
{
	uint64_t	used;

	memset(ret, 0, sizeof(*ret));
	ret->half = buf_get_u32(r);
	for (int i = 0; i < 2 && !r->bad; i++) {
		struct topk_half	*h = &ret->halves[i];

		h->total = buf_get_u32(r);
		used = buf_get_count(r);
		if (used > TOPK_COUNTERS)
			r->bad = true;
		for (; h->used < used && !r->bad; h->used++) {
			h->hash[h->used] = buf_get_u64(r);
			unpack_counter(r, &h->counters[h->used]);
		}
	}
	return !r->bad;
}
