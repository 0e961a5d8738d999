/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log cut whole and in pieces gives the same lines.  The first byte says how
 * long the pieces are; the second one is a digit, a sum of
 *	1  each LF's line is longer than a line may be
 *	2  the reader of the pieces is begun anew after each of them
 *	4  a batch of the pieces has room for two more lines
 *
 * Covers: src/source/batch.c
 */
#include <assert.h>
#include <stdlib.h>

#include "weir/buf.h"
#include "weir/mem.h"

#include "../../src/source/batch.h"

#define LONG	1
#define ANEW	2
#define FULL	4

#define UNTIL		INT64_C(1795000000) * USEC_PER_SEC
#define BIG_BYTES	(2 * LINE_MAX_BYTES)

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
add_lines(struct batch *b, size_t first, struct buf *ret)
{
	const struct record *r;
	size_t i;

	for (i = first; i < b->nlines; i++) {
		r = &b->lines[i].record;
		assert(r->raw.p >= b->bytes);
		assert(r->raw.n <= LINE_MAX_BYTES);
		assert(r->provenance == PROVENANCE_LOG);
		buf_addf(ret, "%d %lld %.*s ", (int)b->lines[i].line.kind,
		    (long long)r->at, STRF(r->host));
		buf_add_str(ret, r->raw);
		buf_add_char(ret, '\n');
	}
	b->nlines = first;
}

/* The first one stays, unless a loss comes after it. */
static void
notice(struct batch *b, size_t at)
{
	batch_notice(b, "", "read up to %zu", at);
	if (b->counts.lost > 0)
		batch_notice(b, "data_loss", "lost at %zu", at);
	assert((b->notice_kind[0] != '\0') == (b->counts.lost > 0));
	assert(b->notice[0] == (b->counts.lost > 0 ? 'l' : 'r'));
}

/* As after a restart; between two lines only, that is where it is done. */
static void
begin_anew(struct cutter *c, const struct batch *b)
{
	const struct streams none = { 0 };
	struct cleared cleared = c->cleared;

	if (c->skipping)
		return;
	batch_resume(c, &none, &b->stream, NULL);
	c->syslog.until = UNTIL;
	c->cleared = cleared;
}

static void
cut(struct str in, size_t piece, unsigned how, struct buf *ret,
    struct batch_counts *counts)
{
	struct cutter c = { .syslog = { .zone = &zone_utc, .until = UNTIL } };
	struct batch *b = batch_new();
	size_t at = 0, end = 0, used, first = 0;
	bool full = false, final;

	if (how & FULL) {
		b->lines_cap = BATCH_LINES;
		b->lines = xcalloc(BATCH_LINES, sizeof(*b->lines));
		b->nlines = first = BATCH_LINES - 2;
	}
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
		add_lines(b, first, ret);
		notice(b, at);
		if (how & ANEW)
			begin_anew(&c, b);
	} while (!final || full);
	*counts = b->counts;
	batch_clear(b);
	assert(b->notice[0] == '\0' && b->counts.lines == 0 && b->n == 0);
	batch_free(b);
}

static void
make(struct str text, unsigned how, struct buf *ret)
{
	char *big = xmalloc(BIG_BYTES);
	size_t i;

	memset(big, 'x', BIG_BYTES);
	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '\n' && how & LONG && ret->n < BIG_BYTES)
			buf_add(ret, big, BIG_BYTES);
		buf_add_char(ret, text.p[i]);
	}
	free(big);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf in = { 0 }, whole = { 0 }, pieces = { 0 };
	struct batch_counts a, b;
	unsigned how;
	size_t piece;

	if (size < 2 || size > 16384)
		return 0;
	how = data[1] >= '0' && data[1] <= '7' ? data[1] - '0' : 0;
	make((struct str){ (const char *)data + 2, size - 2 }, how, &in);
	piece = (size_t)data[0] * (how & LONG ? 997 : 1) + 1;
	cut(buf_str(&in), SIZE_MAX, 0, &whole, &a);
	cut(buf_str(&in), piece, how, &pieces, &b);
	assert(str_eq(buf_str(&whole), buf_str(&pieces)));
	assert(memcmp(&a, &b, sizeof(a)) == 0);
	buf_done(&in);
	buf_done(&whole);
	buf_done(&pieces);
	return 0;
}
