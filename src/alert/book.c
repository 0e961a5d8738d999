/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to open alerts; book_index.c finds them by each key of their
 * incident.
 *
 * A detector that knows by itself (open-relay) says "concerns" with the key of
 * an event; what is counted under a key can be taken back under the same key,
 * so that a corrected policy empties an alert and thereby resolves it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "book_priv.h"
#include "weir/mem.h"

#define LINES_EVENTS	5	/* events whose raw lines are kept */

struct book *
book_new(struct hash_key key, const struct book_out *out)
{
	struct book *b = xcalloc(1, sizeof(*b));

	b->index = map_new(key);
	TAILQ_INIT(&b->changed);
	TAILQ_INIT(&b->live);
	b->out = *out;
	book_set_spans(b, BOOK_QUIET_US, BOOK_PAUSE_US);
	return b;
}

void
book_set_spans(struct book *b, int64_t quiet_us, int64_t pause_us)
{
	b->quiet_us = quiet_us;
	b->pause_us = pause_us;
}

static void
free_entry(struct entry *e)
{
	alert_free(e->a);
	free(e);
}

void
book_free(struct book *b)
{
	struct entry *e;

	if (b == NULL)
		return;
	map_free(b->index, NULL);
	while ((e = TAILQ_FIRST(&b->live)) != NULL) {
		TAILQ_REMOVE(&b->live, e, live);
		free_entry(e);
	}
	buf_done(&b->key);
	free(b);
}

size_t
book_count(const struct book *b)
{
	size_t	sum = 0;

	for (int i = 0; i < LANE_COUNT; i++)
		sum += b->n[i];
	return sum;
}

/* The list stays in order of when something was seen last. */
static void
queue(struct book *b, struct entry *e)
{
	struct entry *before = TAILQ_LAST(&b->live, entry_list);

	while (before != NULL && before->a->last_seen > e->a->last_seen)
		before = TAILQ_PREV(before, entry_list, live);
	if (before == NULL)
		TAILQ_INSERT_HEAD(&b->live, e, live);
	else
		TAILQ_INSERT_AFTER(&b->live, before, e, live);
}

static struct entry *
insert(struct book *b, struct alert *a)
{
	struct entry *e = xcalloc(1, sizeof(*e));

	e->a = a;
	e->d = detector_find(str_of(a->detector));
	book_index(b, e);
	queue(b, e);
	b->n[book_lane_of(a)]++;
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
	book_unindex(b, e);
	TAILQ_REMOVE(&b->live, e, live);
	b->n[book_lane_of(e->a)]--;
	free_entry(e);
}

