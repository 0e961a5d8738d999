/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The correlator's tables: messages and sessions by key, in bounded memory,
 * with what does not fit or has to outlive the process handed to `keep`.
 *
 * Keys: "m" host NUL queue-id, and "s" host NUL pid.  A fresh queue id is
 * never asked back (its line says that it is fresh), so that a busy host costs
 * no look-ups; every other miss is.
 */
#include <stdlib.h>

#include "correlate_priv.h"
#include "weir/map.h"
#include "weir/mem.h"
#include "weir/usec.h"

/* A session that was silent for so long is another one's. */
#define EVICT_STEPS		64	/* of a line: what bounds its time */
#define SESSION_STALE_US	(2 * USEC_PER_HOUR)

struct correlate *
correlate_new(const struct correlate_options *o, struct policy *policy,
    const struct correlate_out *out)
{
	struct correlate	*c = xcalloc(1, sizeof(*c));
	size_t			 i;

	c->o = *o;
	c->policy = policy;
	c->out = *out;
	c->messages = map_new(o->hash_key);
	c->sessions = map_new(o->hash_key);
	TAILQ_INIT(&c->lru);
	TAILQ_INIT(&c->changed);
	for (i = 0; i < WAIT_COUNT; i++)
		TAILQ_INIT(&c->waits[i]);
	TAILQ_INIT(&c->session_lru);
	TAILQ_INIT(&c->session_changed);
	return c;
}

static void
free_message(void *m)
{
	message_free(m);
}

static void
free_session(void *s)
{
	session_free(s);
}

void
correlate_free(struct correlate *c)
{
	if (c == NULL)
		return;
	map_free(c->messages, free_message);
	map_free(c->sessions, free_session);
	buf_done(&c->key);
	buf_done(&c->child_key);
	buf_done(&c->scratch);
	free(c);
}

struct str
correlate_key(struct buf *b, struct str host, struct str qid)
{
	buf_clear(b);
	buf_add_char(b, 'm');
	buf_add_str(b, host);
	buf_add_char(b, '\0');
	buf_add_str(b, qid);
	return buf_str(b);
}

static void
unwait(struct correlate *c, struct message *m)
{
	if (m->wait != WAIT_NONE)
		TAILQ_REMOVE(&c->waits[m->wait], m, waits);
	m->wait = WAIT_NONE;
	m->due = 0;
}

/* Take it out of every list and the map, and free it. */
static void
drop_message(struct correlate *c, struct message *m)
{
	unwait(c, m);
	if (m->dirty)
		TAILQ_REMOVE(&c->changed, m, changed);
	TAILQ_REMOVE(&c->lru, m, lru);
	(void)map_del(c->messages, m->key);
	message_free(m);
}

static void
save_message(struct correlate *c, struct message *m)
{
	buf_clear(&c->scratch);
	message_pack(&c->scratch, m);
	c->out.keep(c->out.ctx, m->key, m->touched_at, m->due,
	    buf_str(&c->scratch));
	m->stored = true;
	if (m->dirty)
		TAILQ_REMOVE(&c->changed, m, changed);
	m->dirty = false;
}

static void
tell_row(struct correlate *c, struct message *m)
{
	unwait(c, m);
	correlate_touch(c, m);
	link_tell_row(c, m);
}

/* Something is still to be told of it, and its time must not be missed. */
static bool
is_awaited(const struct message *m)
{
	return m->wait == WAIT_HOLD || m->wait == WAIT_ROW;
}

static void
put_away(struct correlate *c, struct message *m)
{
	if (m->dirty || !m->stored)
		save_message(c, m);
	drop_message(c, m);
	c->away = true;
	c->stats.evicted++;
}

/* The longest awaited goes with what is known of it. */
static bool
force_out(struct correlate *c)
{
	struct message	*m = TAILQ_FIRST(&c->waits[WAIT_ROW]);
	struct buf	 key = {0};

	if (m == NULL && (m = TAILQ_FIRST(&c->waits[WAIT_HOLD])) == NULL)
		return false;
	buf_add_str(&key, m->key);
	if (m->wait == WAIT_HOLD) {
		unwait(c, m);
		link_give_up(c, m);
		m = map_get(c->messages, buf_str(&key));
	}
	if (m != NULL && m->wait == WAIT_ROW) {
		tell_row(c, m);
		m = map_get(c->messages, buf_str(&key));
	}
	if (m != NULL && !is_awaited(m))
		put_away(c, m);
	buf_done(&key);
	return true;
}

/* Make room: the least recently used that nothing is awaited of is put away. */
static void
evict_messages(struct correlate *c)
{
	struct message	*m, *next;
	int		 steps = EVICT_STEPS;

	for (m = TAILQ_FIRST(&c->lru); m != NULL && steps-- > 0 &&
	    map_count(c->messages) > c->o.messages_max; m = next) {
		next = TAILQ_NEXT(m, lru);
		if (!is_awaited(m)) {
			put_away(c, m);
			continue;
		}
		TAILQ_REMOVE(&c->lru, m, lru);
		TAILQ_INSERT_TAIL(&c->lru, m, lru);
	}
	while (map_count(c->messages) > 2 * c->o.messages_max &&
	    force_out(c))
		;
}

