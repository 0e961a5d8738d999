/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrapped becomes a plain line where it lies, for that is never
 * longer: an entry of the journal what rsyslog would have written of it, a
 * line of Docker's the file's stamp and what the container wrote,
 *
 *	2026-01-08T19:42:13.583442113Z Jan  8 19:42:13 mx postfix/qmgr[659]: ...
 *
 * The pieces of a line that Docker cut are put together when they follow one
 * another; they mostly do.  When another stream's line is between, the line
 * is cut there and its other pieces are gone past: a piece of a line is never
 * taken for a line of its own, for then its writer could forge one.
 */
#include "weir/journalfmt.h"
#include "weir/jsonlog.h"

#include "wrapped.h"

/* An entry, or a line in pieces, of more than this is not waited for. */
#define WAIT_MAX	(BATCH_BYTES / 2)

static char
stream_of(const struct jsonlog *j)
{
	return j->stream.n > 3 ? j->stream.p[3] : '-';
}

/* The line in [p, ret_end) without its LF; false: no LF is there. */
static bool
scan(char *p, char *end, bool final, struct jsonlog *j, bool *ret_is,
    char **ret_end)
{
	char *lf = memchr(p, '\n', (size_t)(end - p));

	if (lf == NULL && !final)
		return false;
	*ret_end = lf == NULL ? end : lf + 1;
	*ret_is = jsonlog_scan((struct str){ p, (size_t)((lf == NULL ? end :
	    lf) - p) }, j);
	return true;
}

/*
 * Where the pieces end that go on with the one before `p`, and how many; NULL:
 * not all of them are there.
 */
static char *
find_pieces(char *p, char *end, bool final, char stream, size_t *ret_n,
    bool *ret_whole)
{
	char *next = p, *begin = p;
	struct jsonlog j;
	bool is;

	*ret_n = 0;
	*ret_whole = false;
	while (!*ret_whole) {
		if ((size_t)(next - begin) > WAIT_MAX || (next == end &&
		    final))
			return next;
		p = next;
		if (!scan(p, end, final, &j, &is, &next))
			return (size_t)(end - begin) > WAIT_MAX ? p : NULL;
		if (!is || stream_of(&j) != stream)
			return p;
		++*ret_n;
		*ret_whole = !j.is_partial;
	}
	return next;
}

/* Put the line together at p: its stamp and all pieces. */
static size_t
join(char *p, struct jsonlog *j, char *rest, size_t pieces, char *end)
{
	char stamp[64];
	size_t at = j->time.n < sizeof(stamp) ? j->time.n : sizeof(stamp), n;
	char *next;
	bool is;

	memcpy(stamp, j->time.p, at);
	n = jsonlog_decode(j, p);
	/* Its key and the quotes are longer than a blank. */
	memmove(p + at + 1, p, n);
	memcpy(p, stamp, at);
	p[at] = ' ';
	n += at + 1;
	for (; pieces > 0; pieces--, rest = next) {
		scan(rest, end, true, j, &is, &next);
		n += jsonlog_decode(j, p + n);
	}
	return n;
}

static size_t
take_json(struct batch *b, struct cutter *c, char *p, char *end, bool final)
{
	struct jsonlog j;
	char *rest, *next, stream;
	bool is, whole = true;
	size_t pieces = 0, n;

	if (!scan(p, end, final, &j, &is, &rest))
		return (size_t)(end - p) > WAIT_MAX ? WRAPPED_NOT : 0;
	if (!is)
		return WRAPPED_NOT;
	stream = stream_of(&j);
	if (c->json_cut == stream) {
		if (!j.is_partial)
			c->json_cut = '\0';
		return (size_t)(rest - p);
	}
	next = rest;
	if (j.is_partial && (next = find_pieces(rest, end, final, stream,
	    &pieces, &whole)) == NULL)
		return 0;
	if (j.is_partial && !whole) {
		c->json_cut = stream;
		b->counts.cut++;
	}
	n = join(p, &j, rest, pieces, end);
	while (n > 0 && (p[n - 1] == '\n' || p[n - 1] == '\r'))
		n--;
	batch_take(b, c, p, n);
	return (size_t)(next - p);
}

static size_t
take_entry(struct batch *b, struct cutter *c, char *p, char *end, bool final)
{
	struct str s = { p, (size_t)(end - p) };
	char head[JOURNALFMT_HEAD_MAX];
	struct journal_entry e;
	size_t size = journalfmt_measure(s, final), n;

	if (size == 0 && s.n <= WAIT_MAX)
		return 0;
	/* What a damaged one holds is no lines: it may be anybody's text. */
	if (size == 0 || size == JOURNALFMT_BROKEN) {
		b->counts.cut++;
		c->passing = true;
		c->pass = (struct journalfmt_skip){ 0 };
		return wrapped_pass(c, p, end);
	}
	journalfmt_read(str_head(s, size), &e);
	if (journalfmt_is_other_loss(&e))
		return size;
	n = journalfmt_head(&e, 0, b->stream.host, head);
	/* With the stamps that journalctl gives, an entry is the longer one. */
	if (journalfmt_is_rest(&e) || n + e.message.n > size) {
		b->counts.cut++;
		return size;
	}
	if (e.message.n > 0)
		memmove(p + n, e.message.p, e.message.n);
	memcpy(p, head, n);
	n += e.message.n;
	if (n > LINE_MAX_BYTES) {
		b->counts.cut++;
		n = LINE_MAX_BYTES;
	}
	batch_parse(b, c, p, n, journalfmt_provenance(&e, NULL, 0));
	return size;
}

size_t
wrapped_take(struct batch *b, struct cutter *c, char *p, char *end, bool final)
{
	struct str s = { p, (size_t)(end - p) };

	if (p[0] == '{')
		return str_starts(s, str_head(STR("{\"log\":"), s.n)) ?
		    take_json(b, c, p, end, final) : WRAPPED_NOT;
	if (s.n < strlen("__CURSOR=") && !final)
		return str_starts(STR("__CURSOR="), s) ? 0 : WRAPPED_NOT;
	return journalfmt_begins(s) ? take_entry(b, c, p, end, final) :
	    WRAPPED_NOT;
}

size_t
wrapped_pass(struct cutter *c, char *p, char *end)
{
	bool done;
	size_t n = journalfmt_skip(&c->pass,
	    (struct str){ p, (size_t)(end - p) }, &done);

	c->passing = !done;
	return n;
}
