/* SPDX-License-Identifier: Apache-2.0 */
/* See scan.h. */
#include "weir/scan.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "weir/mem.h"
#include "scan_priv.h"

#define FIRST_DAY	1.0	/* decades: nothing is usual yet */
#define TEST_AGAIN	1.04	/* tested again when it grew by so much */
#define JOINT_RELATED	0.5	/* decades, when the kinds hang together */
#define GUESSED		0.5	/* decades: it failed there, then succeeded */
#define CLUSTER_HOURS	24	/* a burst and what follows it are one */
#define SITE_SPANS	1.5	/* a site's window needs so many behind it */
#define LATE_US		(10 * USEC_PER_MIN)
#define RETURNS_USUAL	0.02	/* of what was sent: bounced, answered */
#define USUAL_SIGMA	2.0

/* Spread of a rate that is known, by span: what people do from day to day. */
static const double spread[WINDOW_SPAN_COUNT] = { 2, 1, 0.35, 0.2 };
/*
 * Where a burst begins to be one, and how much larger the next rarer one is,
 * before anything was seen.  People and jobs send in bursts of very different
 * sizes; sums over all keys, and what only strangers do, vary less.
 */
static const struct peaks_prior prior_volume = { 0.7, 1.1 };
static const struct peaks_prior prior_kind = { 0.7, 0.5 };
static const struct peaks_prior prior_site = { 0.25, 0.5 };
/* As long as weir is new, bursts may be so much larger. */
#define YOUNG_WIDER	1.0
#define YOUNG_WEEKS	1.0

static bool
is_site(enum alert_key_type t)
{
	return t == KEY_HOST || t == KEY_GLOBAL || t == KEY_RECIPIENT_DOMAIN;
}

/* Is the window to be believed at all? */
static bool
old_enough(const struct scan *s, enum alert_key_type key, enum window_span w,
    int64_t at)
{
	int64_t	age = at - profile_began(s->profile);

	if (w >= WINDOW_24H && age < (w == WINDOW_24H ? s->o.young_us :
	    2 * window_us(w)))
		return false;
	return !is_site(key) || (double)age >= SITE_SPANS *
	    (double)window_us(w < WINDOW_24H ? WINDOW_24H : w);
}

/* What was sent for which these bounces may come back: of domain or host. */
static struct series *
sent_by(struct scan *s, const struct key *k)
{
	struct key	domain = *k;

	if (k->type == KEY_RECIPIENT_DOMAIN)
		domain = key_make(profile_hash_key(s->profile),
		    KEY_SENDER_DOMAIN, STR_NONE, k->text);
	return profile_find(s->profile, &domain, TALLY_RECIPIENTS);
}

static double
expect(struct scan *s, const struct measure *m, struct series *x,
    const struct key *k, enum window_span w, int64_t at, double *ret_size)
{
	/* Bounces come some time after what they bounce. */
	enum window_span behind = w < WINDOW_1H ? WINDOW_1H : w;
	double		 mean, shape;
	struct series	*all;

	mean = baseline_expect(&x->base, profile_season(s->profile), at,
	    window_us(w), x->windows[w].sum, &shape);
	*ret_size = 1 / (1 / shape + spread[w]);
	if (m->tally == TALLY_BOUNCES && (all = profile_find(s->profile, k,
	    TALLY_RECIPIENTS)) != NULL)
		mean += s->o.bounces *
		    window_sum(&all->windows[w], w, at);
	if (m->tally == TALLY_NULL_SENDERS && (all = sent_by(s, k)) != NULL)
		mean += RETURNS_USUAL * window_sum(&all->windows[behind],
		    behind, at);
	return mean;
}

/* A new burst begins a day after the last one did. */
static void
begin_burst(struct series *x, enum window_span w, int64_t at)
{
	uint32_t	hour = baseline_hour(at);

	if (x->peak_hour[w] != 0 && hour < x->peak_hour[w] + CLUSTER_HOURS)
		return;
	if (x->most[w] > x->record[w] && !x->tame)
		x->record[w] = x->most[w];
	x->peak_hour[w] = hour;
	x->peak[w] = x->most[w] = 0;
}

