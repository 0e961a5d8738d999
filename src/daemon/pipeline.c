/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See pipeline.h.  The engine's sink is here: what it hands out goes into the
 * store's open transaction.  A failure of the store sticks until the commit;
 * until then the engine goes on, and then its owner restarts from the store.
 */
#include "weir/pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "weir/backlog.h"
#include "weir/mem.h"
#include "weir/provisional.h"
#include "weir/raise.h"
#include "weir/settings.h"
#include "weir/statistics.h"
#include "weir/status.h"

struct pipeline {
	struct pipeline_options	 o;
	struct store		*store;
	struct store		*disk;		/* `store` stands in for it */
	struct policy		*policy;
	struct engine		*engine;
	struct exempt		*exempt;	/* the engine's */
	struct backlog		 backlog;
	struct provisional	 provisional;
	struct buf		 doubts;
	bool			 open;		/* a transaction is, */
	bool			 failed;	/* or could not be begun */
	struct error		 why;
	bool			 urgent;
	bool			 judging;	/* stored events anew: what */
	enum event_class	 judged;	/* class this one had */
	size_t			 pending;
	struct stream		 at;		/* as read; id 0: stored */
	uint64_t		 policy_changes;	/* when last stored */
	char			*beliefs_json;
	struct snapshot_unknown	 unknown[SNAPSHOT_SAMPLES];
	size_t			 nunknown;
	bool			 ending;	/* nothing more will come */
	int64_t			 kept_at;	/* statistics, last */
	uint64_t		 kept_events;	/* of this engine, by then */
	int64_t			 learnt;	/* events folded at the start */
};

int64_t
pipeline_clock(void)
{
	struct timespec	t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * USEC_PER_SEC + t.tv_nsec / 1000;
}

void
pipeline_db_path(const struct config *c, const char *db, char *ret, size_t size)
{
	if (db != NULL)
		snprintf(ret, size, "%s", db);
	else
		snprintf(ret, size, "%s/weir.db",
		    config_text(c, "weir", NULL, "state-dir"));
}

void
pipeline_begin(struct pipeline *p)
{
	if (p->open)
		return;
	/* The commit reports it; until then nothing may be written. */
	p->failed = store_begin(p->store, &p->why) == -1;
	p->open = true;
}

/* May the sink write?  What fails in the store itself sticks there. */
static bool
writable(struct pipeline *p)
{
	pipeline_begin(p);
	return !p->failed;
}

static bool
sink_event(void *ctx, struct event *e)
{
	struct pipeline	*p = ctx;

	/* After a failure detection goes on; the batch is read again. */
	if (!writable(p))
		return true;
	switch (store_add_event(p->store, e)) {
	case 0:
		return false;
	case 1:
		provisional_event(&p->provisional, e);
		return true;
	default:
		return true;
	}
}

static void
sink_revise(void *ctx, const struct event *e, const char *why)
{
	struct pipeline	*p = ctx;

	if (!writable(p))
		return;
	if (p->provisional.on && why != NULL)
		return;		/* it will come again, and for good */
	provisional_class(&p->provisional, p->store, e);
	(void)(p->judging ? store_revise_class(p->store, e, p->judged, why) :
	    store_revise_event(p->store, e, why));
}

void
pipeline_tell(struct pipeline *p, const struct alert *a,
    enum alert_transition t)
{
	struct outbox_row	row = { 0 };
	struct buf		body = { 0 };
	struct error		err;

	if (!writable(p))
		return;
	row.created = row.next_try = pipeline_clock();
	snprintf(row.type, sizeof(row.type), "%s", alert_transition_name(t));
	memcpy(row.alert, a->id, sizeof(row.alert));
	for (size_t i = 0; i < p->o.nhooks; i++) {
		const struct webhook *h = &p->o.hooks[i];
		char		 id[sizeof(row.webhook_id)];

		buf_clear(&body);
		if (hook_body(h->format, a, t, row.created, &body, &err) == -1)
			continue;
		hook_id(a, t, id, sizeof(id));
		snprintf(row.webhook, sizeof(row.webhook), "%s", h->name);
		memcpy(row.webhook_id, id, sizeof(id));
		row.body = (char *)(uintptr_t)buf_cstr(&body);
		(void)store_add_outbox(p->store, &row);
	}
	buf_done(&body);
}

