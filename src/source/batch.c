/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches: from bytes to lines.
 *
 * A log is written by strangers: a line may be a megabyte long, hold NULs or
 * be no text at all.  Whatever it is, it is cut, counted and gone past.  A
 * line longer than LINE_MAX_BYTES is read as its beginning; its rest is never
 * taken for a line of its own, for then its writer could forge one.  NULs
 * before a line are no part of it: a copied-and-truncated log begins with a
 * hole as long as the old one was.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/mem.h"

#include "batch.h"
#include "streams.h"
#include "wrapped.h"

/* A logger that says it lost more than this is not to be believed. */
#define LOST_MAX	UINT64_C(1000000000)

struct batch *
batch_new(void)
{
	struct batch *b = xcalloc(1, sizeof(*b));

	/* In one piece from the start: slices point into it. */
	b->cap = BATCH_BYTES + LINE_MAX_BYTES;
	b->bytes = xmalloc(b->cap);
	return b;
}

void
batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	free(b->bytes);
	free(b->lines);
	free(b);
}

void
batch_clear(struct batch *b)
{
	b->n = 0;
	b->nlines = 0;
	memset(&b->stream, 0, sizeof(b->stream));
	memset(&b->counts, 0, sizeof(b->counts));
	b->notice[0] = b->notice_kind[0] = '\0';
}

void
batch_notice(struct batch *b, const char *kind, const char *fmt, ...)
{
	va_list ap;

	if (b->notice[0] != '\0' &&
	    (b->notice_kind[0] != '\0' || kind[0] == '\0'))
		return;
	va_start(ap, fmt);
	vsnprintf(b->notice, sizeof(b->notice), fmt, ap);
	va_end(ap);
	snprintf(b->notice_kind, sizeof(b->notice_kind), "%s", kind);
}

/* Room for one more line; it is the batch's once nlines is counted on. */
static struct batch_line *
next_line(struct batch *b)
{
	if (b->nlines == b->lines_cap) {
		b->lines_cap = b->lines_cap == 0 ? 256 : 2 * b->lines_cap;
		b->lines = xreallocarray(b->lines, b->lines_cap,
		    sizeof(*b->lines));
	}
	return &b->lines[b->nlines];
}

static size_t
cleared_place(struct str host)
{
	size_t i, sum = host.n;

	for (i = 0; i < host.n; i++)
		sum = sum * 31 + (unsigned char)host.p[i];
	return sum % CLEARED_HOSTS;
}

static bool
is_cleared(const struct cleared *c, size_t place, struct str host)
{
	return c->v[place].known && str_eq(host,
	    (struct str){ c->v[place].host, c->v[place].n });
}

/* Host's last line is such a one, or none such any more. */
static void
set_cleared(struct cleared *c, size_t place, struct str host, bool yes)
{
	if (host.n > sizeof(c->v[place].host) ||
	    is_cleared(c, place, host) == yes)
		return;
	c->v[place].known = yes;
	c->v[place].n = (uint8_t)host.n;
	if (host.n > 0)
		memcpy(c->v[place].host, host.p, host.n);
}

/*
 * Read a record as its MTA does, and keep or count it.  An ignored line is
 * kept when it may stand between a line of its host and that host's "last
 * message repeated N times".
 */
static void
keep(struct batch *b, struct cutter *c, const struct record *r)
{
	struct batch_line *l = next_line(b);
	bool repeats = syslog_is_repeat(r);
	size_t place = cleared_place(r->host);
	uint64_t lost;

	l->record = *r;
	mta_parse(&l->record, &l->line);
	if (line_is_nothing(l->line.kind) && !repeats) {
		b->counts.ignored++;
		if (is_cleared(&c->cleared, place, r->host))
			return;
	}
	if (!repeats)
		set_cleared(&c->cleared, place, r->host,
		    !line_is_repeatable(l->line.kind));
	if (l->line.kind == LINE_UNKNOWN)
		b->counts.unknown++;
	if (str_to_u64(l->line.f[FIELD_LOST], &lost))
		b->counts.lost += lost < LOST_MAX ? lost : LOST_MAX;
	b->nlines++;
}

/* Bytes that cleaning removes or replaces leave one of these two changed. */
static size_t
questions(const char *p, size_t n)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		k += p[i] == '?';
	return k;
}

