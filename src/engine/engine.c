/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fold.  A line gets its ordinal and goes to the correlator; the events
 * that come out are stored by the sink, taught to the policy, and shown to the
 * detectors; what they find goes into the book of alerts.
 *
 * Kept state of the engine itself: of each chain its ordinals and the lines
 * that may be repeated, under "o" and the chain's number.  The correlator's
 * keys begin with "m" and "s".
 */
#include <stdlib.h>

#include "weir/book.h"
#include "weir/correlate.h"
#include "weir/engine.h"
#include "weir/mem.h"
#include "weir/mta.h"
#include "weir/ordinal.h"
#include "weir/repeats.h"
#include "weir/syslog.h"
#include "weir/usec.h"
#include "engine_priv.h"

#define LATE_EVENT_US	(10 * USEC_PER_MIN)

void
engine_options_init(struct engine_options *o)
{
	memset(o, 0, sizeof(*o));
	o->hold_us = 2 * USEC_PER_SEC;
	o->messages_max = 8000;
	o->keep_lines = true;
	o->quiet_us = BOOK_QUIET_US;
	o->pause_us = BOOK_PAUSE_US;
	scan_options_init(&o->scan);
}

void
engine_options_done(struct engine_options *o)
{
	scan_options_done(&o->scan);
}

static void
on_event(void *ctx, struct event *ev, struct str lines)
{
	engine_input(ctx, ev, lines);
}

static void
on_revise(void *ctx, struct event *ev, struct str lines, const char *why)
{
	struct engine *e = ctx;

	e->sink.revise(e->sink.ctx, ev, why);
	if (why == NULL)
		return;
	struct report r = engine_report(e, ev, lines);

	e->stats.revisions++;
	engine_show(e, &r, NULL);
}

static void
on_keep(void *ctx, struct str key, int64_t at, int64_t due, struct str blob)
{
	struct engine *e = ctx;

	e->sink.keep(e->sink.ctx, key, at, due, blob);
}

static bool
on_recall(void *ctx, struct str key, struct buf *ret)
{
	struct engine *e = ctx;

	return e->sink.recall(e->sink.ctx, key, ret);
}

static void
on_alert(void *ctx, const struct alert *a, enum alert_transition t)
{
	struct engine *e = ctx;

	e->sink.alert(e->sink.ctx, a, t);
}

struct engine *
engine_new(const struct engine_options *o, struct policy *policy,
    const struct engine_sink *sink)
{
	struct engine			*e = xcalloc(1, sizeof(*e));
	struct correlate_options	 co = { o->hash_key, o->hold_us,
					    o->messages_max,
					    o->messages_max / 2 + 1,
					    o->keep_lines, o->subjects };
	struct correlate_out		 out = { e, on_event, on_revise,
					    on_keep, on_recall };
	struct book_out			 book_out = { e, on_alert };
	struct scan_options		 so;

	e->o = *o;
	e->policy = policy;
	e->sink = *sink;
	e->correlate = correlate_new(&co, policy, &out);
	e->book = book_new(o->hash_key, &book_out);
	e->o.scan.settings = NULL;
	so = o->scan;
	so.hash_key = o->hash_key;
	e->scan = scan_new(&so);
	book_set_spans(e->book, o->quiet_us, o->pause_us);
	e->off = xcalloc(detector_count(), sizeof(*e->off));
	e->shadow = xcalloc(detector_count(), sizeof(*e->shadow));
	for (size_t i = 0; i < detector_count(); i++) {
		e->off[i] = !o->scan.settings[i].enabled;
		e->shadow[i] = o->scan.settings[i].shadow;
	}
	return e;
}

static void
free_chain(struct chain *chain)
{
	ordinals_free(chain->ordinals);
	repeats_free(chain->repeats);
}