/* What other kinds of evidence say of this actor. */
static double
joint(const struct scan_options *o, const struct actor *a,
    enum evidence self, int64_t at, uint32_t *ret)
{
	double	sum = 0;

	*ret = 0;
	for (int i = 0; a != NULL && i < EVIDENCE_COUNT; i++) {
		bool	related = (i == EVIDENCE_VOLUME &&
			    self == EVIDENCE_SENDER) ||
			    (i == EVIDENCE_SENDER && self == EVIDENCE_VOLUME);
		double	most = related && JOINT_RELATED < o->joint_most ?
			    JOINT_RELATED : o->joint_most;
		double	d = (double)a->evidence[i];

		if (i == (int)self || a->evidence_at[i] == 0 ||
		    at - a->evidence_at[i] > (i == EVIDENCE_GUESSING ?
		    o->guessing_us : o->joint_us))
			continue;
		d = 1 + d < most ? 1 + d : most;
		if (d <= 0)
			continue;
		sum += d;
		*ret |= 1u << i;
	}
	return sum;
}

static struct actor *
note_evidence(struct scan *s, const struct key *k, enum evidence kind,
    double decades, int64_t at)
{
	struct actor	*a;

	if (k->type != KEY_SASL_USERNAME && k->type != KEY_LOCAL_USER &&
	    k->type != KEY_CLIENT_ADDRESS)
		return NULL;
	a = profile_actor(s->profile, k, true);
	if (a->evidence_at[kind] == 0 || decades >= (double)a->evidence[kind]
	    || at - a->evidence_at[kind] > s->o.joint_us)
		a->evidence[kind] = (float)decades;
	a->evidence_at[kind] = at;
	return a;
}

static struct peaks_prior
prior_of(const struct measure *m, double weeks)
{
	struct peaks_prior	p = m->tally <= TALLY_NEW_RECIPIENTS ||
				    m->tally == TALLY_FOREIGN ? prior_volume :
				    is_site(m->key) ? prior_site : prior_kind;

	p.scale *= 1 + YOUNG_WIDER / (1 + weeks / YOUNG_WEEKS);
	return p;
}

/* Steps 1 and 2: is it worth a closer look? */
static bool
is_rare(struct scan *s, const struct stratum *st, struct series *x,
    const struct facts *f, const struct key *k, enum window_span w,
    struct hit *h)
{
	uint32_t	n = window_sum(&x->windows[w], w, f->at);
	int64_t		quiet = x->alarmed == 0 ? 0 : f->at - x->alarmed;
	double		size;

	if (n < x->tested[w])
		x->tested[w] = n;
	/* What the window holds of an alarm that is over is no news. */
	if (n < st->floor || n < x->tested[w] * TEST_AGAIN ||
	    (quiet > s->o.alarm_us && quiet < s->o.alarm_us + window_us(w)) ||
	    !old_enough(s, k->type, w, f->at))
		return false;
	x->tested[w] = n;
	*h = (struct hit){ .detector = st->detector, .measure = st->measure,
	    .span = w, .key = *k, .observed = n,
	    .floor = (uint32_t)st->floor, .shadow = st->shadow };
	h->expected = expect(s, st->measure, x, k, w, f->at, &size);
	h->usual = h->expected + USUAL_SIGMA * sqrt(h->expected +
	    h->expected * h->expected / size);
	h->p_value = baseline_tail(n, h->expected, size);
	if (h->p_value > s->gate)
		return false;
	h->p_value = pow(10, h->p_value);
	return true;
}