static void
sink_alert(void *ctx, const struct alert *a, enum alert_transition t)
{
	struct pipeline	*p = ctx;

	if (writable(p)) {
		provisional_alert(&p->provisional, p->store, a);
		(void)store_put_alert(p->store, a);
	}
	if (p->o.alerted != NULL)
		p->o.alerted(p->o.ctx, a, t);
	if (a->shadow || *alert_transition_name(t) == '\0')
		return;
	if (a->historical) {
		if (t == TRANSITION_OPENED && p->o.nhooks > 0 && !p->failed)
			backlog_add(&p->backlog, p->store, a);
		return;
	}
	p->urgent = true;
	pipeline_tell(p, a, t);
}

static void
sink_keep(void *ctx, struct str key, int64_t at, int64_t due, struct str blob)
{
	struct pipeline	*p = ctx;

	if (writable(p) && !p->provisional.on)
		(void)store_keep(p->store, key, at, due, blob);
}

static bool
sink_recall(void *ctx, struct str key, struct buf *ret)
{
	struct pipeline	*p = ctx;

	return writable(p) && store_recall(p->store, key, ret);
}

static void
collect_key(void *ctx, struct str key)
{
	buf_put_str(ctx, key);
}

static int
add_alert(void *ctx, const struct alert *a)
{
	struct pipeline	*p = ctx;

	engine_add_alert(p->engine, a);
	return 0;
}

/* Take up what a former engine left: its state, held things, open alerts. */
static int
resume(struct pipeline *p, struct error *err)
{
	struct alert_filter	 open = { 0 };
	struct buf		 keys = { 0 };
	struct buf_reader	 r;
	int			 rc;

	open.states = 1u << ALERT_OPEN | 1u << ALERT_ACKNOWLEDGED;
	engine_resume(p->engine);
	if ((rc = store_each_due(p->store, collect_key, &keys, err)) == 0)
		rc = store_each_alert(p->store, &open, add_alert, p, NULL,
		    err);
	r = (struct buf_reader){ buf_str(&keys), false };
	while (rc == 0 && r.rest.n > 0)
		engine_wake(p->engine, buf_get_str(&r));
	buf_done(&keys);
	return rc;
}

static void
forget(struct pipeline *p)
{
	if (p->open)
		store_rollback(p->store);
	p->open = p->urgent = p->failed = false;
	p->pending = 0;
	p->at.id = 0;
	engine_free(p->engine);
	policy_free(p->policy);
	exempt_free(p->exempt);
	p->engine = NULL;
	p->exempt = NULL;
	p->policy = NULL;
	free(p->beliefs_json);
	p->beliefs_json = NULL;
}

/* Policy and engine from the store. */
static int
load(struct pipeline *p, struct error *err)
{
	struct beliefs_options	b = { 0 };
	struct engine_options	eo;
	struct engine_sink	sink = { p, sink_event, sink_revise,
				    sink_alert, sink_keep, sink_recall };

	b.config = p->o.config;
	b.finder = p->o.finder;
	b.this_host = p->o.this_host;
	b.now = pipeline_clock();
	pipeline_begin(p);
	buf_clear(&p->doubts);
	if (p->failed)
		return error_set(err, "%s", p->why.text);
	if (provisional_undo(p->store) == -1)
		return error_set(err, "%s", store_error(p->store));
	p->policy = beliefs_load(p->store, &b, &p->doubts, err);
	if (p->policy == NULL)
		return -1;
	backlog_load(&p->backlog, p->store);
	engine_options_init(&eo);
	eo.hash_key = store_hash_key(p->store);
	eo.live = p->o.live;
	if (p->o.config != NULL)
		settings_engine(p->o.config, &eo);
	p->exempt = eo.scan.exempt;
	p->engine = engine_new(&eo, p->policy, &sink);
	engine_options_done(&eo);
	if (resume(p, err) == -1)
		return -1;
	/* Of a stand-in's events the disk knows more. */
	if (statistics_load(p->disk != NULL ? p->disk : p->store, p->engine,
	    &p->learnt, err) == -1)
		return -1;
	p->kept_at = pipeline_clock();
	p->kept_events = 0;
	p->policy_changes = policy_changes(p->policy);
	return pipeline_commit(p, err);
}

