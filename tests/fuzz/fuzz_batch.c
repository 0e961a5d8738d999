/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log cut whole and in pieces gives the same lines.  The first byte says how
 * long the pieces are; 'L' as the second one makes each LF's line longer than
 * a line may be.
 *
 * Covers: src/source/batch.c
 */
#include <assert.h>
#include <stdlib.h>

#include "weir/buf.h"
#include "weir/mem.h"

#include "../../src/source/batch.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
cut(struct str in, size_t piece, struct buf *ret, struct batch_counts *counts)
{
	struct cutter c = { .syslog = { .zone = &zone_utc,
	    .until = INT64_C(1795000000) * USEC_PER_SEC } };
	struct batch *b = batch_new();
	size_t at = 0, end = 0, used, i;
	bool full = false, final;

	do {
		if (!full)
			end = in.n - end < piece ? in.n : end + piece;
		final = end == in.n;
		b->n = end - at < BATCH_BYTES ? end - at : BATCH_BYTES;
		final = final && b->n == end - at;
		memcpy(b->bytes, in.p + at, b->n);
		used = batch_cut(b, &c, final, &full);
		assert(used <= b->n && b->nlines <= BATCH_LINES);
		assert(!final || full || used == b->n);
		at += used;
		assert(b->stream.offset == (int64_t)at);
		for (i = 0; i < b->nlines; i++) {
			assert(b->lines[i].record.raw.p >= b->bytes);
			assert(b->lines[i].record.raw.n <= LINE_MAX_BYTES);
			buf_add_str(ret, b->lines[i].record.raw);
			buf_add_char(ret, '\n');
		}
		b->nlines = 0;
	} while (!final || full);
	*counts = b->counts;
	batch_free(b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf in = { 0 }, whole = { 0 }, pieces = { 0 };
	struct batch_counts a, b;
	char *big;
	size_t i;

	if (size < 2 || size > 16384)
		return 0;
	big = xmalloc(LINE_MAX_BYTES);
	memset(big, 'x', LINE_MAX_BYTES);
	for (i = 2; i < size; i++) {
		if (data[i] == '\n' && data[1] == 'L' &&
		    in.n < 3 * LINE_MAX_BYTES)
			buf_add(&in, big, LINE_MAX_BYTES);
		buf_add_char(&in, (char)data[i]);
	}
	cut(buf_str(&in), SIZE_MAX, &whole, &a);
	cut(buf_str(&in), (size_t)data[0] * (data[1] == 'L' ? 997 : 1) + 1,
	    &pieces, &b);
	assert(str_eq(buf_str(&whole), buf_str(&pieces)));
	assert(a.lines == b.lines && a.bytes == b.bytes && a.cut == b.cut &&
	    a.empty == b.empty && a.no_stamp == b.no_stamp &&
	    a.cleaned == b.cleaned);
	buf_done(&in);
	buf_done(&whole);
	buf_done(&pieces);
	free(big);
	return 0;
}
