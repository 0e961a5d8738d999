/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See chains.h.  Both look-ups, of the messages and of their pairs, are made
 * for all chains at once, for that is what makes them cheap (store_many.c).
 */
#include "weir/chains.h"

#include <stdlib.h>

#include "weir/mem.h"

#define CHAIN_EVENTS	10000	/* under one message-id, looked at */
#define CHAIN_US	(7 * USEC_PER_DAY)	/* how long one may live */
#define NEAR_US		USEC_PER_HOUR	/* from message to most deliveries */
#define LATE_US		USEC_PER_MIN	/* a message behind its delivery */
#define NONE		SIZE_MAX

/* A delivery by what names its message. */
struct chain {
	struct str	 host, queue_id;	/* the first one of the chain */
	int64_t		 at;
	size_t		 message;	/* the newest that fits, or NONE */
};

struct message {
	struct event	 e;		/* host and queue id are a chain's */
	char		*message_id;	/* owned, may be NULL */
	bool		 wanted;	/* some chain's */
	bool		 by_queue;	/* its pairs are found by queue id */
	enum event_class worst;
};

struct work {
	struct chain	*chains;	/* by queue id */
	size_t		 nchains;
	struct message	*v;
	size_t		 n, cap;
	bool		 by_queue;	/* pairs that are asked for now */
};

static struct str
first_queue_id(const struct event *e)
{
	return e->origin_queue_id.n > 0 ? e->origin_queue_id : e->queue_id;
}

void
chains_add(struct chains *c, const struct event *d)
{
	struct str	 queue_id = first_queue_id(d);
	struct chain	*last = c->n == 0 ? NULL : &c->v[c->n - 1];

	/* A message's recipients often follow each other. */
	if (queue_id.n == 0 || (last != NULL && d->at == last->at &&
	    str_eq(last->queue_id, queue_id) && str_eq(last->host, d->host)))
		return;
	if (c->n == c->cap) {
		c->cap = c->cap == 0 ? 256 : 2 * c->cap;
		c->v = xreallocarray(c->v, c->cap, sizeof(*c->v));
	}
	c->v[c->n++] = (struct chain){ d->host, queue_id, d->at, NONE };
}

void
chains_done(struct chains *c)
{
	free(c->v);
	*c = (struct chains){ 0 };
}

static int
by_queue_id(const void *va, const void *vb)
{
	const struct chain	*a = va, *b = vb;

	return str_cmp(a->queue_id, b->queue_id);
}

static int
message_by_queue_id(const void *va, const void *vb)
{
	const struct message	*a = va, *b = vb;

	return str_cmp(a->e.queue_id, b->e.queue_id);
}

/* Is that one better than the message a chain has? */
static bool
is_better(const struct work *w, const struct chain *c, const struct event *m)
{
	const struct event	*old;

	if (!str_eq_nocase(m->host, c->host) || m->at < c->at - CHAIN_US ||
	    m->at >= c->at + LATE_US)
		return false;
	if (c->message == NONE)
		return true;
	old = &w->v[c->message].e;
	return m->at > old->at || (m->at == old->at && m->seq > old->seq);
}

static void
keep_message(struct work *w, const struct event *e, const struct chain *c)
{
	struct message	*m;

	if (w->n == w->cap) {
		w->cap = w->cap == 0 ? 256 : 2 * w->cap;
		w->v = xreallocarray(w->v, w->cap, sizeof(*w->v));
	}
	m = &w->v[w->n++];
	*m = (struct message){ .e = *e, .worst = CLASS_UNKNOWN };
	m->e.host = c->host;
	m->e.queue_id = c->queue_id;
	m->e.origin_queue_id = m->e.message_id = STR_NONE;
	m->by_queue = e->message_id.n == 0;
	if (!m->by_queue)
		m->message_id = str_dup(e->message_id);
	if (e->origin == ORIGIN_BOUNCE)
		m->worst = CLASS_BOUNCE;
}

/* A message: for those chains that it fits best so far. */
static void
take_message(void *ctx, const struct event *e)
{
	struct work	*w = ctx;
	size_t		 lo = 0, hi = w->nchains, mid, kept = NONE;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (str_cmp(w->chains[mid].queue_id, e->queue_id) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < w->nchains && str_eq(w->chains[lo].queue_id, e->queue_id);
	    lo++) {
		struct chain	*c = &w->chains[lo];

		if (!is_better(w, c, e))
			continue;
		if (kept == NONE) {
			kept = w->n;
			keep_message(w, e, c);
		}
		c->message = kept;
	}
}

/*
 * Look for messages not older than so much before the first delivery.  What is
 * found in a short time is the newest, so the long one is for the rest only.
 */
static int
find_messages(struct work *w, struct store *s, int64_t before,
    struct error *err)
{
	struct store_many	 ask = { .kinds = 1u << EVENT_MESSAGE };
	int64_t			 first = INT64_MAX, last = INT64_MIN;
	int			 rc;