void
engine_free(struct engine *e)
{
	size_t i;

	if (e == NULL)
		return;
	correlate_free(e->correlate);
	book_free(e->book);
	scan_free(e->scan);
	free(e->off);
	free(e->shadow);
	for (i = 0; i < e->nchains; i++)
		free_chain(&e->chains[i]);
	buf_done(&e->scratch);
	free(e);
}

static struct str
chain_key(struct buf *b, uint32_t id)
{
	buf_clear(b);
	buf_addf(b, "o%u", (unsigned)id);
	return buf_str(b);
}

static void
keep_chain(struct engine *e, struct chain *chain)
{
	struct buf key = {0}, lines = {0};

	repeats_pack(chain->repeats, &lines);
	buf_clear(&e->scratch);
	buf_put_str(&e->scratch, buf_str(&lines));
	ordinals_pack(chain->ordinals, &e->scratch);
	e->sink.keep(e->sink.ctx, chain_key(&key, chain->id), e->now, 0,
	    buf_str(&e->scratch));
	buf_done(&lines);
	buf_done(&key);
}

static void
recall_chain(struct engine *e, struct chain *chain)
{
	struct buf_reader	r = {0};
	struct buf		key = {0};

	buf_clear(&e->scratch);
	if (e->sink.recall(e->sink.ctx, chain_key(&key, chain->id),
	    &e->scratch)) {
		r.rest = buf_str(&e->scratch);
		(void)repeats_unpack(chain->repeats, buf_get_str(&r));
		if (!r.bad)
			(void)ordinals_unpack(chain->ordinals, r.rest);
	}
	buf_done(&key);
}

/* The least recently begun makes room. */
static struct chain *
chain_of(struct engine *e, uint32_t id)
{
	struct chain	*chain;
	size_t		 i;

	for (i = e->nchains; i > 0; i--)
		if (e->chains[i - 1].id == id)
			return &e->chains[i - 1];
	if (e->nchains == CHAINS_MAX) {
		keep_chain(e, &e->chains[0]);
		free_chain(&e->chains[0]);
		memmove(&e->chains[0], &e->chains[1],
		    (CHAINS_MAX - 1) * sizeof(e->chains[0]));
		e->nchains--;
	}
	chain = &e->chains[e->nchains++];
	memset(chain, 0, sizeof(*chain));
	chain->id = id;
	chain->ordinals = ordinals_new();
	chain->repeats = repeats_new();
	recall_chain(e, chain);
	return chain;
}

void
engine_resume(struct engine *e)
{
	buf_clear(&e->scratch);
	if (e->sink.recall(e->sink.ctx, STR("time"), &e->scratch)) {
		struct buf_reader r = { buf_str(&e->scratch), false };

		e->now = buf_get_i64(&r);	/* 0 when damaged: from new */
	}
	correlate_resume(e->correlate, e->now);
}

void
engine_wake(struct engine *e, struct str key)
{
	(void)correlate_wake(e->correlate, key);
}

void
engine_add_alert(struct engine *e, const struct alert *a)
{
	book_add(e->book, a);
}

/* Engine time follows the lines, but never runs ahead of the wall clock. */
static void
advance(struct engine *e, int64_t at)
{
	if (e->o.live && e->wall != 0 && at > e->wall + FUTURE_US) {
		e->stats.future++;
		return;
	}
	if (at > e->now)
		e->now = at;
	else if (at < e->now - LATE_EVENT_US)
		e->stats.late++;
}

static bool
makes_event(enum line_kind k)
{
	if (line_is_nothing(k))
		return false;
	switch (k) {
	case LINE_UNKNOWN:
	case LINE_CONNECT:
	case LINE_DISCONNECT:
	case LINE_TLS:
	case LINE_MESSAGE_ID:
	case LINE_REMOVED:
		return false;
	default:
		return true;
	}
}

static void
take_line(struct engine *e, struct chain *chain, const struct record *r,
    const struct line *l)
{
	struct line_id id;

	memset(&id, 0, sizeof(id));
	if (makes_event(l->kind)) {
		event_digest(r, id.digest);
		id.ordinal = ordinals_next(chain->ordinals, r->at, id.digest);
	}
	correlate_line(e->correlate, r, l, &id, e->now);
}