/*
 * Nothing but printable ASCII?  Eight bytes at a time: below 0x20 or above
 * 0x7e one of the three sums has its top bit set, and none if all are plain.
 */
static bool
is_plain(const char *p, size_t n)
{
	const uint64_t each = UINT64_C(0x0101010101010101);
	uint64_t w, odd = 0;

	for (; n >= sizeof(w); p += sizeof(w), n -= sizeof(w)) {
		memcpy(&w, p, sizeof(w));
		odd |= w | (w + each) | (w - 0x20 * each);
	}
	w = 0x20 * each;
	memcpy(&w, p, n);
	odd |= w | (w + each) | (w - 0x20 * each);
	return (odd & 0x80 * each) == 0;
}

void
batch_parse(struct batch *b, struct cutter *c, char *p, size_t n,
    enum provenance provenance)
{
	struct record r = { 0 };
	bool plain = is_plain(p, n);
	size_t before = plain ? 0 : questions(p, n);

	b->counts.lines++;
	switch (syslog_parse(&c->syslog, p, n, &r)) {
	case SYSLOG_EMPTY:
		b->counts.empty++;
		return;
	case SYSLOG_NO_STAMP:
		b->counts.no_stamp++;
		break;
	case SYSLOG_OK:
		r.provenance = provenance;
		keep(b, c, &r);
		break;
	}
	if (!plain && (r.raw.n != n || questions(r.raw.p, r.raw.n) != before))
		b->counts.cleaned++;
}

void
batch_take(struct batch *b, struct cutter *c, char *p, size_t n)
{
	if (n > LINE_MAX_BYTES) {
		b->counts.cut++;
		n = LINE_MAX_BYTES;
	}
	batch_parse(b, c, p, n, PROVENANCE_LOG);
}

/* One line of n bytes at p, without its end. */
static void
take_line(struct batch *b, struct cutter *c, char *p, size_t n)
{
	if (!c->skipping)
		batch_take(b, c, p, n);
	c->skipping = false;
}

/*
 * One plain line from p on.  Returns where the next begins; p: it has no end
 * yet.
 */
static char *
cut_line(struct batch *b, struct cutter *c, char *p, char *end, bool final)
{
	char *lf = memchr(p, '\n', (size_t)(end - p));
	bool skipping = c->skipping;

	if (lf != NULL) {
		take_line(b, c, p, (size_t)(lf - p));
		return lf + 1;
	}
	if (!skipping && !final && (size_t)(end - p) <= LINE_MAX_BYTES)
		return p;
	take_line(b, c, p, (size_t)(end - p));
	c->skipping = skipping || (size_t)(end - p) > LINE_MAX_BYTES;
	return end;
}

size_t
batch_cut(struct batch *b, struct cutter *c, bool final, bool *ret_full)
{
	char *p = b->bytes, *end = b->bytes + b->n, *next;
	size_t n;

	/* In the batch: the lines borrow it. */
	c->syslog.host = str_of(b->stream.host);
	*ret_full = false;
	while (p < end) {
		if (c->passing) {
			n = wrapped_pass(c, p, end);
			p = c->passing && final ? end : p + n;
			if (c->passing)
				break;
			continue;
		}
		if (*p == '\0') {
			p++;
			continue;
		}
		if (b->nlines == BATCH_LINES) {
			*ret_full = true;
			break;
		}
		n = wrapped_may(*p) && !c->skipping ?
		    wrapped_take(b, c, p, end, final) : WRAPPED_NOT;
		next = n == WRAPPED_NOT ? cut_line(b, c, p, end, final) :
		    p + n;
		if (next == p)
			break;
		p = next;
	}
	b->counts.bytes += (uint64_t)(p - b->bytes);
	b->stream.offset += p - b->bytes;
	b->stream.year = c->syslog.year;
	b->stream.last_at = c->syslog.last_at;
	return (size_t)(p - b->bytes);
}

void
batch_resume(struct cutter *c, const struct streams *known,
    const struct stream *st, const struct zone *zone)
{
	memset(c, 0, sizeof(*c));
	/* What was decided when the stream was first read stays. */
	c->syslog.zone = streams_zone(known, st,
	    zone == NULL ? &zone_utc : zone);
	c->syslog.year = st->year;
	c->syslog.last_at = st->last_at;
}
