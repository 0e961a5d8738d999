/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queries over all partitions, newest first: by time, and among events of one
 * instant by order of arrival.  A cursor is that pair of the last event given
 * out, so that pages stay right while events arrive.
 *
 * Each partition gives its matches in that order (store_match.c); the
 * partitions are merged lazily, those of older time are not opened before they
 * are reached.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/mem.h"
#include "store_match.h"

/* The matches of one partition, standing on the next. */
struct run {
	sqlite3_stmt	*st;
	int64_t		 at, seq;
};

/* On to the next match; at the end the statement is given back. */
static int
advance(struct search *x, struct run *r, struct error *err)
{
	int rc = sqlite3_step(r->st);

	if (rc == SQLITE_ROW) {
		event_place(r->st, &r->at, &r->seq);
		return 0;
	}
	if (rc != SQLITE_DONE)
		store_fail(x->s, err, "read its events");
	sqlite3_finalize(r->st);
	r->st = NULL;
	return rc == SQLITE_DONE ? 0 : -1;
}

static int
by_newest(const void *va, const void *vb)
{
	const struct partition *a = *(const struct partition *const *)va;
	const struct partition *b = *(const struct partition *const *)vb;

	if (a->max_at != b->max_at)
		return a->max_at > b->max_at ? -1 : 1;
	return a->id > b->id ? -1 : 1;
}

/* The partitions that may hold matches, newest first. */
static size_t
pick(const struct search *x, const struct partition **ret)
{
	size_t i, n = 0;

	for (i = 0; i < x->s->nparts; i++) {
		const struct partition *p = &x->s->parts[i];

		if (p->rows > 0 && p->max_at >= x->since &&
		    p->min_at <= x->at)
			ret[n++] = p;
	}
	qsort(ret, n, sizeof(*ret), by_newest);
	return n;
}

struct merge {
	const struct partition	**parts;
	struct run		*runs;
	size_t			 nparts, nruns;	/* opened so far */
};

/* The newest of all matches not given out yet; NULL: none, or failure. */
static struct run *
merge_next(struct search *x, struct merge *m, int *ret_rc, struct error *err)
{
	struct run *best = NULL, *r;
	size_t i;

	for (i = 0; i < m->nruns; i++) {
		r = &m->runs[i];
		if (r->st != NULL && (best == NULL || r->at > best->at ||
		    (r->at == best->at && r->seq > best->seq)))
			best = r;
	}
	*ret_rc = 0;
	while (m->nruns < m->nparts && (best == NULL ||
	    m->parts[m->nruns]->max_at >= best->at)) {
		r = &m->runs[m->nruns];
		if (match_begin(x, m->parts[m->nruns++], &r->st, err) == -1 ||
		    (r->st != NULL && advance(x, r, err) == -1)) {
			*ret_rc = -1;
			return NULL;
		}
		if (r->st != NULL && (best == NULL || r->at > best->at ||
		    (r->at == best->at && r->seq > best->seq)))
			best = r;
	}
	return best;
}

static int
run_merge(struct search *x, struct merge *m,
    int (*fn)(void *ctx, const struct event *e), void *ctx,
    char *cursor, struct error *err)
{
	struct event e;
	struct run *r;
	size_t n;
	int rc, stop = 0;

	*cursor = '\0';
	for (n = 0; (r = merge_next(x, m, &rc, err)) != NULL; n++) {
		if (stop || (x->q->limit != 0 && n == x->q->limit))
			return 0;
		event_of_row(r->st, &e);
		stop = fn(ctx, &e);
		snprintf(cursor, QUERY_CURSOR_MAX, "%" PRId64 ".%" PRId64,
		    r->at, r->seq);
		if (advance(x, r, err) == -1)
			return -1;
	}
	*cursor = '\0';
	return rc;
}

/* Inside one snapshot of the database. */
static int
query_snapshot(struct search *x, int (*fn)(void *, const struct event *),
    void *ctx, char *cursor, struct error *err)
{
	struct merge m = { 0 };
	size_t i;
	int rc;

	if (x->s->mode == STORE_READ && partition_load(x->s, err) == -1)
		return -1;
	m.parts = xcalloc(x->s->nparts + 1, sizeof(*m.parts));
	m.runs = xcalloc(x->s->nparts + 1, sizeof(*m.runs));
	m.nparts = pick(x, m.parts);
	rc = run_merge(x, &m, fn, ctx, cursor, err);
	for (i = 0; i < m.nruns; i++)
		sqlite3_finalize(m.runs[i].st);
	free(m.parts);
	free(m.runs);
	return rc;
}

int
store_query(struct store *s, const struct query *q,
    int (*fn)(void *ctx, const struct event *e), void *ctx,
    char ret_cursor[QUERY_CURSOR_MAX], struct error *err)
{
	struct search x = { .s = s, .q = q };
	bool own = s->mode == STORE_READ;
	char cursor[QUERY_CURSOR_MAX];
	int rc = -1;

	if (s->in_tx && batch_flush(s, err) == -1)
		return -1;
	if (match_prepare(&x, err) == 0 &&
	    (!own || store_exec(s, err, "read it", "BEGIN") == 0)) {
		rc = query_snapshot(&x, fn, ctx, cursor, err);
		if (own)
			sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	}
	if (rc == 0 && ret_cursor != NULL)
		snprintf(ret_cursor, QUERY_CURSOR_MAX, "%s", cursor);
	match_done(&x);
	return rc;
}