static void
insert_message(struct correlate *c, struct message *m)
{
	(void)map_put(c->messages, m->key, m);
	TAILQ_INSERT_TAIL(&c->lru, m, lru);
}

/* Each list has one length of waiting, so that the end is nearly right. */
static void
insert_wait(struct correlate *c, struct message *m)
{
	struct message_list	*list = &c->waits[m->wait];
	struct message		*before = TAILQ_LAST(list, message_list);

	while (before != NULL && (before->due > m->due ||
	    (before->due == m->due && before->turn > m->turn)))
		before = TAILQ_PREV(before, message_list, waits);
	if (before == NULL)
		TAILQ_INSERT_HEAD(list, m, waits);
	else
		TAILQ_INSERT_AFTER(list, before, m, waits);
}

static void
wait_until(struct correlate *c, struct message *m, enum wait wait,
    int64_t due)
{
	unwait(c, m);
	m->wait = wait;
	m->due = due;
	m->turn = ++c->turn;
	insert_wait(c, m);
}

static struct message *
recall_message(struct correlate *c, struct str key)
{
	struct message	*m;
	enum wait	 wait;

	buf_clear(&c->scratch);
	if (!c->out.recall(c->out.ctx, key, &c->scratch))
		return NULL;
	m = message_unpack(key, buf_str(&c->scratch));
	if (m == NULL)
		return NULL;
	c->stats.recalled++;
	wait = m->wait;
	if ((wait == WAIT_LINGER || wait == WAIT_LATE) && m->due <= c->now) {
		/* Put away, it was not there to be forgotten in time. */
		c->out.keep(c->out.ctx, key, 0, 0, STR_NONE);
		message_free(m);
		return NULL;
	}
	insert_message(c, m);
	if (wait != WAIT_NONE)
		insert_wait(c, m);
	if (m->turn > c->turn)
		c->turn = m->turn;
	return m;
}

struct message *
correlate_find(struct correlate *c, struct str key)
{
	struct message *m = map_get(c->messages, key);

	return m != NULL ? m : recall_message(c, key);
}

struct message *
correlate_open(struct correlate *c, struct str key, int64_t at)
{
	struct message	*old = map_get(c->messages, key);
	struct message	*m = message_new(key);

	/* What is kept under this key is to go with the new one. */
	m->stored = old != NULL ? old->stored : c->away;
	if (old != NULL) {
		/* The queue id is used again: the old message is over. */
		old->removed = true;
		link_give_up(c, old);
		old = map_get(c->messages, m->key);
		if (old != NULL)
			drop_message(c, old);
	}
	m->opened_at = at;
	insert_message(c, m);
	correlate_touch(c, m);
	return m;
}

void
correlate_touch(struct correlate *c, struct message *m)
{
	m->touched_at = c->now;
	TAILQ_REMOVE(&c->lru, m, lru);
	TAILQ_INSERT_TAIL(&c->lru, m, lru);
	if (!m->dirty)
		TAILQ_INSERT_TAIL(&c->changed, m, changed);
	m->dirty = true;
}

void
correlate_forget(struct correlate *c, struct message *m)
{
	if (m->stored)
		c->out.keep(c->out.ctx, m->key, 0, 0, STR_NONE);
	drop_message(c, m);
}

void
correlate_hold(struct correlate *c, struct message *m)
{
	if (m->wait == WAIT_HOLD)
		return;
	wait_until(c, m, WAIT_HOLD, c->now + c->o.hold_us);
	correlate_touch(c, m);
}

void
correlate_row(struct correlate *c, struct message *m)
{
	if (m->wait == WAIT_HOLD || m->wait == WAIT_ROW)
		return;
	wait_until(c, m, WAIT_ROW, c->now + ROW_US);
	correlate_touch(c, m);
}

void
correlate_linger(struct correlate *c, struct message *m)
{
	wait_until(c, m, WAIT_LINGER, c->now + ROW_US);
	correlate_touch(c, m);
}

void
correlate_late(struct correlate *c, struct message *m)
{
	wait_until(c, m, WAIT_LATE, c->now + LATE_US);
	correlate_touch(c, m);
}

static struct str
session_key(struct correlate *c, const struct record *r)
{
	struct buf *b = &c->key;

	buf_clear(b);
	buf_add_char(b, 's');
	buf_add_str(b, r->host);
	buf_add_char(b, '\0');
	buf_put_u32(b, r->pid);
	return buf_str(b);
}

static void
drop_session(struct correlate *c, struct session *s)
{
	if (s->dirty)
		TAILQ_REMOVE(&c->session_changed, s, changed);
	TAILQ_REMOVE(&c->session_lru, s, lru);
	(void)map_del(c->sessions, s->key);
	session_free(s);
}

static void
save_session(struct correlate *c, struct session *s)
{
	buf_clear(&c->scratch);
	session_pack(&c->scratch, s);
	c->out.keep(c->out.ctx, s->key, s->touched_at, 0,
	    buf_str(&c->scratch));
	s->stored = true;
	if (s->dirty)
		TAILQ_REMOVE(&c->session_changed, s, changed);
	s->dirty = false;
}

