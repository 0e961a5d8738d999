/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See reclassify.h.  The store gives events newest first, and judging goes
 * oldest first: so each step asks for one span of time, keeps its events packed
 * and takes them from the end.  The span follows how busy the time was.
 */
#include "weir/reclassify.h"

#include <stdlib.h>

#include "weir/mem.h"

#define CHAIN_EVENTS	10000	/* deliveries of a message, looked at */
#define CHAIN_US	(7 * USEC_PER_DAY)	/* how long one may live */
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
	r->span = USEC_PER_HOUR;
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
		r->filter.limit = r->span > SPAN_MIN ?
		    RECLASSIFY_EVENTS + 1 : 0;
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

/* The message that a delivery belongs to, and the class of its pairs. */
struct chain {
	struct str	 queue_id;	/* the first one of the chain */
	struct buf	 message;	/* packed; empty: not found */
	enum event_class worst;
};

static int
take_message(void *ctx, const struct event *e)
{
	struct chain	*c = ctx;

	buf_clear(&c->message);
	event_pack(&c->message, e);
	return 1;
}

static int
take_pair(void *ctx, const struct event *e)
{
	struct chain	*c = ctx;
	struct str	 first = e->origin_queue_id.n > 0 ?
			    e->origin_queue_id : e->queue_id;

	if (str_eq(first, c->queue_id) && e->status != STATUS_FILTERED &&
	    e->status != STATUS_FORWARDED && e->class > c->worst)
		c->worst = e->class;
	return 0;
}

static int
query_one(struct pipeline *p, struct query *q,
    int (*fn)(void *ctx, const struct event *e), struct chain *c)
{
	char	cursor[QUERY_CURSOR_MAX];

	return store_query(pipeline_store(p), q, fn, c, cursor, NULL);
}

/*
 * A delivery has another class: its message shows the most serious one of all
 * its pairs.  Pairs behind a filter or an alias have other queue ids, but the
 * same message-id.
 */
static void
correct_message(struct pipeline *p, const struct event *d)
{
	struct chain		c = { .worst = CLASS_UNKNOWN };
	struct query		q;
	struct buf_reader	br;
	struct event		m;

	c.queue_id = d->origin_queue_id.n > 0 ? d->origin_queue_id :
	    d->queue_id;
	query_init(&q);
	q.kinds = 1u << EVENT_MESSAGE;
	q.host = str_dup(d->host);
	q.queue_id = str_dup(c.queue_id);
	q.since = d->at - CHAIN_US;
	q.until = d->at + USEC_PER_MIN;
	q.limit = 1;
	if (query_one(p, &q, take_message, &c) == -1 || c.message.n == 0)
		goto out;
	br = (struct buf_reader){ buf_str(&c.message), false };
	if (!event_unpack(&br, &m))
		goto out;
	q.kinds = 1u << EVENT_DELIVERY;
	q.since = m.at;
	q.until = m.at + CHAIN_US;
	q.limit = CHAIN_EVENTS;
	if (m.message_id.n > 0) {
		free(q.queue_id);
		q.queue_id = NULL;
		q.message_id = str_dup(m.message_id);
	}
	if (m.origin == ORIGIN_BOUNCE)
		c.worst = CLASS_BOUNCE;
	if (query_one(p, &q, take_pair, &c) == -1 || c.worst == m.class)
		goto out;
	m.class = c.worst;
	m.policy = policy_version(pipeline_policy(p));
	(void)store_revise_event(pipeline_store(p), &m,
	    "its deliveries were judged anew");
out:
	query_done(&q);
	buf_done(&c.message);
}

int
reclassify_step(struct reclassify *r, struct pipeline *p, struct error *err)
{
	struct gathered		g = { 0 };
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
		if (!engine_reclassify(pipeline_engine(p), &e))
			continue;
		r->revised++;
		correct_message(p, &e);
	}
	if (pipeline_commit(p, err) == -1)
		goto out;
	r->next = r->filter.until;
	if (g.n < RECLASSIFY_EVENTS / 4 && r->span < SPAN_MAX)
		r->span *= 4;
	rc = r->next < r->end;
out:
	buf_done(&g.bytes);
	free(g.at);
	return rc;
}