	ask.max = SIZE_MAX;
	ask.texts = xcalloc(w->nchains + 1, sizeof(*ask.texts));
	for (size_t i = 0; i < w->nchains; i++) {
		const struct chain	*c = &w->chains[i];

		if (c->message != NONE)
			continue;
		first = c->at < first ? c->at : first;
		last = c->at > last ? c->at : last;
		if (ask.n == 0 || !str_eq(ask.texts[ask.n - 1], c->queue_id))
			ask.texts[ask.n++] = c->queue_id;
	}
	ask.since = first - before;
	ask.until = last + LATE_US;
	rc = ask.n == 0 ? 0 : store_each_of_many(s, &ask, take_message, w, err);
	free(ask.texts);
	return rc;
}

/* Leave those messages that a chain has, by queue id. */
static void
choose_messages(struct work *w)
{
	size_t	n = 0;

	for (size_t i = 0; i < w->nchains; i++)
		if (w->chains[i].message != NONE)
			w->v[w->chains[i].message].wanted = true;
	for (size_t i = 0; i < w->n; i++) {
		if (w->v[i].wanted)
			w->v[n++] = w->v[i];
		else
			free(w->v[i].message_id);
	}
	w->n = n;
	if (n > 0)
		qsort(w->v, n, sizeof(*w->v), message_by_queue_id);
}

/* Of that message, as far as its queue ids and time tell? */
static bool
is_pair(const struct work *w, const struct message *m, const struct event *e)
{
	if (m->by_queue != w->by_queue || e->at < m->e.at ||
	    e->at >= m->e.at + CHAIN_US || !str_eq_nocase(e->host, m->e.host))
		return false;
	return w->by_queue ? str_eq(e->queue_id, m->e.queue_id) :
	    str_eq(store_message_id(e->message_id),
	    store_message_id(str_of(m->message_id)));
}

static void
take_pair(void *ctx, const struct event *e)
{
	struct work	*w = ctx;
	struct str	 queue_id = first_queue_id(e);
	size_t		 lo = 0, hi = w->n, mid;

	if (e->status == STATUS_FILTERED || e->status == STATUS_FORWARDED)
		return;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (str_cmp(w->v[mid].e.queue_id, queue_id) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < w->n && str_eq(w->v[lo].e.queue_id, queue_id); lo++) {
		struct message	*m = &w->v[lo];

		if (is_pair(w, m, e) && e->class > m->worst)
			m->worst = e->class;
	}
}

/*
 * A message-id under which there are very many events is not one message's:
 * those go by their queue ids, as those without a message-id.
 */
static void
leave_to_queue(struct work *w, const bool *too_many)
{
	size_t	n = 0;

	for (size_t i = 0; i < w->n; i++) {
		struct message	*m = &w->v[i];

		if (m->by_queue || !too_many[n++])
			continue;
		m->by_queue = true;
		m->worst = m->e.origin == ORIGIN_BOUNCE ? CLASS_BOUNCE :
		    CLASS_UNKNOWN;
	}
}

static int
find_pairs(struct work *w, struct store *s, bool by_queue, struct error *err)
{
	struct store_many	 ask = { .kinds = 1u << EVENT_DELIVERY };
	int			 rc;

	w->by_queue = by_queue;
	ask.by_message_id = !by_queue;
	ask.max = by_queue ? SIZE_MAX : CHAIN_EVENTS;
	ask.texts = xcalloc(w->n + 1, sizeof(*ask.texts));
	ask.too_many = xcalloc(w->n + 1, sizeof(*ask.too_many));
	ask.since = INT64_MAX;
	ask.until = INT64_MIN;
	for (size_t i = 0; i < w->n; i++) {
		const struct message	*m = &w->v[i];

		if (m->by_queue != by_queue)
			continue;
		ask.texts[ask.n++] = by_queue ? m->e.queue_id :
		    str_of(m->message_id);
		if (m->e.at < ask.since)
			ask.since = m->e.at;
		if (m->e.at + CHAIN_US > ask.until)
			ask.until = m->e.at + CHAIN_US;
	}
	rc = ask.n == 0 ? 0 : store_each_of_many(s, &ask, take_pair, w, err);
	if (rc == 0 && !by_queue)
		leave_to_queue(w, ask.too_many);
	free(ask.texts);
	free(ask.too_many);
	return rc;
}

static void
revise_messages(struct work *w, struct pipeline *p)
{
	for (size_t i = 0; i < w->n; i++) {
		struct event		*e = &w->v[i].e;
		enum event_class	 before = e->class;

		if (w->v[i].worst == before)
			continue;
		e->class = w->v[i].worst;
		e->policy = policy_version(pipeline_policy(p));
		(void)store_revise_class(pipeline_store(p), e, before,
		    REVISED_BY_PAIRS);
	}
}

int
chains_correct(struct chains *c, struct pipeline *p, struct error *err)
{
	struct store	*s = pipeline_store(p);
	struct work	 w = { .chains = c->v, .nchains = c->n };
	int		 rc = -1;

	if (c->n == 0)
		return 0;
	qsort(c->v, c->n, sizeof(*c->v), by_queue_id);
	if (find_messages(&w, s, NEAR_US, err) == -1 ||
	    find_messages(&w, s, CHAIN_US, err) == -1)
		goto out;
	choose_messages(&w);
	if (find_pairs(&w, s, false, err) == -1 ||
	    find_pairs(&w, s, true, err) == -1)
		goto out;
	revise_messages(&w, p);
	rc = 0;
out:
	for (size_t i = 0; i < w.n; i++)
		free(w.v[i].message_id);
	free(w.v);
	return rc;
}
