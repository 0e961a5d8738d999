/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inputs once more, in the order in which they were taken in.  Where late
 * truth gave an event another class, it is told with the class it had first,
 * and again when it was revised; what a corrected policy said was never a
 * surprise to the engine, so it is told as it is.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "weir/engine.h"
#include "weir/map.h"
#include "weir/mem.h"
#include "store_priv.h"

#define REVISIONS_MAX	200000	/* remembered at once */

struct revision {
	int64_t		 seq;
	uint8_t		 id[EVENT_ID_SIZE];
	enum event_class before, after;
	struct buf	 event;		/* packed, once it was met */
};

struct replay {
	struct store		*s;
	struct revision		*list;	/* by seq */
	size_t			 n, next;
	struct map		*by_id;	/* the first one of an event */
	const struct store_replay *to;
};

static struct str
id_str(const uint8_t *id)
{
	return (struct str){ (const char *)id, EVENT_ID_SIZE };
}

static int
load_revisions(struct replay *r, int64_t after, struct error *err)
{
	static const char sql[] = "SELECT seq, event_id, old_class, new_class"
	    " FROM revision WHERE seq > ?1 AND why NOT IN (?2, ?3)"
	    " ORDER BY seq LIMIT ?4";
	sqlite3_stmt *st;
	int rc;

	if ((st = store_prepare(r->s, sql, err)) == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, after);
	store_bind_str(st, 2, STR(REVISED_BY_POLICY));
	store_bind_str(st, 3, STR(REVISED_BY_PAIRS));
	sqlite3_bind_int64(st, 4, REVISIONS_MAX);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		struct revision *v;

		if (sqlite3_column_bytes(st, 1) != EVENT_ID_SIZE)
			continue;
		r->list = xreallocarray(r->list, r->n + 1, sizeof(*r->list));
		v = &r->list[r->n++];
		memset(v, 0, sizeof(*v));
		v->seq = sqlite3_column_int64(st, 0);
		memcpy(v->id, sqlite3_column_blob(st, 1), EVENT_ID_SIZE);
		v->before = (enum event_class)
		    (sqlite3_column_int(st, 2) % CLASS_COUNT);
		v->after = (enum event_class)
		    (sqlite3_column_int(st, 3) % CLASS_COUNT);
	}
	if (rc != SQLITE_DONE)
		store_fail(r->s, err, "read its revisions");
	sqlite3_finalize(st);
	for (size_t i = r->n; i > 0; i--)
		(void)map_put(r->by_id, id_str(r->list[i - 1].id),
		    &r->list[i - 1]);
	return rc == SQLITE_DONE ? 0 : -1;
}

/* Revisions that came before that place in the sequence. */
static int
tell_revisions(struct replay *r, int64_t seq)
{
	struct buf_reader br;
	struct event e;
	struct revision *v;

	for (; r->next < r->n && r->list[r->next].seq < seq; r->next++) {
		v = map_get(r->by_id, id_str(r->list[r->next].id));
		br = (struct buf_reader){ buf_str(&v->event), false };
		if (v->event.n == 0 || !event_unpack(&br, &e))
			continue;
		e.class = r->list[r->next].after;
		if (r->to->revised(r->to->ctx, &e) != 0)
			return -1;
	}
	return 0;
}

static int
tell_event(struct replay *r, struct event *e)
{
	struct revision *v = map_get(r->by_id, id_str(e->id));

	if (tell_revisions(r, e->seq) == -1)
		return -1;
	if (v != NULL && v->seq > e->seq) {
		event_pack(&v->event, e);
		e->class = v->before;
	}
	return r->to->event(r->to->ctx, e) != 0 ? -1 : 0;
}

/*
 * -1: it failed; 1: fn wants no more.  A reader's snapshot lasts no longer than
 * the statement, so that the writer's log of pages is written back meanwhile.
 */
static int
replay_partition(struct replay *r, const struct partition *p, int64_t after,
    int64_t since, struct error *err)
{
	struct buf sql = { 0 };
	struct event e;
	sqlite3_stmt *st;
	int rc, stop = 0;

	buf_add_str(&sql, STR("SELECT "));
	event_select(&sql, p, false);
	buf_addf(&sql, " FROM events_%06" PRId64
	    " WHERE seq > ?1 AND at >= ?2 ORDER BY seq", p->id);
	st = store_prepare(r->s, buf_cstr(&sql), err);
	buf_done(&sql);
	if (st == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, after);
	sqlite3_bind_int64(st, 2, since);
	rc = SQLITE_DONE;
	while (stop == 0 && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		event_of_row(st, &e);
		stop = tell_event(r, &e);
	}
	if (stop == 0 && rc != SQLITE_DONE)
		store_fail(r->s, err, "read its events");
	sqlite3_finalize(st);
	return stop != 0 ? 1 : rc == SQLITE_DONE ? 0 : -1;
}

static int
replay(struct replay *r, int64_t after, int64_t since, struct error *err)
{
	int rc = 0;

	if (load_revisions(r, after, err) == -1)
		return -1;
	for (size_t i = 0; rc == 0 && i < r->s->nparts; i++)
		if (r->s->parts[i].last_seq > after &&
		    r->s->parts[i].max_at >= since)
			rc = replay_partition(r, &r->s->parts[i], after,
			    since, err);
	if (rc == 0)
		rc = tell_revisions(r, INT64_MAX) == -1;
	return rc == -1 ? -1 : 0;
}

int
store_each_input(struct store *s, int64_t after, int64_t since,
    const struct store_replay *to, struct error *err)
{
	struct replay r = { .s = s, .to = to,
	    .by_id = map_new(HASH_KEY_FIXED) };
	int rc = -1;

	if ((s->in_tx ? batch_flush(s, err) : 0) == 0 &&
	    (s->mode != STORE_READ || partition_load(s, err) == 0))
		rc = replay(&r, after, since, err);
	for (size_t i = 0; i < r.n; i++)
		buf_done(&r.list[i].event);
	free(r.list);
	map_free(r.by_id, NULL);
	return rc;
}