/*
 * "last message repeated N times": its host's last message, N times more.
 * False: that was nothing, or is not known any more.
 */
static bool
repeat_line(struct engine *e, struct chain *chain, const struct record *r)
{
	struct record	again;
	struct line	l;

	if (!repeats_get(chain->repeats, r->host, &again))
		return false;
	again.at = r->at;
	again.repeat = r->repeat;
	mta_parse(&again, &l);
	take_line(e, chain, &again, &l);
	return true;
}

void
engine_line(struct engine *e, uint32_t id, const struct record *r,
    const struct line *l)
{
	struct chain *chain = chain_of(e, id);

	e->stats.lines++;
	e->stats.unknown += l->kind == LINE_UNKNOWN;
	e->stats.repeated += r->repeat > 1;
	advance(e, r->at);
	if (syslog_is_repeat(r)) {
		e->stats.ignored += !repeat_line(e, chain, r);
		return;
	}
	e->stats.ignored += line_is_nothing(l->kind);
	take_line(e, chain, r, l);
	if (line_is_repeatable(l->kind))
		repeats_set(chain->repeats, r);
	else
		repeats_clear(chain->repeats, r->host);
}

void
engine_input(struct engine *e, struct event *ev, struct str lines)
{
	if (!e->sink.event(e->sink.ctx, ev)) {
		e->stats.duplicates++;
		return;
	}
	e->stats.events[ev->kind]++;
	if (ev->kind != EVENT_DELIVERY || ev->counted)
		e->stats.classes[ev->class]++;
	policy_learn(e->policy, ev);
	engine_detect(e, ev, lines);
}

void
engine_clock(struct engine *e, int64_t now)
{
	e->wall = now;
}

void
engine_tick(struct engine *e, int64_t now)
{
	e->wall = now;
	if (now > e->now)
		e->now = now;
	correlate_advance(e->correlate, e->now);
	book_advance(e->book, e->now, true);
}

int64_t
engine_due(const struct engine *e)
{
	return correlate_due(e->correlate);
}

void
engine_finish(struct engine *e)
{
	int64_t due;

	while ((due = correlate_due(e->correlate)) != 0)
		correlate_advance(e->correlate, due);
	book_flush(e->book);
}

void
engine_flush(struct engine *e)
{
	size_t i;

	correlate_flush(e->correlate);
	book_flush(e->book);
	for (i = 0; i < e->nchains; i++)
		if (repeats_changed(e->chains[i].repeats) ||
		    ordinals_changed(e->chains[i].ordinals))
			keep_chain(e, &e->chains[i]);
	buf_clear(&e->scratch);
	buf_put_u64(&e->scratch, (uint64_t)e->now);
	e->sink.keep(e->sink.ctx, STR("time"), INT64_MAX, 0,
	    buf_str(&e->scratch));
}

int64_t
engine_now(const struct engine *e)
{
	return e->now;
}

const struct engine_stats *
engine_stats(const struct engine *e)
{
	struct engine_stats		*s = &((struct engine *)e)->stats;
	const struct correlate_stats	*c = correlate_stats(e->correlate);

	s->held = c->held;
	s->evicted = c->evicted;
	s->recalled = c->recalled;
	s->messages = c->messages;
	s->sessions = c->sessions;
	s->profile = scan_stats(e->scan);
	s->learns_since = scan_began(e->scan);
	return s;
}

int
engine_acknowledge(struct engine *e, const struct alert *a, const char *who,
    struct error *err)
{
	return book_acknowledge(e->book, a, who, err);
}

int
engine_resolve(struct engine *e, const struct alert *a, const char *who,
    const char *reason, struct error *err)
{
	return book_resolve(e->book, a, who, reason, err);
}
