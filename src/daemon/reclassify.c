/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See reclassify.h.  The store gives events newest first, and judging goes
 * oldest first: so each step asks for one span of time, keeps its events packed
 * and takes them from the end.  The span follows how busy the time was.
 */
#include "weir/reclassify.h"

#include <stdlib.h>

#include "weir/chains.h"
#include "weir/mem.h"

#define SPAN_MIN	USEC_PER_MSEC
#define SPAN_MAX	(30 * USEC_PER_DAY)

struct gathered {
	struct buf	 bytes;
	size_t		*at;		/* where each event begins */
	size_t		 n, cap;
};

int
reclassify_init(struct reclassify *r, struct pipeline *p,
    const struct query *filter, struct error *err)
{
	struct store_totals	totals;

	*r = (struct reclassify){ .filter = *filter };
	if (store_totals(pipeline_store(p), &totals, err) == -1)
		return -1;
	r->begin = filter->since > totals.first_at ? filter->since :
	    totals.first_at;
	r->end = totals.last_at + 1;
	if (filter->until != 0 && filter->until < r->end)
		r->end = filter->until;
	r->next = r->begin;
	r->total = store_estimate(pipeline_store(p), r->begin, r->end);
	r->span = USEC_PER_MIN;
	r->step = RECLASSIFY_EVENTS;
	r->filter.kinds = 1u << EVENT_DELIVERY;
	return 0;
}

void
reclassify_done(struct reclassify *r)
{
	query_done(&r->filter);
}

static int
gather(void *ctx, const struct event *e)
{
	struct gathered	*g = ctx;

	if (g->n == g->cap) {
		g->cap = g->cap == 0 ? 256 : 2 * g->cap;
		g->at = xreallocarray(g->at, g->cap, sizeof(*g->at));
	}
	g->at[g->n++] = g->bytes.n;
	event_pack(&g->bytes, e);
	return 0;
}

/* The events of the next span; fewer than the limit unless it is minimal. */
static int
gather_span(struct reclassify *r, struct pipeline *p, struct gathered *g,
    struct error *err)
{
	char	cursor[QUERY_CURSOR_MAX];

	for (;;) {
		g->n = 0;
		buf_clear(&g->bytes);
		r->filter.since = r->next;
		r->filter.until = r->next + r->span < r->end ?
		    r->next + r->span : r->end;
		r->filter.limit = r->span > SPAN_MIN ? r->step + 1 : 0;
		r->filter.cursor[0] = '\0';
		if (store_query(pipeline_store(p), &r->filter, gather, g,
		    cursor, err) == -1)
			return -1;
		if (r->filter.limit == 0 || g->n < r->filter.limit)
			return 0;
		r->span /= 4;
		if (r->span < SPAN_MIN)
			r->span = SPAN_MIN;
	}
}

/* So that the next step is three quarters full, if the time is as busy. */
static void
adapt_span(struct reclassify *r, size_t n)
{
	double	want = (double)r->step * 3 / 4;
	double	factor = n > 0 ? want / (double)n : 4;
	double	span = (double)r->span * (factor < 4 ? factor : 4);

	r->span = span < SPAN_MIN ? SPAN_MIN : span > (double)SPAN_MAX ?
	    SPAN_MAX : (int64_t)span;
}

int
reclassify_step(struct reclassify *r, struct pipeline *p, struct error *err)
{
	struct gathered		g = { 0 };
	struct chains		chains = { 0 };
	struct buf_reader	br;
	struct event		e;
	int			rc = -1;

	if (pipeline_engine(p) == NULL)
		return error_set(err, "the database cannot be written now");
	if (r->next >= r->end)
		return 0;
	if (gather_span(r, p, &g, err) == -1)
		goto out;
	pipeline_begin(p);
	for (size_t i = g.n; i > 0; i--) {
		br = (struct buf_reader){ str_tail(buf_str(&g.bytes),
		    g.at[i - 1]), false };
		if (!event_unpack(&br, &e))
			continue;
		r->events++;
		if (!pipeline_reclassify(p, &e))
			continue;
		r->revised++;
		chains_add(&chains, &e);
	}
	if (chains_correct(&chains, p, err) == -1 ||
	    pipeline_commit(p, err) == -1)
		goto out;
	r->next = r->filter.until;
	r->done = store_estimate(pipeline_store(p), r->begin, r->next);
	adapt_span(r, g.n);
	rc = r->next < r->end;
	if (rc == 0)
		store_end_many(pipeline_store(p));
out:
	chains_done(&chains);
	buf_done(&g.bytes);
	free(g.at);
	return rc;
}