/* Steps 3 and 4: how large is it, and how often does that come? */
static double
often(struct scan *s, struct stratum *st, struct series *x, int64_t at,
    const struct hit *h)
{
	enum window_span w = h->span;
	double		 weeks = (double)(at - profile_began(s->profile)) /
			    (7.0 * USEC_PER_DAY);
	struct peaks_prior prior = prior_of(st->measure, weeks);
	bool		 tame = x->tame || (x->alarmed != 0 &&
			    at - x->alarmed < s->o.alarm_us);
	double		 c = 0.1 * st->floor + 0.5, base = h->expected;
	float		 y;

	begin_burst(x, w, at);
	if (st->measure->judging == JUDGE_RECORD &&
	    s->o.record * (double)x->record[w] > base)
		base = s->o.record * (double)x->record[w];
	y = (float)log((h->observed + c) / (base + c));
	if ((float)h->observed > x->most[w])
		x->most[w] = (float)h->observed;
	if (y > x->peak[w] && !tame) {
		peaks_add(&st->peaks[w], &prior, (double)x->peak[w],
		    (double)y);
		x->peak[w] = y;
	}
	return peaks_per_week(&st->peaks[w], &prior, (double)y, tame ? 0 :
	    (double)x->peak[w], weeks);
}

/* Networks that a login came from for the first time, of late. */
static size_t
new_nets(struct scan *s, const struct key *k, int64_t at)
{
	struct series	*x = k->type != KEY_SASL_USERNAME ? NULL :
			    profile_find(s->profile, k, TALLY_NEW_NETS);

	return x == NULL ? 0 : window_sum(&x->windows[WINDOW_24H],
	    WINDOW_24H, at);
}

/* What else is known of a hit. */
static void
detail(struct scan *s, const struct stratum *st, const struct actor *a,
    int64_t at, struct hit *h)
{
	uint32_t	 half = (uint32_t)(at / PROFILE_TOP_US);
	struct topk	*top;

	if (a != NULL) {
		h->nets = new_nets(s, &h->key, at);
		h->recipients = profile_recipients(a, at);
		if (h->recipients < SCAN_RECIPIENTS)
			h->recipients = 0;
	}
	top = profile_top(s->profile, &h->key, st->measure->tally, false);
	if (top == NULL)
		return;
	h->whole = topk_total(top, half);
	h->nparts = topk_list(top, half, h->parts, SCAN_PARTS_MAX);
}

/* What should not be at all: told as it grows, and every hour it goes on. */
static bool
test_count(const struct stratum *st, struct series *x, const struct facts *f,
    const struct key *k, enum window_span w, struct hit *h)
{
	uint32_t	n = window_sum(&x->windows[w], w, f->at);
	uint32_t	hour = baseline_hour(f->at);

	if (n < x->tested[w])
		x->tested[w] = n;
	if (n < st->floor || (n < x->tested[w] * TEST_AGAIN &&
	    hour == x->peak_hour[w]))
		return false;
	x->tested[w] = n;
	x->peak_hour[w] = hour;
	*h = (struct hit){ .detector = st->detector, .measure = st->measure,
	    .span = w, .key = *k, .observed = n,
	    .floor = (uint32_t)st->floor, .expected = NAN, .p_value = NAN,
	    .per_week = NAN, .usual = NAN, .shadow = st->shadow };
	return true;
}

/* Decades more that are asked for in the first day, less by the hour. */
static double
caution(const struct scan *s, int64_t at)
{
	double	days = (double)(at - profile_began(s->profile)) / USEC_PER_DAY;

	return days < 1 ? FIRST_DAY * (1 - days) : 0;
}

/* All five for one window; true: a hit. */
static bool
test(struct scan *s, struct stratum *st, struct series *x,
    const struct facts *f, const struct key *k, enum window_span w,
    struct hit *h)
{
	enum evidence	 kind = st->measure->evidence;
	struct actor	*a;

	if (st->measure->judging == JUDGE_COUNT)
		return test_count(st, x, f, k, w, h);
	if (!is_rare(s, st, x, f, k, w, h))
		return false;
	h->per_week = often(s, st, x, f->at, h);
	a = note_evidence(s, k, kind, -log10(h->per_week), f->at);
	h->joint = joint(&s->o, a, kind, f->at, &h->evidence);
	if (f->new_source && k->type == KEY_SASL_USERNAME &&
	    kind != EVIDENCE_SOURCE &&
	    !(h->evidence >> EVIDENCE_SOURCE & 1)) {
		h->joint += s->o.new_source;
		h->new_source = true;
	}
	h->margin = st->allowed - log10(h->per_week) + h->joint -
	    caution(s, f->at);
	if (h->margin <= 0)
		return false;
	detail(s, st, a, f->at, h);
	return true;
}

