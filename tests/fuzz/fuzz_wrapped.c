/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log whose lines come wrapped, read whole and in pieces of a length that
 * the first byte says, gives the same lines; and what is gone past of an entry
 * ends where the entry ends, however it is cut.
 *
 * Covers: src/source/wrapped.c src/format/jsonlog.c src/format/journalfmt.c
 */
#include <assert.h>
#include <stdlib.h>

#include "weir/buf.h"
#include "weir/mem.h"

#include "../../src/source/wrapped.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
cut(struct str in, size_t piece, struct buf *ret, struct batch_counts *counts)
{
	struct cutter c = { .syslog = { .zone = &zone_utc,
	    .until = INT64_C(1795000000) * USEC_PER_SEC } };
	struct batch *b = batch_new();
	size_t at = 0, end = 0, used, i;
	bool full = false;

	str_copy(STR("here"), b->stream.host, sizeof(b->stream.host));
	do {
		if (!full)
			end = in.n - end < piece ? in.n : end + piece;
		b->n = end - at;
		memcpy(b->bytes, in.p + at, b->n);
		used = batch_cut(b, &c, end == in.n, &full);
		assert(used <= b->n);
		assert(end < in.n || full || used == b->n);
		at += used;
		for (i = 0; i < b->nlines; i++) {
			const struct record *r = &b->lines[i].record;

			assert(r->raw.p >= b->bytes && r->raw.p + r->raw.n <=
			    b->bytes + b->n);
			buf_addf(ret, "%.*s %d\n", STRF(r->raw),
			    (int)r->provenance);
		}
		b->nlines = 0;
	} while (end < in.n || full);
	*counts = b->counts;
	batch_free(b);
}

static void
pass(struct str in, size_t piece)
{
	struct journalfmt_skip whole = { 0 }, k = { 0 };
	bool done = false, whole_done;
	size_t want = journalfmt_skip(&whole, in, &whole_done);
	size_t at = 0, end = 0;

	while (end < in.n && !done) {
		end = in.n - end < piece ? in.n : end + piece;
		at += journalfmt_skip(&k, (struct str){ in.p + at, end - at },
		    &done);
		assert(at <= end);
	}
	/* A name without an end is told by its length, or not yet at all. */
	assert(done == whole_done && (!done || at == want));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = { 0 }, pieces = { 0 };
	struct batch_counts a, b;
	struct str in;
	char *copy;

	if (size < 1 || size > 16384)
		return 0;
	copy = xmemdup(data, size);
	in = (struct str){ copy + 1, size - 1 };
	cut(in, SIZE_MAX, &whole, &a);
	cut(in, (size_t)data[0] + 1, &pieces, &b);
	assert(str_eq(buf_str(&whole), buf_str(&pieces)));
	assert(a.lines == b.lines && a.cut == b.cut && a.bytes == b.bytes);
	pass(in, (size_t)data[0] + 1);
	buf_done(&whole);
	buf_done(&pieces);
	free(copy);
	return 0;
}
