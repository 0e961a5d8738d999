/* SPDX-License-Identifier: Apache-2.0 */
/* See seen.h. */
#include "weir/seen.h"

#include <stdlib.h>

#include "weir/mem.h"

#define HASHES		5
#define BITS_PER_PAIR	12
#define LEAST_BYTES	(64 * 1024)

struct filter {
	uint8_t		*bits;
	size_t		 bytes;		/* a power of two */
	uint64_t	 n;		/* pairs in it */
};

struct seen {
	struct filter	 newer, older;
	size_t		 max_bytes;	/* of each */
	int64_t		 span_us;
	int64_t		 began;		/* the newer one */
	uint64_t	 early;
};

static void
filter_init(struct filter *f, size_t bytes)
{
	*f = (struct filter){ xcalloc(1, bytes), bytes, 0 };
}

struct seen *
seen_new(size_t max_bytes, int64_t span_us)
{
	struct seen	*s = xcalloc(1, sizeof(*s));

	for (s->max_bytes = LEAST_BYTES; 4 * s->max_bytes <= max_bytes; )
		s->max_bytes *= 2;
	s->span_us = span_us;
	filter_init(&s->newer, LEAST_BYTES);
	filter_init(&s->older, LEAST_BYTES);
	return s;
}

void
seen_free(struct seen *s)
{
	if (s == NULL)
		return;
	free(s->newer.bits);
	free(s->older.bits);
	free(s);
}

/* Two halves of the hash make all of them (Kirsch and Mitzenmacher 2006). */
static bool
filter_test(struct filter *f, uint64_t pair, bool put)
{
	uint64_t	step = pair >> 32 | 1, mask = f->bytes * 8 - 1;
	bool		all = true;

	for (int i = 0; i < HASHES; i++, pair += step) {
		uint64_t	bit = pair & mask;
		uint8_t		one = (uint8_t)(1u << (bit & 7));

		all = all && (f->bits[bit >> 3] & one);
		if (!all && !put)
			return false;
		if (put)
			f->bits[bit >> 3] |= one;
	}
	return all;
}

/*
 * The next one has twice the room that this one needed; after one that was
 * full before its time, all there is: to grow step by step would forget at
 * each step.
 */
static void
turn(struct seen *s, bool full, int64_t at)
{
	size_t	bytes = full ? s->max_bytes : LEAST_BYTES;

	while (bytes < s->max_bytes &&
	    bytes * 8 < 2 * BITS_PER_PAIR * s->newer.n)
		bytes *= 2;
	free(s->older.bits);
	s->older = s->newer;
	filter_init(&s->newer, bytes);
	s->began = at;
}

bool
seen_first(struct seen *s, uint64_t pair, int64_t at)
{
	if (s->began == 0)
		s->began = at;
	if (at - s->began >= s->span_us) {
		turn(s, false, at);
	} else if (s->newer.n * BITS_PER_PAIR > s->newer.bytes * 8) {
		s->early += s->newer.bytes == s->max_bytes;
		turn(s, true, at);
	}
	if (filter_test(&s->newer, pair, true))
		return false;
	s->newer.n++;
	return !filter_test(&s->older, pair, false);
}

size_t
seen_bytes(const struct seen *s)
{
	return s->newer.bytes + s->older.bytes;
}

uint64_t
seen_early(const struct seen *s)
{
	return s->early;
}

static void
filter_pack(struct buf *b, const struct filter *f)
{
	buf_put_u64(b, f->bytes);
	buf_put_u64(b, f->n);
	buf_put_sparse(b, f->bits, f->bytes);
}

static bool
filter_unpack(struct buf_reader *r, struct filter *ret, size_t max)
{
	uint64_t	bytes = buf_get_u64(r), n = buf_get_u64(r);

	if (r->bad || bytes < LEAST_BYTES || bytes > max ||
	    (bytes & (bytes - 1)) != 0)
		return false;
	filter_init(ret, bytes);
	ret->n = n;
	buf_get_sparse(r, ret->bits, bytes);
	return !r->bad;
}

void
seen_pack(struct buf *b, const struct seen *s)
{
	buf_put_u64(b, (uint64_t)s->began);
	filter_pack(b, &s->newer);
	filter_pack(b, &s->older);
}

bool
seen_unpack(struct buf_reader *r, struct seen *s)
{
	struct filter	newer = { 0 }, older = { 0 };
	int64_t		began = buf_get_i64(r);

	if (began < 0 || !filter_unpack(r, &newer, s->max_bytes) ||
	    !filter_unpack(r, &older, s->max_bytes)) {
		free(newer.bits);
		free(older.bits);
		r->bad = true;
		return false;
	}
	free(s->newer.bits);
	free(s->older.bits);
	s->newer = newer;
	s->older = older;
	s->began = began;
	return true;
}
