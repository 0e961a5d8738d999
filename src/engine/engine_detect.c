/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event before the detectors: those that know by it alone, and the scan.
 * What was seen before a restart goes through once more without a word.
 */
#include "engine_priv.h"

#define BACKLOG_US	USEC_PER_HOUR

static const struct exemption *
exemption_of(const struct engine *e, const struct report *r)
{
	struct exempt_case	c = { r->detector, r->event, r->key_type,
				    r->key, false };
	struct ip		client;

	c.trusted = ip_parse(r->event->client_address, &client) &&
	    policy_trusts(e->policy, &client);
	return exempt_find(e->o.scan.exempt, &c);
}

/* What a detector knows by the event alone. */
void
engine_show(struct engine *e, struct report *r, const struct facts *f)
{
	const struct detector	*d;
	char			 key[KEY_TEXT_MAX];

	for (size_t i = 0; (d = detector_at(i)) != NULL; i++) {
		if (d->concerns == NULL || e->off[i] ||
		    !d->concerns(r->event, &r->key_type, key))
			continue;
		r->detector = d;
		r->key = str_of(key);
		r->shadow = e->shadow[i];
		r->exemption = exemption_of(e, r);
		r->facts = f;
		r->refused = f == NULL ? 0 : f->refused;
		if (!e->replays)
			book_report(e->book, r);
		if (f != NULL && !r->shadow && r->exemption == NULL) {
			scan_alarm(e->scan, f, KEY_CLIENT_ADDRESS);
			scan_alarm(e->scan, f, KEY_CLIENT_NETWORK);
		}
	}
}

struct report
engine_report(const struct engine *e, const struct event *ev, struct str lines)
{
	return (struct report){ .event = ev, .lines = lines,
	    .policy = e->policy,
	    .historical = !e->o.live || ev->at < e->wall - BACKLOG_US };
}

/* One finding for an event: the best of who did it. */
static void
show_hits(struct engine *e, struct report *r, const struct facts *f,
    const struct hit *hits, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		r->hit = &hits[i];
		r->facts = f;
		r->detector = hits[i].detector;
		r->key_type = hits[i].key.type;
		r->key = hits[i].key.text;
		r->shadow = hits[i].shadow;
		r->exemption = hits[i].exemption;
		book_report(e->book, r);
	}
	r->hit = NULL;
	r->facts = NULL;
}

void
engine_detect(struct engine *e, const struct event *ev, struct str lines)
{
	struct report	r = engine_report(e, ev, lines);
	struct hit	hits[SCAN_HITS_MAX];
	struct facts	f;
	size_t		n = 0;

	f.known = f.refused = 0;
	/* A stamp from the future would make all that follows late. */
	if (ev->kind != EVENT_NOTICE && !(e->o.live && e->wall != 0 &&
	    ev->at > e->wall + FUTURE_US))
		n = scan_event(e->scan, e->policy, ev, &f, hits);
	if (!e->replays)
		book_advance(e->book, scan_now(e->scan), false);
	engine_show(e, &r, &f);
	if (!e->replays)
		show_hits(e, &r, &f, hits, n);
}

/* The same event as it was told before: only its class differs. */
static void
take_back(struct engine *e, const struct event *ev, const char *why)
{
	const struct detector	*d;
	struct event		 before = *ev;
	size_t			 i;

	/*
	 * Which class it had does not matter: the detector that is not
	 * concerned under any class it could have had says so.
	 */
	before.class = CLASS_OPEN_RELAY;
	for (i = 0; (d = detector_at(i)) != NULL; i++)
		book_take_back(e->book, d, &before, why);
}

void
engine_checkpoint(const struct engine *e, struct buf *b)
{
	scan_pack(b, e->scan);
}

bool
engine_restore(struct engine *e, struct str blob)
{
	struct buf_reader r = { blob, false };

	return scan_unpack(&r, e->scan);
}

void
engine_replay(struct engine *e, const struct event *ev)
{
	e->replays = true;
	engine_detect(e, ev, STR_NONE);
	e->replays = false;
}

void
engine_revised(struct engine *e, const struct event *ev)
{
	struct report r = engine_report(e, ev, STR_NONE);

	engine_show(e, &r, NULL);
}

void
engine_replay_revision(struct engine *e, const struct event *ev)
{
	e->replays = true;
	engine_revised(e, ev);
	e->replays = false;
}

bool
engine_reclassify(struct engine *e, struct event *ev)
{
	enum event_class	before = ev->class;
	struct report		r = engine_report(e, ev, STR_NONE);

	if (ev->kind != EVENT_DELIVERY)
		return false;
	ev->class = policy_classify(e->policy, ev);
	ev->policy = policy_version(e->policy);
	if (ev->class == before)
		return false;
	e->stats.revisions++;
	e->sink.revise(e->sink.ctx, ev, REVISED_BY_POLICY);
	if (before == CLASS_OPEN_RELAY)
		take_back(e, ev, "reclassified");
	else
		engine_show(e, &r, NULL);
	return true;
}
