/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open alerts by detector, host and key, and what happens to them.
 *
 * A detector says "concerns" with the key of an event; what is counted under a
 * key can be taken back under the same key, so that a corrected policy empties
 * an alert and thereby resolves it.
 */
#include <stdlib.h>
#include <sys/queue.h>

#include "weir/book.h"
#include "weir/map.h"
#include "weir/mem.h"

#define LINES_EVENTS	5	/* events whose raw lines are kept */

struct entry {
	TAILQ_ENTRY(entry)	 changes;
	struct alert		*a;
	bool			 changed;	/* counted since told */
};

TAILQ_HEAD(entry_list, entry);

struct book {
	struct map	*open;
	struct entry_list changed;
	struct book_out	 out;
	struct buf	 key;
};

struct book *
book_new(struct hash_key key, const struct book_out *out)
{
	struct book *b = xcalloc(1, sizeof(*b));

	b->open = map_new(key);
	TAILQ_INIT(&b->changed);
	b->out = *out;
	return b;
}

static void
free_entry(void *p)
{
	struct entry *e = p;

	alert_free(e->a);
	free(e);
}

void
book_free(struct book *b)
{
	if (b == NULL)
		return;
	map_free(b->open, free_entry);
	buf_done(&b->key);
	free(b);
}

size_t
book_count(const struct book *b)
{
	return map_count(b->open);
}

static struct str
key_of(struct book *b, struct str detector, struct str host,
    enum alert_key_type type, struct str key)
{
	buf_clear(&b->key);
	buf_put_str(&b->key, detector);
	buf_put_str(&b->key, host);
	buf_put_u8(&b->key, (uint8_t)type);
	buf_add_str(&b->key, key);
	return buf_str(&b->key);
}

static struct str
key_of_alert(struct book *b, const struct alert *a)
{
	return key_of(b, str_of(a->detector), str_of(a->host), a->key_type,
	    str_of(a->key));
}

static struct entry *
find(struct book *b, struct str key)
{
	return map_get(b->open, key);
}

static struct entry *
insert(struct book *b, struct alert *a)
{
	struct entry *e = xcalloc(1, sizeof(*e));

	e->a = a;
	(void)map_put(b->open, key_of_alert(b, a), e);
	return e;
}

static void
settle(struct book *b, struct entry *e)
{
	if (e->changed)
		TAILQ_REMOVE(&b->changed, e, changes);
	e->changed = false;
}

static void
drop(struct book *b, struct entry *e)
{
	settle(b, e);
	(void)map_del(b->open, key_of_alert(b, e->a));
	free_entry(e);
}

void
book_add(struct book *b, const struct alert *a)
{
	if (a->state != ALERT_RESOLVED && find(b, key_of_alert(b, a)) == NULL)
		(void)insert(b, alert_copy(a));
}

/* Counts are told once a commit, not once an event. */
static void
change(struct book *b, struct entry *e)
{
	if (!e->changed)
		TAILQ_INSERT_TAIL(&b->changed, e, changes);
	e->changed = true;
}

void
book_flush(struct book *b)
{
	struct entry *e;

	while ((e = TAILQ_FIRST(&b->changed)) != NULL) {
		settle(b, e);
		b->out.alert(b->out.ctx, e->a, TRANSITION_COUNTED);
	}
}

static void
tell(struct book *b, struct entry *e, enum alert_transition t)
{
	settle(b, e);
	e->a->version++;
	b->out.alert(b->out.ctx, e->a, t);
}

static struct alert *
alert_of_finding(const struct finding *f, const struct detector *d,
    const struct event *e)
{
	struct alert *a = alert_new();

	a->detector = xstrdup(d->name);
	a->severity = f->severity;
	a->host = str_dup(e->host);
	a->key_type = f->key_type;
	a->key = xstrdup(f->key);
	a->title = str_dup(buf_str(&f->title));
	a->runbook = str_dup(buf_str(&f->runbook));
	a->opened = a->first_seen = a->last_seen = e->at;
	memcpy(a->reasons, f->reasons, sizeof(a->reasons));
	a->nreasons = f->nreasons;
	alert_make_id(a, e->id);
	return a;
}