void
book_add(struct book *b, const struct alert *a)
{
	if (a->state != ALERT_RESOLVED)
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
alert_of_finding(const struct finding *f, const struct report *r)
{
	struct alert *a = alert_new();

	a->detector = xstrdup(r->detector->name);
	a->severity = f->severity;
	a->host = str_dup(r->event->host);
	a->key_type = f->key_type;
	a->key = xstrdup(f->key);
	a->title = str_dup(buf_str(&f->title));
	a->runbook = str_dup(buf_str(&f->runbook));
	a->opened = a->first_seen = a->last_seen = r->event->at;
	memcpy(a->reasons, f->reasons, sizeof(a->reasons));
	a->nreasons = f->nreasons;
	a->historical = r->historical;
	a->shadow = book_lane_for(r) != LANE_TOLD;
	if (r->exemption != NULL)
		a->exempt = xstrdup(r->exemption->reason);
	alert_make_id(a, r->event->id);
	return a;
}

/* One more event, or what the scan counted. */
static void
count(struct alert *a, const struct report *r)
{
	const struct event *e = r->event;

	if (r->hit == NULL) {
		a->count += e->repeat;
		if (a->nreasons > 0)
			a->reasons[0].observed = (double)a->count;
	} else if (r->hit->observed > a->count) {
		a->count = r->hit->observed;
	}
	if (e->at > a->last_seen)
		a->last_seen = e->at;
	if (e->at < a->first_seen)
		a->first_seen = e->at;
	/* One event may be found by several measures. */
	if (r->hit == NULL || a->nevidence == 0 ||
	    memcmp(a->evidence[a->nevidence - 1].event_id, e->id,
	    EVENT_ID_SIZE) != 0)
		alert_add_evidence(a, e->id,
		    a->nevidence < LINES_EVENTS ? r->lines : STR_NONE);
}

/* Why nobody is told stands in front of what there would be to tell. */
static void
say_exempt(const struct exemption *m, struct finding *f)
{
	struct buf	title = { 0 };

	buf_addf(&title, "Exempt (%s): %.*s", m->reason,
	    STRF(buf_str(&f->title)));
	buf_done(&f->title);
	f->title = title;
	f->severity = SEVERITY_INFO;
}

static void
describe(const struct report *r, struct finding *f)
{
	finding_init(f);
	if (r->hit != NULL)
		scan_describe(r->hit, r->event, f);
	else
		r->detector->describe(r->policy, r->event, f);
	if (r->exemption != NULL)
		say_exempt(r->exemption, f);
}

/* Who did it, most specific first; what lies behind says where it shows. */
static const enum alert_key_type sources[] = {
	KEY_SASL_USERNAME, KEY_LOCAL_USER, KEY_CLIENT_ADDRESS,
	KEY_CLIENT_NETWORK, KEY_RECIPIENT_DOMAIN, KEY_HOST,
};

#define NSOURCES	(sizeof(sources) / sizeof(sources[0]))

/* Whosever it is, if the key says who did it. */
static struct entry *
find_any(struct book *b, const struct report *r, enum alert_key_type type,
    struct str text)
{
	enum lane	lane = book_lane_for(r);

	return book_is_source(type) ?
	    book_find_actor(b, lane, type, r->event->host, text) :
	    book_find_key(b, lane, r->detector, type, r->event->host, text);
}

/* The alert of somebody less general who caused this event. */
static struct entry *
find_cause(struct book *b, const struct report *r)
{
	struct entry	*e;

	for (size_t i = 0; r->facts != NULL && i < NSOURCES &&
	    sources[i] != r->key_type; i++) {
		if (!(r->facts->known >> sources[i] & 1))
			continue;
		e = find_any(b, r, sources[i], r->facts->keys[sources[i]].text);
		if (e != NULL)
			return e;
	}
	return NULL;
}

static bool
is_login(enum alert_key_type t)
{
	return t == KEY_SASL_USERNAME || t == KEY_LOCAL_USER;
}

static bool
has_key(struct book *b, const struct entry *e, const struct report *r)
{
	return book_find_key(b, book_lane_for(r), r->detector, r->key_type,
	    r->event->host, r->key) == e ||
	    (!r->detector->of_host && find_cause(b, r) == e);
}

/* What goes on under this detector on that host, unless it has paused. */
static struct entry *
find_merged(struct book *b, const struct report *r, struct str host)
{
	struct entry *e = book_find_merged(b, book_lane_for(r), r->detector,
			    host);

	return e == NULL || r->event->at - e->a->last_seen > b->pause_us ?
	    NULL : e;
}

static struct entry *
find_incident(struct book *b, const struct report *r)
{
	enum lane	 lane = book_lane_for(r);
	struct entry	*e = book_find_key(b, lane, r->detector, r->key_type,
			    r->event->host, r->key);

	if (e == NULL && !r->detector->of_host && !is_login(r->key_type))
		e = find_cause(b, r);
	if (e == NULL && r->detector->merges != MERGES_NOTHING)
		e = find_merged(b, r, r->detector->merges == MERGES_ON_HOST ?
		    r->event->host : STR_NONE);
	if (e == NULL && b->n[lane] >= BOOK_ALERTS_MAX)
		e = book_find_key(b, lane, r->detector, KEY_HOST,
		    r->event->host, r->event->host);
	return e;
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

/* Graver than what was open: its words are the alert's from now on. */
static bool
raise_severity(struct entry *e, const struct report *r)
{
	struct finding	f;
	bool		graver;

	describe(r, &f);
	graver = f.severity > e->a->severity;
	if (graver) {
		e->a->severity = f.severity;
		if (e->d == r->detector) {
			free(e->a->title);
			e->a->title = str_dup(buf_str(&f.title));
			free(e->a->runbook);
			e->a->runbook = str_dup(buf_str(&f.runbook));
		}
	}
	finding_done(&f);
	return graver;
}

static void
merge(struct book *b, struct entry *e, const struct report *r)
{
	struct alert_reason	why;

	count(e->a, r);
	/* More are not found again after a restart, so not before either. */
	if (alert_add_related(e->a, r->key_type, r->key))
		book_index_key(b, e, r->key_type, r->key);
	if (r->detector->of_host && !str_eq(r->event->host,
	    str_of(e->a->host)))
		(void)alert_add_related(e->a, KEY_HOST, r->event->host);
	TAILQ_REMOVE(&b->live, e, live);
	queue(b, e);
	if (r->hit != NULL) {
		scan_reason(r->hit, &why);
		alert_add_reason(e->a, &why);
		if (raise_severity(e, r)) {
			book_index(b, e);
			tell(b, e, TRANSITION_UPDATED);
			return;
		}
	}
	change(b, e);
}

/* Of the host: there are too many, or several keys of one incident. */
static void
widen(struct finding *f, const struct report *r, bool several)
{
	f->key_type = KEY_HOST;
	str_copy(r->event->host, f->key, sizeof(f->key));
	if (several)
		buf_addf(&f->title, "; and others: all of them are one "
		    "incident on %.*s from now on", STRF(r->event->host));
}

/* It was tried before in vain: then no policy of ours allows it. */
static void
add_refused(struct finding *f, const struct report *r)
{
	struct alert_reason	*why = &f->reasons[f->nreasons];

	if (r->refused == 0 || f->nreasons == ALERT_REASONS_MAX)
		return;
	(void)snprintf(why->name, sizeof(why->name),
	    "attempts refused before");
	(void)snprintf(why->window, sizeof(why->window), "24 h");
	why->observed = r->refused;
	f->nreasons++;
	if (r->exemption == NULL)
		f->severity = SEVERITY_CRITICAL;
	buf_addf(&f->title, "; %u attempts refused before", r->refused);
}

static struct entry *
open_alert(struct book *b, const struct report *r, bool several)
{
	struct finding	 f;
	struct alert	*a;
	struct entry	*e;

	describe(r, &f);
	add_refused(&f, r);
	if (several || b->n[book_lane_for(r)] >= BOOK_ALERTS_MAX)
		widen(&f, r, several);
	a = alert_of_finding(&f, r);
	if (a->key_type != r->key_type)
		(void)alert_add_related(a, r->key_type, r->key);
	count(a, r);
	e = insert(b, a);
	tell(b, e, TRANSITION_OPENED);
	finding_done(&f);
	return e;
}

/*
 * The second key of what is one incident for a host: an alert of the host,
 * which takes in all that follows.
 */
static void
open_several(struct book *b, struct entry *first, const struct report *r)
{
	struct entry *e = open_alert(b, r, true);

	(void)alert_add_related(e->a, first->a->key_type,
	    str_of(first->a->key));
	change(b, e);
}

/* Attempts, and what only informs, give way to abuse by the same actor. */
static bool
gives_way(const struct entry *e, const struct report *r)
{
	return e != NULL && e->d != NULL && e->d != r->detector &&
	    !r->detector->attempts && (e->d->attempts ||
	    (e->a->severity == SEVERITY_INFO && e->a->exempt == NULL));
}

/* Whatever its key: it may have been tried under a wider or narrower one. */
static void
end_attempts(struct book *b, const struct report *r)
{
	static const char why[] = "more than attempts now: see the alert "
	    "that opened then";
	static const char part[] = "strangers come through that address: see "
	    "the alert that opened then";
	struct entry	*e = find_any(b, r, r->key_type, r->key);

	if (r->hit != NULL && r->detector->grade != NULL &&
	    r->detector->grade(r->hit) == SEVERITY_INFO)
		return;
	if (gives_way(e, r))
		resolve(b, e, why);
	else if (e != NULL && e->d != r->detector && r->detector->of_host &&
	    r->key_type == KEY_CLIENT_ADDRESS)
		resolve(b, e, part);
	if (gives_way(e = find_cause(b, r), r))
		resolve(b, e, why);
}

void
book_report(struct book *b, const struct report *r)
{
	struct entry *e;

	end_attempts(b, r);
	e = find_incident(b, r);
	/* On another host already: this one is not the first network's. */
	if (e == NULL)
		(void)open_alert(b, r, r->detector->merges == MERGES_ON_HOST &&
		    find_merged(b, r, STR_NONE) != NULL);
	else if (e->d == r->detector && e->d->merges != MERGES_NOTHING &&
	    book_is_source(e->a->key_type) && !has_key(b, e, r))
		open_several(b, e, r);
	else
		merge(b, e, r);
}

/* What says that weir is blind is true until it sees again. */
static bool
is_condition(const struct entry *e)
{
	return e->a->key_type == KEY_SOURCE;
}

static void
say_quiet(int64_t span, char *ret, size_t size)
{
	bool	hours = span % USEC_PER_HOUR == 0;

	(void)snprintf(ret, size, "nothing more was seen for %lld %s",
	    (long long)(span / (hours ? USEC_PER_HOUR : USEC_PER_MIN)),
	    hours ? "hours" : "minutes");
}

void
book_advance(struct book *b, int64_t now, bool wall_clock)
{
	struct entry	*e, *next;
	char		 reason[64];

	for (e = TAILQ_FIRST(&b->live); e != NULL &&
	    now - e->a->last_seen > b->quiet_us; e = next) {
		next = TAILQ_NEXT(e, live);
		if (is_condition(e) || (wall_clock && e->a->historical))
			continue;
		say_quiet(b->quiet_us, reason, sizeof(reason));
		resolve(b, e, reason);
	}
}

void
book_take_back(struct book *b, const struct detector *d,
    const struct event *e, const char *reason)
{
	struct entry		*open = NULL;
	char			 key[KEY_TEXT_MAX];
	enum alert_key_type	 type;

	if (d->concerns == NULL || !d->concerns(e, &type, key))
		return;
	/* What it was exempt from then, the settings of now do not tell. */
	for (int i = 0; open == NULL && i < LANE_COUNT; i++) {
		open = book_find_key(b, i, d, type, e->host, str_of(key));
		if (open != NULL && (open->d != d ||
		    e->at < open->a->first_seen))
			open = NULL;
	}
	if (open == NULL)
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
	struct entry *open;

	TAILQ_FOREACH(open, &b->live, live)
		if (memcmp(open->a->id, a->id, EVENT_ID_SIZE) == 0)
			break;

	if (open == NULL) {
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
