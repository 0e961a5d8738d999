/* SPDX-License-Identifier: Apache-2.0 */
/* See backtest.h. */
#include "weir/backtest.h"

#include <stdlib.h>

#include "weir/beliefs.h"
#include "weir/map.h"
#include "weir/mem.h"
#include "weir/settings.h"

#define PROGRESS_EVENTS	10000
/* An alert of the same key within this is the same one, sooner or later. */
#define SAME_US		(24 * USEC_PER_HOUR)

struct list {
	struct alert	**a;
	size_t		 n;
};

struct run {
	const struct backtest_options *o;
	struct engine	*engine;
	struct map	*open;		/* by id: what was opened or changed */
	struct list	 would, was;
	int64_t		 since, until;
	struct backtest	*result;
};

static void
add(struct list *l, const struct alert *a)
{
	l->a = xreallocarray(l->a, l->n + 1, sizeof(*l->a));
	l->a[l->n++] = alert_copy(a);
}

static bool
sink_event(void *ctx, struct event *e)
{
	(void)ctx;
	(void)e;
	return true;
}

static void
sink_revise(void *ctx, const struct event *e, const char *why)
{
	(void)ctx;
	(void)e;
	(void)why;
}

/* The alert as it is last; only when it opened says where it belongs. */
static void
sink_alert(void *ctx, const struct alert *a, enum alert_transition t)
{
	struct run	*r = ctx;
	struct str	 id = { (const char *)a->id, EVENT_ID_SIZE };
	size_t		 i;

	if (a->opened < r->since || a->opened >= r->until)
		return;
	if (t == TRANSITION_OPENED) {
		add(&r->would, a);
		(void)map_put(r->open, id, (void *)(uintptr_t)r->would.n);
		return;
	}
	i = (size_t)(uintptr_t)map_get(r->open, id);
	if (i > 0) {
		alert_free(r->would.a[i - 1]);
		r->would.a[i - 1] = alert_copy(a);
	}
}

static void
sink_keep(void *ctx, struct str key, int64_t at, int64_t due, struct str blob)
{
	(void)ctx;
	(void)key;
	(void)at;
	(void)due;
	(void)blob;
}

static bool
sink_recall(void *ctx, struct str key, struct buf *ret)
{
	(void)ctx;
	(void)key;
	(void)ret;
	return false;
}

static int
take(void *ctx, const struct event *e)
{
	struct run	*r = ctx;
	struct event	 copy = *e;

	engine_input(r->engine, &copy, STR_NONE);
	if (r->o->progress != NULL &&
	    ++r->result->events % PROGRESS_EVENTS == 0)
		r->o->progress(r->o->ctx, r->result->events, e->at);
	return e->at >= r->until;
}

static int
take_revised(void *ctx, const struct event *e)
{
	struct run	*r = ctx;

	engine_revised(r->engine, e);
	return 0;
}

/* What a detector of the core raised; the daemon's own are not repeated. */
static int
add_was(void *ctx, const struct alert *a)
{
	struct run	*r = ctx;

	if (detector_find(str_of(a->detector)) != NULL)
		add(&r->was, a);
	return 0;
}

static void
pair(struct backtest *b, struct alert **was, struct alert **would)
{
	b->pairs = xreallocarray(b->pairs, b->n + 1, sizeof(*b->pairs));
	b->pairs[b->n++] = (struct backtest_pair){
	    was == NULL ? NULL : *was, would == NULL ? NULL : *would };
	b->nboth += was != NULL && would != NULL;
	b->nwas += was != NULL;
	b->nwould += would != NULL;
	if (was != NULL)
		*was = NULL;
	if (would != NULL)
		*would = NULL;
}

static bool
is_same(const struct alert *a, const struct alert *b, bool exactly)
{
	int64_t	apart = a->opened - b->opened;

	if (exactly)
		return memcmp(a->id, b->id, EVENT_ID_SIZE) == 0;
	return a->key_type == b->key_type && strcmp(a->key, b->key) == 0 &&
	    apart < SAME_US && apart > -SAME_US;
}

static void
pair_same(struct run *r, bool exactly)
{
	for (size_t i = 0; i < r->was.n; i++)
		for (size_t j = 0; r->was.a[i] != NULL && j < r->would.n; j++)
			if (r->would.a[j] != NULL && is_same(r->was.a[i],
			    r->would.a[j], exactly))
				pair(r->result, &r->was.a[i], &r->would.a[j]);
}

static int
by_time(const void *va, const void *vb)
{
	const struct backtest_pair *a = va, *b = vb;
	int64_t	x = a->would != NULL ? a->would->opened : a->was->opened;
	int64_t	y = b->would != NULL ? b->would->opened : b->was->opened;

	return (x > y) - (x < y);
}

static void
compare(struct run *r)
{
	pair_same(r, true);
	pair_same(r, false);
	for (size_t i = 0; i < r->was.n; i++)
		if (r->was.a[i] != NULL)
			pair(r->result, &r->was.a[i], NULL);
	for (size_t i = 0; i < r->would.n; i++)
		if (r->would.a[i] != NULL)
			pair(r->result, NULL, &r->would.a[i]);
	if (r->result->n > 0)
		qsort(r->result->pairs, r->result->n,
		    sizeof(*r->result->pairs), by_time);
}

static int
replay(struct run *r, struct store *s, struct error *err)
{
	struct store_replay	to = { r, take, take_revised };
	struct alert_filter	was = { 0 };
	int64_t			learn = r->since - BACKTEST_LEARN_US;

	was.since = r->since;
	was.until = r->until;
	if (store_each_input(s, 0, learn, &to, err) == -1 ||
	    store_each_alert(s, &was, add_was, r, NULL, err) == -1)
		return -1;
	engine_flush(r->engine);
	compare(r);
	return 0;
}

int
backtest_run(struct store *s, const struct backtest_options *o,
    struct backtest *ret, struct error *err)
{
	struct run		 r = { .o = o, .result = ret };
	struct engine_sink	 sink = { &r, sink_event, sink_revise,
				    sink_alert, sink_keep, sink_recall };
	struct engine_options	 eo;
	struct store_totals	 totals;
	struct policy		*policy;
	struct exempt		*exempt;
	int			 rc;

	memset(ret, 0, sizeof(*ret));
	if (store_totals(s, &totals, err) == -1)
		return -1;
	r.since = o->since > totals.first_at ? o->since : totals.first_at;
	r.until = o->until != 0 ? o->until : totals.last_at + 1;
	ret->first_at = r.since;
	ret->last_at = r.until;
	policy = beliefs_again(s, o->config);
	engine_options_init(&eo);
	eo.hash_key = store_hash_key(s);
	if (o->config != NULL)
		settings_engine(o->config, &eo);
	exempt = eo.scan.exempt;
	r.engine = engine_new(&eo, policy, &sink);
	engine_options_done(&eo);
	r.open = map_new(eo.hash_key);
	rc = replay(&r, s, err);
	engine_free(r.engine);
	exempt_free(exempt);
	policy_free(policy);
	map_free(r.open, NULL);
	free(r.was.a);
	free(r.would.a);
	return rc;
}

void
backtest_done(struct backtest *b)
{
	for (size_t i = 0; i < b->n; i++) {
		alert_free(b->pairs[i].was);
		alert_free(b->pairs[i].would);
	}
	free(b->pairs);
	*b = (struct backtest){ 0 };
}