static void
count(struct alert *a, const struct event *e, struct str lines)
{
	a->count += e->repeat;
	if (e->at > a->last_seen)
		a->last_seen = e->at;
	if (e->at < a->first_seen)
		a->first_seen = e->at;
	if (a->nreasons > 0)
		a->reasons[0].observed = (double)a->count;
	alert_add_evidence(a, e->id,
	    a->nevidence < LINES_EVENTS ? lines : STR_NONE);
}

void
book_find(struct book *b, const struct detector *d, const struct policy *p,
    const struct event *e, struct str lines, bool historical)
{
	struct finding		 f;
	struct entry		*open;
	struct alert		*a;
	char			 key[256];
	enum alert_key_type	 type;

	if (!d->concerns(e, &type, key))
		return;
	open = find(b, key_of(b, str_of(d->name), e->host, type,
	    str_of(key)));
	if (open == NULL && map_count(b->open) >= BOOK_ALERTS_MAX)
		open = find(b, key_of(b, str_of(d->name), e->host,
		    KEY_HOST, e->host));
	if (open != NULL) {
		count(open->a, e, lines);
		change(b, open);
		return;
	}
	finding_init(&f);
	d->describe(p, e, &f);
	if (map_count(b->open) >= BOOK_ALERTS_MAX) {
		f.key_type = KEY_HOST;
		str_copy(e->host, f.key, sizeof(f.key));
	}
	a = alert_of_finding(&f, d, e);
	a->historical = historical;
	count(a, e, lines);
	tell(b, insert(b, a), TRANSITION_OPENED);
	finding_done(&f);
}

static void
resolve(struct book *b, struct entry *e, const char *reason)
{
	e->a->state = ALERT_RESOLVED;
	free(e->a->resolved_reason);
	e->a->resolved_reason = xstrdup(reason);
	tell(b, e, TRANSITION_RESOLVED);
	drop(b, e);
}

void
book_take_back(struct book *b, const struct detector *d,
    const struct event *e, const char *reason)
{
	struct entry		*open;
	char			 key[256];
	enum alert_key_type	 type;

	if (!d->concerns(e, &type, key))
		return;
	open = find(b, key_of(b, str_of(d->name), e->host, type,
	    str_of(key)));
	if (open == NULL || e->at < open->a->first_seen)
		return;
	open->a->count -= e->repeat;
	if (open->a->nreasons > 0)
		open->a->reasons[0].observed = (double)open->a->count;
	if (open->a->count <= 0)
		resolve(b, open, reason);
	else
		change(b, open);
}

static struct entry *
find_open(struct book *b, const struct alert *a, struct error *err)
{
	struct entry *open = find(b, key_of_alert(b, a));

	if (open == NULL || memcmp(open->a->id, a->id, EVENT_ID_SIZE) != 0) {
		error_set(err, "this alert is not open, it is %s",
		    alert_state_name(a->state));
		return NULL;
	}
	return open;
}

int
book_acknowledge(struct book *b, const struct alert *a, const char *who,
    struct error *err)
{
	struct entry *open = find_open(b, a, err);

	if (open == NULL)
		return -1;
	open->a->state = ALERT_ACKNOWLEDGED;
	free(open->a->acknowledged_by);
	open->a->acknowledged_by = xstrdup(who);
	tell(b, open, TRANSITION_ACKNOWLEDGED);
	return 0;
}

int
book_resolve(struct book *b, const struct alert *a, const char *who,
    const char *reason, struct error *err)
{
	struct entry	*open = find_open(b, a, err);
	struct buf	 why = {0};

	if (open == NULL)
		return -1;
	buf_addf(&why, "%s (%s)", reason, who);
	resolve(b, open, buf_cstr(&why));
	buf_done(&why);
	return 0;
}
