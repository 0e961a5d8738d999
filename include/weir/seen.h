/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Was this pair seen before?  A memory of fixed size that forgets: two Bloom
 * filters, the newer of which takes what is told; what is found in the older
 * one moves over.  After `span_us`, or when it is full, the newer becomes the
 * older and that is forgotten.  So a pair is remembered for one to two spans
 * after it was told last.
 *
 * It takes a new pair for a known one less often than once in a hundred: with
 * twelve bits and five hashes a pair (Bloom 1970) once in 217 when a filter is
 * full, once in 109 when both are.  It may take a known one for new when more
 * pairs came in a span than it holds.
 */
#ifndef WEIR_SEEN_H
#define WEIR_SEEN_H

#include "weir/buf.h"
#include "weir/usec.h"

struct seen;

/* It begins small and grows up to so many bytes in all. */
struct seen	*seen_new(size_t max_bytes, int64_t span_us);
void		 seen_free(struct seen *s);
/* True: not seen before.  Either way it is now. */
bool		 seen_first(struct seen *s, uint64_t pair, int64_t at);
size_t		 seen_bytes(const struct seen *s);
/* How often it was full before its time. */
uint64_t	 seen_early(const struct seen *s);
void		 seen_pack(struct buf *b, const struct seen *s);
bool		 seen_unpack(struct buf_reader *r, struct seen *s);

#endif