/* A hit that nobody is told of explains nothing away. */
static bool
is_told(const struct hit *h)
{
	return !h->shadow && h->exemption == NULL;
}

/* Is what its key does no news elsewhere, and no pattern to learn from? */
static bool
explains(const struct hit *h)
{
	return is_told(h) && h->measure->judging != JUDGE_COUNT;
}

static const struct exemption *
exemption_of(const struct scan *s, const struct event *e,
    const struct facts *f, const struct hit *h)
{
	struct exempt_case	c = { h->detector, e, h->key.type,
				    h->key.text, f->trusted };

	return exempt_find(s->o.exempt, &c);
}

static void
test_all(struct scan *s, struct series *x, const struct event *e,
    const struct facts *f, const struct key *k, struct hit *hits, size_t *n)
{
	const uint8_t	*of = s->watch[k->type][x->tally];
	struct hit	 h;

	/* A login that never worked is nobody's account. */
	if (k->type == KEY_SASL_USERNAME && !f->proven && !f->ours)
		return;
	for (int w = 0; w < WINDOW_SPAN_COUNT; w++) {
		if (of[w] == 0 ||
		    !test(s, &s->strata[of[w] - 1], x, f, k, w, &h))
			continue;
		h.exemption = exemption_of(s, e, f, &h);
		if (explains(&h))
			x->alarmed = f->at;
		if (*n < SCAN_HITS_MAX)
			hits[(*n)++] = h;
	}
}

/* From who did it to where it shows. */
static const enum alert_key_type order[] = {
	KEY_SASL_USERNAME, KEY_LOCAL_USER, KEY_CLIENT_ADDRESS,
	KEY_CLIENT_NETWORK, KEY_SENDER, KEY_SENDER_DOMAIN,
	KEY_RECIPIENT_DOMAIN, KEY_HOST, KEY_GLOBAL,
};

#define NORDER		(sizeof(order) / sizeof(order[0]))
#define SOURCES		4	/* of them: who did it */

static bool
is_alarmed(struct scan *s, const struct facts *f, enum alert_key_type type)
{
	const struct actor	*a;

	if (!(f->known >> type & 1) ||
	    f->at - s->alarmed[type] >= s->o.alarm_us)
		return false;
	a = profile_actor(s->profile, &f->keys[type], false);
	return a != NULL && a->alarmed != 0 &&
	    f->at - a->alarmed < s->o.alarm_us;
}

void
scan_alarm(struct scan *s, const struct facts *f, enum alert_key_type type)
{
	if (!(f->known >> type & 1))
		return;
	profile_actor(s->profile, &f->keys[type], true)->alarmed = f->at;
	if (f->at > s->alarmed[type])
		s->alarmed[type] = f->at;
}

static int
rank(enum alert_key_type type)
{
	size_t	i;

	for (i = 0; i < NORDER && order[i] != type; i++)
		;
	return (int)i;
}

static int
by_rank(const void *va, const void *vb)
{
	const struct hit	*a = va, *b = vb;
	int			 d = rank(a->key.type) - rank(b->key.type);

	if (d != 0)
		return d;
	return (a->margin < b->margin) - (a->margin > b->margin);
}

/* Is a tally of the event kept for its key of that kind? */
static bool
is_concerned(const struct facts *f, enum tally t, enum alert_key_type type)
{
	/* Who sends it, and the network of a client that needs no login. */
	if (tally_is_out(t) && rank(type) < SOURCES)
		return type == f->actor || (type == KEY_CLIENT_NETWORK &&
		    f->actor == KEY_CLIENT_ADDRESS);
	return true;
}

/*
 * Whose doing a tally is: who sends, from where; of outcomes, and of what was
 * received, at which domain.
 */