struct pipeline *
pipeline_open(const struct pipeline_options *o, struct error *err)
{
	struct pipeline	*p = xcalloc(1, sizeof(*p));
	struct error	 why;

	p->o = *o;
	p->store = store_open(o->db, o->mode, err);
	if (p->store == NULL)
		goto fail;
	if (o->config != NULL)
		store_set_partition_rows(p->store, config_number(o->config,
		    "weir", NULL, "partition-rows"));
	if (load(p, err) == 0)
		return p;
	if (o->live && pipeline_stand_in(p, &why) == 0)
		return p;
fail:
	pipeline_close(p);
	return NULL;
}

void
pipeline_close(struct pipeline *p)
{
	if (p == NULL)
		return;
	if (p->engine != NULL && !p->open && !p->ending && p->disk == NULL) {
		/* What cannot be kept now is learnt again. */
		p->ending = true;
		pipeline_begin(p);
		(void)pipeline_commit(p, NULL);
	}
	forget(p);
	store_close(p->store);
	store_close(p->disk);
	buf_done(&p->doubts);
	backlog_done(&p->backlog);
	free(p);
}

int
pipeline_restart(struct pipeline *p, const struct pipeline_options *o,
    struct error *err)
{
	forget(p);
	p->o = *o;
	if (load(p, err) == 0)
		return 0;
	forget(p);
	return -1;
}

int
pipeline_stand_in(struct pipeline *p, struct error *err)
{
	struct store	*standin;

	forget(p);
	if (p->disk != NULL) {
		/* The one in memory has failed: another. */
		store_close(p->store);
		p->store = p->disk;
		p->disk = NULL;
	}
	if ((standin = store_open_standin(p->store, err)) == NULL)
		return -1;
	p->disk = p->store;
	p->store = standin;
	if (load(p, err) == 0)
		return 0;
	forget(p);
	p->store = p->disk;
	p->disk = NULL;
	store_close(standin);
	return -1;
}

bool
pipeline_has_standin(const struct pipeline *p)
{
	return p->disk != NULL;
}

int
pipeline_leave_standin(struct pipeline *p, struct error *err)
{
	struct store	*standin = p->store;

	if (store_leave_standin(p->disk, standin, err) == -1)
		return 1;
	forget(p);
	p->store = p->disk;
	p->disk = NULL;
	store_close(standin);
	return load(p, err);
}

/* Once for the batches of a stream that follow each other. */
static void
put_position(struct pipeline *p)
{
	if (p->at.id != 0 && !p->failed)
		(void)store_put_stream(p->store, &p->at);
	p->at.id = 0;
}

void
pipeline_take(struct pipeline *p, const struct batch *b)
{
	const struct batch_line	*l;
	const struct stream	*st = &b->stream;

	pipeline_begin(p);
	if (p->at.id != st->id)
		put_position(p);
	if (p->o.live)
		engine_clock(p->engine, pipeline_clock());
	for (l = b->lines; l < b->lines + b->nlines; l++) {
		if (l->line.kind == LINE_UNKNOWN)
			snapshot_count_unknown(p->unknown, &p->nunknown,
			    l->record.unit, l->record.raw);
		engine_line(p->engine, st->chain, &l->record, &l->line);
	}
	if (b->notice_kind[0] != '\0')
		raise_notice(p, b->notice_kind, st->host, str_of(b->notice),
		    engine_now(p->engine), NULL);
	p->at = *st;
	p->pending += b->counts.lines;
}

void
pipeline_alert(struct pipeline *p, const struct alert *a,
    enum alert_transition t)
{
	sink_alert(p, a, t);
}