static struct session *
insert_session(struct correlate *c, struct session *s)
{
	(void)map_put(c->sessions, s->key, s);
	TAILQ_INSERT_TAIL(&c->session_lru, s, lru);
	return s;
}

/* Between lines only: while one is taken, pointers to others are held. */
static void
make_room(struct correlate *c)
{
	struct session *s;

	if (map_count(c->messages) > c->o.messages_max)
		evict_messages(c);
	while (map_count(c->sessions) > c->o.sessions_max) {
		s = TAILQ_FIRST(&c->session_lru);
		save_session(c, s);
		drop_session(c, s);
		c->away = true;
		c->stats.evicted++;
	}
}

struct session *
correlate_session(struct correlate *c, const struct record *r, bool make)
{
	struct str	 key = session_key(c, r);
	struct session	*s = map_get(c->sessions, key);
	int64_t		 stale = c->now - SESSION_STALE_US;

	if (s != NULL && (s->touched_at == 0 || s->touched_at > stale))
		return s;
	if (s != NULL) {
		correlate_forget_session(c, s);
		return make ? insert_session(c, session_new(key)) : NULL;
	}
	buf_clear(&c->scratch);
	if (c->out.recall(c->out.ctx, key, &c->scratch) &&
	    (s = session_unpack(key, buf_str(&c->scratch))) != NULL) {
		if (s->touched_at > stale)
			return insert_session(c, s);
		session_free(s);	/* the pid of one long gone */
	}
	return make ? insert_session(c, session_new(key)) : NULL;
}

struct session *
correlate_open_session(struct correlate *c, const struct record *r)
{
	struct str	 key = session_key(c, r);
	struct session	*s = map_get(c->sessions, key);

	if (s != NULL ? s->stored : c->away)
		c->out.keep(c->out.ctx, key, 0, 0, STR_NONE);
	if (s != NULL)
		drop_session(c, s);
	return insert_session(c, session_new(key));
}

void
correlate_touch_session(struct correlate *c, struct session *s)
{
	s->touched_at = c->now;
	TAILQ_REMOVE(&c->session_lru, s, lru);
	TAILQ_INSERT_TAIL(&c->session_lru, s, lru);
	if (!s->dirty)
		TAILQ_INSERT_TAIL(&c->session_changed, s, changed);
	s->dirty = true;
}

void
correlate_forget_session(struct correlate *c, struct session *s)
{
	if (s->stored)
		c->out.keep(c->out.ctx, s->key, 0, 0, STR_NONE);
	drop_session(c, s);
}

void
correlate_line(struct correlate *c, const struct record *r,
    const struct line *l, const struct line_id *id, int64_t now)
{
	struct take t = { c, r, l, id };

	make_room(c);
	correlate_advance(c, now);
	take_line(&t);
}

void
correlate_resume(struct correlate *c, int64_t now)
{
	c->away = now != 0;
	correlate_advance(c, now);
}

static struct message *
first_due(struct correlate *c, enum wait wait)
{
	struct message *m = TAILQ_FIRST(&c->waits[wait]);

	return m != NULL && m->due <= c->now ? m : NULL;
}

void
correlate_advance(struct correlate *c, int64_t now)
{
	struct message *m;

	if (now > c->now)
		c->now = now;
	while ((m = first_due(c, WAIT_HOLD)) != NULL) {
		unwait(c, m);
		link_give_up(c, m);
	}
	while ((m = first_due(c, WAIT_ROW)) != NULL)
		tell_row(c, m);
	while ((m = first_due(c, WAIT_LINGER)) != NULL ||
	    (m = first_due(c, WAIT_LATE)) != NULL)
		correlate_forget(c, m);
}

int64_t
correlate_due(const struct correlate *c)
{
	const struct message	*m;
	int64_t			 due = 0;
	enum wait		 w;

	for (w = WAIT_HOLD; w <= WAIT_ROW; w++) {
		m = TAILQ_FIRST(&c->waits[w]);
		if (m != NULL && (due == 0 || m->due < due))
			due = m->due;
	}
	return due;
}

bool
correlate_wake(struct correlate *c, struct str key)
{
	if (key.n == 0 || key.p[0] != 'm')
		return key.n > 0 && key.p[0] == 's';
	if (map_get(c->messages, key) == NULL)
		(void)recall_message(c, key);
	return true;
}

void
correlate_flush(struct correlate *c)
{
	struct message	*m;
	struct session	*s;

	while ((m = TAILQ_FIRST(&c->changed)) != NULL)
		save_message(c, m);
	while ((s = TAILQ_FIRST(&c->session_changed)) != NULL)
		save_session(c, s);
}

const struct correlate_stats *
correlate_stats(const struct correlate *c)
{
	struct correlate_stats *stats = &((struct correlate *)c)->stats;

	stats->messages = map_count(c->messages);
	stats->sessions = map_count(c->sessions);
	return stats;
}
