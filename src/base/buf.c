/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growing buffers and the packed values in them: a u32 and a u64 little-endian,
 * a string as u32 (its length plus one, or 0 for "not known") and its bytes.
 */
#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/buf.h"
#include "weir/mem.h"

void
buf_done(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}

void
buf_clear(struct buf *b)
{
	b->n = 0;
}

void
buf_reserve(struct buf *b, size_t n)
{
	size_t cap = b->cap;

	assert(n <= SIZE_MAX / 2 - b->n);
	if (b->cap - b->n >= n)
		return;
	if (cap == 0)
		cap = 64;
	while (cap - b->n < n)
		cap *= 2;
	b->p = xreallocarray(b->p, cap, 1);
	b->cap = cap;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	buf_reserve(b, n);
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

void
buf_add_str(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.n);
}

void
buf_add_char(struct buf *b, char c)
{
	buf_reserve(b, 1);
	b->p[b->n++] = c;
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	/* Once for the length, mostly into room that is there. */
	buf_reserve(b, 64);
	va_start(ap, fmt);
	n = vsnprintf(b->p + b->n, b->cap - b->n, fmt, ap);
	va_end(ap);
	assert(n >= 0);
	if ((size_t)n >= b->cap - b->n) {
		buf_reserve(b, (size_t)n + 1);
		va_start(ap, fmt);
		vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	b->n += (size_t)n;
}

const char *
buf_cstr(struct buf *b)
{
	buf_reserve(b, 1);
	b->p[b->n] = '\0';
	return b->p;
}

static void
put_le(struct buf *b, uint64_t v, size_t n)
{
	buf_reserve(b, n);
	for (size_t i = 0; i < n; i++)
		b->p[b->n++] = (char)(v >> (8 * i) & 0xff);
}

void
buf_put_u8(struct buf *b, uint8_t v)
{
	put_le(b, v, 1);
}

void
buf_put_u32(struct buf *b, uint32_t v)
{
	put_le(b, v, 4);
}

void
buf_put_u64(struct buf *b, uint64_t v)
{
	put_le(b, v, 8);
}

void
buf_put_count(struct buf *b, uint64_t v)
{
	for (; v > 0x7f; v >>= 7)
		buf_add_char(b, (char)(v | 0x80));
	buf_add_char(b, (char)v);
}

void
buf_put_f32(struct buf *b, float v)
{
	uint32_t bits;

	memcpy(&bits, &v, sizeof(bits));
	buf_put_u32(b, bits);
}

/* Pairs: how many zeros, how many bytes that follow as they are. */
void
buf_put_sparse(struct buf *b, const uint8_t *p, size_t n)
{
	size_t i = 0, zeros, run;

	while (i < n) {
		for (zeros = 0; i + zeros < n && p[i + zeros] == 0; zeros++)
			;
		i += zeros;
		for (run = 0; i + run < n && (p[i + run] != 0 ||
		    (i + run + 1 < n && p[i + run + 1] != 0)); run++)
			;
		buf_put_count(b, zeros);
		buf_put_count(b, run);
		buf_add(b, p + i, run);
		i += run;
	}
}

void
buf_put_str(struct buf *b, struct str s)
{
	assert(s.n < UINT32_MAX);
	buf_put_u32(b, str_known(s) ? (uint32_t)s.n + 1 : 0);
	buf_add_str(b, s);
}

/* The next n bytes; a reader that went bad stays so. */
static struct str
take(struct buf_reader *r, size_t n)
{
	struct str s;

	if (r->bad || r->rest.n < n) {
		r->bad = true;
		return STR_NONE;
	}
	s = str_head(r->rest, n);
	r->rest = str_tail(r->rest, n);
	return s;
}

static uint64_t
get_le(struct buf_reader *r, size_t n)
{
	struct str s = take(r, n);
	uint64_t v = 0;

	for (size_t i = s.n; i-- > 0; )
		v = v << 8 | (unsigned char)s.p[i];
	return v;
}

uint8_t
buf_get_u8(struct buf_reader *r)
{
	return (uint8_t)get_le(r, 1);
}

uint32_t
buf_get_u32(struct buf_reader *r)
{
	return (uint32_t)get_le(r, 4);
}

uint64_t
buf_get_u64(struct buf_reader *r)
{
	return get_le(r, 8);
}

uint64_t
buf_get_count(struct buf_reader *r)
{
	uint64_t v = 0;
	uint8_t byte;

	for (int shift = 0; shift < 64; shift += 7) {
		byte = buf_get_u8(r);
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return v;
	}
	r->bad = true;
	return 0;
}

void
buf_get_sparse(struct buf_reader *r, uint8_t *ret, size_t n)
{
	uint64_t zeros, run;

	while (n > 0 && !r->bad) {
		zeros = buf_get_count(r);
		run = buf_get_count(r);
		if (zeros > n || run > n - zeros || run > r->rest.n ||
		    zeros + run == 0) {
			r->bad = true;
			return;
		}
		memset(ret, 0, zeros);
		if (run > 0)
			memcpy(ret + zeros, r->rest.p, run);
		r->rest = str_tail(r->rest, run);
		ret += zeros + run;
		n -= zeros + run;
	}
}

float
buf_get_f32(struct buf_reader *r)
{
	uint32_t bits = buf_get_u32(r);
	float v;

	memcpy(&v, &bits, sizeof(v));
	if (isfinite(v))
		return v;
	r->bad = true;
	return 0;
}

int64_t
buf_get_i64(struct buf_reader *r)
{
	const int64_t most = INT64_C(1) << 61;
	int64_t v = (int64_t)get_le(r, 8);

	if (v == INT64_MIN || (v >= -most && v <= most))
		return v;
	r->bad = true;
	return 0;
}

struct str
buf_get_str(struct buf_reader *r)
{
	uint32_t n = buf_get_u32(r);

	return n == 0 ? STR_NONE : take(r, n - 1);
}