bool
pipeline_reclassify(struct pipeline *p, struct event *e)
{
	bool	changed;

	p->judged = e->class;
	p->judging = true;
	changed = engine_reclassify(p->engine, e);
	p->judging = false;
	return changed;
}

void
pipeline_caught_up(struct pipeline *p)
{
	struct alert	*a = backlog_summary(&p->backlog);

	if (a == NULL)
		return;
	if (!writable(p)) {
		alert_free(a);
		return;
	}
	pipeline_tell(p, a, TRANSITION_OPENED);
	backlog_clear(&p->backlog, p->store);
	p->urgent = true;
	alert_free(a);
}

size_t
pipeline_pending(const struct pipeline *p)
{
	return p->pending;
}

bool
pipeline_dirty(const struct pipeline *p)
{
	return p->open;
}

bool
pipeline_urgent(const struct pipeline *p)
{
	return p->urgent;
}

/* From time to time, after many events, and when nothing more will come. */
static int
keep_statistics(struct pipeline *p, struct error *err)
{
	const struct engine_stats *s = engine_stats(p->engine);
	int64_t			 now = pipeline_clock();
	uint64_t		 events = 0;

	for (int i = 0; i < EVENT_KIND_COUNT; i++)
		events += s->events[i];
	if (!p->ending && now - p->kept_at < STATISTICS_EVERY_US &&
	    events - p->kept_events < STATISTICS_EVERY_EVENTS)
		return 0;
	p->kept_at = now;
	p->kept_events = events;
	return statistics_keep(p->store, p->engine, err);
}

int
pipeline_commit(struct pipeline *p, struct error *err)
{
	uint64_t	changes;

	if (!p->open)
		return 0;
	if (p->failed)
		return error_set(err, "%s", p->why.text);
	put_position(p);
	engine_flush(p->engine);
	changes = policy_changes(p->policy);
	if (changes != p->policy_changes) {
		(void)beliefs_keep(p->store, p->policy, NULL);
		free(p->beliefs_json);
		p->beliefs_json = NULL;
	}
	if (p->disk == NULL && keep_statistics(p, err) == -1)
		return -1;
	if (store_commit(p->store, err) == -1)
		return -1;
	p->policy_changes = changes;
	p->open = p->urgent = false;
	p->pending = 0;
	return 0;
}

int
pipeline_end(struct pipeline *p, struct error *err)
{
	p->ending = true;
	pipeline_begin(p);
	if (pipeline_commit(p, err) == -1)
		return -1;
	pipeline_begin(p);
	if (p->failed)
		return error_set(err, "%s", p->why.text);
	p->provisional.on = true;
	engine_finish(p->engine);
	if (provisional_keep(&p->provisional, p->store) == -1 ||
	    store_commit(p->store, err) == -1)
		return -1;
	p->open = p->urgent = false;
	p->pending = 0;
	return 0;
}

int
pipeline_put_policy(struct pipeline *p, struct error *err)
{
	pipeline_begin(p);
	free(p->beliefs_json);
	p->beliefs_json = NULL;
	return beliefs_changed(p->store, p->policy, pipeline_clock(), err);
}

struct store *
pipeline_store(struct pipeline *p)
{
	return p->store;
}

struct engine *
pipeline_engine(struct pipeline *p)
{
	return p->engine;
}

struct policy *
pipeline_policy(struct pipeline *p)
{
	return p->policy;
}

struct str
pipeline_doubts(const struct pipeline *p)
{
	return buf_str(&p->doubts);
}

void
pipeline_snapshot(struct pipeline *p, struct snapshot *s)
{
	if (p->engine == NULL)
		return;
	s->engine = *engine_stats(p->engine);
	(void)store_totals(p->disk != NULL ? p->disk : p->store, &s->store,
	    NULL);
	memcpy(s->unknown, p->unknown, sizeof(s->unknown));
	s->nunknown = p->nunknown;
	if (p->beliefs_json == NULL)
		p->beliefs_json = status_beliefs(p->policy);
	s->beliefs_json = p->beliefs_json;
}