static void
note_parts(struct scan *s, const struct facts *f, enum tally t,
    const struct key *site)
{
	static const enum alert_key_type types[] = { KEY_SASL_USERNAME,
		KEY_LOCAL_USER, KEY_CLIENT_ADDRESS, KEY_RECIPIENT_DOMAIN };
	const struct key	*keys[4];
	size_t			 n = 0;

	for (size_t i = 0; i < 4; i++) {
		if (!(f->known >> types[i] & 1) ||
		    (types[i] == KEY_RECIPIENT_DOMAIN &&
		    t != TALLY_BOUNCES && t != TALLY_DEFERRALS &&
		    t != TALLY_BLOCKED && t != TALLY_NULL_SENDERS))
			continue;
		keys[n++] = &f->keys[types[i]];
	}
	topk_add(profile_top(s->profile, site, t, true),
	    (uint32_t)(f->at / PROFILE_TOP_US), keys, n, f->n[t]);
}

/* A login that worked, a client that may relay: nobody makes them up. */
static bool
is_proven(const struct facts *f, const struct key *k)
{
	return k->type == KEY_SASL_USERNAME ? f->proven :
	    (k->type == KEY_CLIENT_ADDRESS || k->type == KEY_CLIENT_NETWORK) &&
	    (f->trusted || f->inside);
}

/* Count a tally of the event for one of its keys, and test that. */
static void
take_in(struct scan *s, const struct event *e, const struct facts *f,
    enum tally t, const struct key *k, bool alarmed, struct hit *hits,
    size_t *n)
{
	struct series	*x;

	x = profile_count(s->profile, k, t, f->n[t], f->at, is_proven(f, k),
	    alarmed);
	if (x == NULL)
		return;
	if (t == TALLY_RECIPIENTS && k->type == f->actor &&
	    k->type != KEY_HOST)
		profile_recipient(s->profile, profile_actor(s->profile, k,
		    true), f->recipient, f->at);
	if (k->type == KEY_HOST || k->type == KEY_GLOBAL)
		note_parts(s, f, t, k);
	test_all(s, x, e, f, k, hits, n);
}

size_t
scan_event(struct scan *s, const struct policy *policy, const struct event *e,
    struct facts *f, struct hit hits[SCAN_HITS_MAX])
{
	bool	alarmed = false;
	size_t	n = 0, end;

	f->present = f->known = f->refused = 0;
	if (e->at < s->now - LATE_US)
		return 0;
	if (e->at > s->now)
		s->now = e->at;
	profile_begin(s->profile, e->at);
	tally_event(s->profile, policy, e, s->wanted, f);
	if (f->present == 0)
		return 0;
	if (f->guessed)
		(void)note_evidence(s, &f->keys[KEY_SASL_USERNAME],
		    EVIDENCE_GUESSING, GUESSED, f->at);
	for (size_t i = 0; i < SOURCES; i++)
		alarmed = alarmed || is_alarmed(s, f, order[i]);
	end = alarmed ? SOURCES : NORDER;
	for (size_t i = SOURCES; i < end; i++)
		if (is_alarmed(s, f, order[i]))
			end = i + 1;
	for (size_t i = 0; i < end; i++) {
		const struct key	*k = &f->keys[order[i]];

		if (!(f->known >> order[i] & 1))
			continue;
		for (uint32_t left = f->present & s->kept[order[i]];
		    left != 0; left &= left - 1) {
			enum tally	 t = (enum tally)__builtin_ctz(left);

			if (is_concerned(f, t, order[i]))
				take_in(s, e, f, t, k, alarmed, hits, &n);
		}
	}
	qsort(hits, n, sizeof(*hits), by_rank);
	for (size_t i = 0; i < n; i++)
		if (explains(&hits[i]))
			scan_alarm(s, f, hits[i].key.type);
	return n;
}

int64_t
scan_now(const struct scan *s)
{
	return s->now;
}

struct profile_stats
scan_stats(const struct scan *s)
{
	return profile_stats(s->profile);
}

int64_t
scan_began(const struct scan *s)
{
	return profile_began(s->profile);
}
