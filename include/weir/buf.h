/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer.  {0} is an empty one; buf_done frees it. */
#ifndef WEIR_BUF_H
#define WEIR_BUF_H

#include <stdint.h>

#include "weir/str.h"

struct buf {
	char	*p;
	size_t	 n, cap;
};

void	buf_done(struct buf *b);
/* Forget the content, keep the memory. */
void	buf_clear(struct buf *b);
/* Room for n more bytes behind the content. */
void	buf_reserve(struct buf *b, size_t n);
void	buf_add(struct buf *b, const void *p, size_t n);
void	buf_add_str(struct buf *b, struct str s);
void	buf_add_char(struct buf *b, char c);
void	buf_addf(struct buf *b, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* The content with a NUL behind it that is not counted. */
const char	*buf_cstr(struct buf *b);

static inline struct str
buf_str(const struct buf *b)
{
	return (struct str){ b->p == NULL ? "" : b->p, b->n };
}

/*
 * Packed values, little-endian, for blobs that only weir reads.  A reader
 * never runs over the end: it turns `bad` and gives zeros.
 */
void	buf_put_u8(struct buf *b, uint8_t v);
void	buf_put_u32(struct buf *b, uint32_t v);
void	buf_put_u64(struct buf *b, uint64_t v);
/* Small numbers in few bytes: seven bits in each, low ones first (LEB128). */
void	buf_put_count(struct buf *b, uint64_t v);
void	buf_put_f32(struct buf *b, float v);
/* Bytes of which most are zero; the reader knows how many. */
void	buf_put_sparse(struct buf *b, const uint8_t *p, size_t n);
/* Keeps unknown and empty apart. */
void	buf_put_str(struct buf *b, struct str s);

struct buf_reader {
	struct str	rest;
	bool		bad;
};

uint8_t		buf_get_u8(struct buf_reader *r);
uint32_t	buf_get_u32(struct buf_reader *r);
uint64_t	buf_get_u64(struct buf_reader *r);
uint64_t	buf_get_count(struct buf_reader *r);
/* What is not finite is damage. */
float		buf_get_f32(struct buf_reader *r);
void		buf_get_sparse(struct buf_reader *r, uint8_t *ret, size_t n);
/*
 * A time or a count.  What is beyond two to the power of 61 is damage and makes
 * the reader bad, INT64_MIN ("none yet") apart: so sums of two are defined.
 */
int64_t		buf_get_i64(struct buf_reader *r);
/* Borrowed from the blob. */
struct str	buf_get_str(struct buf_reader *r);

#endif
