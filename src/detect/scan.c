/* SPDX-License-Identifier: Apache-2.0 */
/* See scan.h. */
#include "weir/scan.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "weir/mem.h"
#include "weir/peaks.h"

#define SCAN_GATE	(-3.0)	/* decades: one in a thousand */
#define TEST_AGAIN	1.04	/* tested again when it grew by so much */
#define RECORD_COUNTS	0.9	/* of the largest window yet */
#define JOINT_MOST	1.5	/* decades that one kind of evidence adds */
#define JOINT_RELATED	0.5	/* the same when the kinds hang together */
#define NEW_SOURCE	1.0	/* decades for a network new to the login */
#define GUESSED		0.5	/* decades: it failed there, then succeeded */
#define JOINT_US	(2 * USEC_PER_HOUR)
#define JOINT_GUESS_US	(24 * USEC_PER_HOUR)
#define CLUSTER_HOURS	24	/* a burst and what follows it are one */
#define ALARM_US	(24 * USEC_PER_HOUR)	/* it explains so long */
#define YOUNG_US	(3 * USEC_PER_DAY)	/* before: no long windows */
#define SITE_SPANS	1.5	/* a site's window needs so many behind it */
#define BOUNCES_USUAL	0.035	/* of all recipients */
#define LATE_US		(10 * USEC_PER_MIN)
#define LISTS_MAX	64
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

/* A measure of an enabled detector. */
struct stratum {
	const struct detector	*detector;
	const struct measure	*measure;
	double			 floor;
	double			 allowed;	/* log10, alarms a week */
	bool			 shadow;
	struct peaks		 peaks[WINDOW_SPAN_COUNT];
};

struct scan {
	struct scan_options	 o;
	struct profile		*profile;
	int64_t			 now;		/* the newest event's */
	struct stratum		 strata[LISTS_MAX];
	size_t			 nstrata;
	/* Which strata watch a tally of a kind of key; ends with 0xff. */
	uint8_t			 watch[KEY_TYPE_COUNT][TALLY_COUNT][4];
};

void
scan_options_init(struct scan_options *o)
{
	const struct detector	*d;

	*o = (struct scan_options){ .max_bytes = 128 << 20, .budget = 1 };
	o->settings = xcalloc(detector_count(), sizeof(*o->settings));
	for (size_t i = 0; (d = detector_at(i)) != NULL; i++) {
		o->settings[i].enabled = true;
		for (size_t m = 0; m < d->nmeasures; m++) {
			o->settings[i].floor[m] = d->measures[m].floor;
			o->settings[i].share[m] = d->measures[m].share;
		}
	}
}

void
scan_options_done(struct scan_options *o)
{
	free(o->settings);
}

static void
watch(struct scan *s, const struct measure *m, size_t stratum)
{
	uint8_t	*list = s->watch[m->key][m->tally];

	while (*list != 0xff)
		list++;
	assert(list < s->watch[m->key][m->tally] + 3);
	*list = (uint8_t)stratum;
}

static void
add_strata(struct scan *s, const struct detector *d,
    const struct scan_setting *set, double *shares)
{
	for (size_t m = 0; m < d->nmeasures; m++) {
		struct stratum *st = &s->strata[s->nstrata];

		assert(s->nstrata < LISTS_MAX);
		*st = (struct stratum){ .detector = d,
		    .measure = &d->measures[m], .floor = set->floor[m],
		    .allowed = set->share[m], .shadow = set->shadow };
		*shares += set->share[m];
		watch(s, st->measure, s->nstrata++);
	}
}

struct scan *
scan_new(const struct scan_options *o)
{
	struct scan		*s = xcalloc(1, sizeof(*s));
	const struct detector	*d;
	double			 shares = 0;

	s->o = *o;
	s->o.settings = NULL;
	memset(s->watch, 0xff, sizeof(s->watch));
	s->profile = profile_new(o->hash_key, o->max_bytes);
	for (size_t i = 0; (d = detector_at(i)) != NULL; i++)
		if (o->settings[i].enabled)
			add_strata(s, d, &o->settings[i], &shares);
	for (size_t i = 0; i < s->nstrata; i++)
		s->strata[i].allowed = log10(o->budget *
		    s->strata[i].allowed / shares);
	return s;
}

void
scan_free(struct scan *s)
{
	if (s == NULL)
		return;
	profile_free(s->profile);
	free(s);
}

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

	if (w >= WINDOW_24H && age < (w == WINDOW_24H ? YOUNG_US :
	    2 * window_us(w)))
		return false;
	return !is_site(key) || (double)age >= SITE_SPANS *
	    (double)window_us(w < WINDOW_24H ? WINDOW_24H : w);
}

static double
expect(struct scan *s, const struct measure *m, struct series *x,
    const struct key *k, enum window_span w, int64_t at, double *ret_size)
{
	double		 mean, shape;
	struct series	*all;

	mean = baseline_expect(&x->base, profile_season(s->profile), at,
	    window_us(w), x->windows[w].sum, &shape);
	*ret_size = 1 / (1 / shape + spread[w]);
	if (m->tally == TALLY_BOUNCES && (all = profile_find(s->profile, k,
	    TALLY_RECIPIENTS)) != NULL)
		mean += BOUNCES_USUAL *
		    window_sum(&all->windows[w], w, at);
	return mean;
}

/* A new burst begins a day after the last one did. */
static void
begin_burst(struct series *x, enum window_span w, int64_t at)
{
	uint32_t	hour = baseline_hour(at);

	if (x->peak_hour[w] != 0 && hour - x->peak_hour[w] < CLUSTER_HOURS)
		return;
	if (x->most[w] > x->record[w] && !x->tame)
		x->record[w] = x->most[w];
	x->peak_hour[w] = hour;
	x->peak[w] = x->most[w] = 0;
}

/* What other kinds of evidence say of this actor. */
static double
joint(const struct actor *a, enum evidence self, int64_t at, uint32_t *ret)
{
	double	sum = 0;

	*ret = 0;
	for (int i = 0; a != NULL && i < EVIDENCE_COUNT; i++) {
		bool	related = (i == EVIDENCE_VOLUME &&
			    self == EVIDENCE_SENDER) ||
			    (i == EVIDENCE_SENDER && self == EVIDENCE_VOLUME);
		double	most = related ? JOINT_RELATED : JOINT_MOST;
		double	d = (double)a->evidence[i];

		if (i == (int)self || a->evidence_at[i] == 0 ||
		    at - a->evidence_at[i] > (i == EVIDENCE_GUESSING ?
		    JOINT_GUESS_US : JOINT_US))
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
	    || at - a->evidence_at[kind] > JOINT_US)
		a->evidence[kind] = (float)decades;
	a->evidence_at[kind] = at;
	return a;
}

static struct peaks_prior
prior_of(const struct measure *m, double weeks)
{
	struct peaks_prior	p = is_site(m->key) ? prior_site :
				    m->evidence == EVIDENCE_VOLUME ||
				    m->evidence == EVIDENCE_SENDER ?
				    prior_volume : prior_kind;

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
	    (quiet > ALARM_US && quiet < ALARM_US + window_us(w)) ||
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
	if (h->p_value > SCAN_GATE)
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
			    at - x->alarmed < ALARM_US);
	double		 c = 0.1 * st->floor + 0.5, base = h->expected, y;

	begin_burst(x, w, at);
	if (st->measure->judging == JUDGE_RECORD &&
	    RECORD_COUNTS * (double)x->record[w] > base)
		base = RECORD_COUNTS * (double)x->record[w];
	y = log((h->observed + c) / (base + c));
	if ((float)h->observed > x->most[w])
		x->most[w] = (float)h->observed;
	if (y > (double)x->peak[w]) {
		if (!tame)
			peaks_add(&st->peaks[w], &prior, (double)x->peak[w],
			    y);
		x->peak[w] = (float)y;
	}
	return peaks_per_week(&st->peaks[w], &prior, y, tame ? 0 :
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
	h->joint = joint(a, kind, f->at, &h->evidence);
	if (f->new_source && k->type == KEY_SASL_USERNAME &&
	    kind != EVIDENCE_SOURCE &&
	    !(h->evidence >> EVIDENCE_SOURCE & 1)) {
		h->joint += NEW_SOURCE;
		h->new_source = true;
	}
	h->nets = a == NULL ? 0 : new_nets(s, k, f->at);
	h->margin = st->allowed - log10(h->per_week) + h->joint;
	return h->margin > 0;
}

/* Is what its key does no news elsewhere, and no pattern to learn from? */
static bool
explains(const struct hit *h)
{
	return !h->shadow && h->measure->judging != JUDGE_COUNT;
}

static void
test_all(struct scan *s, struct series *x, const struct facts *f,
    const struct key *k, struct hit *hits, size_t *n)
{
	const uint8_t	*i = s->watch[k->type][x->tally];
	struct hit	 h;

	/* A login that never worked is nobody's account. */
	if (k->type == KEY_SASL_USERNAME && !f->proven && !f->ours)
		return;
	for (; *i != 0xff; i++)
		for (int w = 0; w < WINDOW_SPAN_COUNT; w++) {
			if (!(s->strata[*i].measure->spans >> w & 1) ||
			    !test(s, &s->strata[*i], x, f, k, w, &h))
				continue;
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

	if (!(f->known >> type & 1))
		return false;
	a = profile_actor(s->profile, &f->keys[type], false);
	return a != NULL && a->alarmed != 0 && f->at - a->alarmed < ALARM_US;
}

void
scan_alarm(struct scan *s, const struct facts *f, enum alert_key_type type)
{
	if (f->known >> type & 1)
		profile_actor(s->profile, &f->keys[type], true)->alarmed =
		    f->at;
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
	tally_event(s->profile, policy, e, f);
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
		for (uint32_t left = f->present; left != 0; left &= left - 1) {
			enum tally	 t = (enum tally)__builtin_ctz(left);
			struct series	*x;

			if (!(tally_keys(t) >> order[i] & 1) ||
			    !is_concerned(f, t, order[i]))
				continue;
			x = profile_count(s->profile, k, t, f->n[t], f->at,
			    (k->type == KEY_SASL_USERNAME && f->proven) ||
			    (t >= TALLY_STRANGE_DOMAINS && f->inside),
			    alarmed);
			if (x != NULL)
				test_all(s, x, f, k, hits, &n);
		}
	}
	qsort(hits, n, sizeof(*hits), by_rank);
	for (size_t i = 0; i < n; i++)
		if (explains(&hits[i]))
			scan_alarm(s, f, hits[i].key.type);
	return n;
}

struct profile_stats
scan_stats(const struct scan *s)
{
	return profile_stats(s->profile);
}

#define PACK_VERSION	1

void
scan_pack(struct buf *b, const struct scan *s)
{
	buf_put_u8(b, PACK_VERSION);
	buf_put_u64(b, (uint64_t)s->now);
	buf_put_u32(b, (uint32_t)s->nstrata);
	for (size_t i = 0; i < s->nstrata; i++) {
		buf_put_str(b, str_of(s->strata[i].detector->name));
		buf_put_str(b, str_of(s->strata[i].measure->name));
		for (int w = 0; w < WINDOW_SPAN_COUNT; w++)
			peaks_pack(b, &s->strata[i].peaks[w]);
	}
	profile_pack(b, s->profile);
}

/* A detector may be off now, or new. */
static struct stratum *
find_stratum(struct scan *s, struct str detector, struct str measure)
{
	for (size_t i = 0; i < s->nstrata; i++)
		if (str_eq(str_of(s->strata[i].detector->name), detector) &&
		    str_eq(str_of(s->strata[i].measure->name), measure))
			return &s->strata[i];
	return NULL;
}

static bool
unpack(struct buf_reader *r, struct scan *s)
{
	struct str	detector, measure;
	struct peaks	peaks;
	struct stratum	*st;

	if (buf_get_u8(r) != PACK_VERSION)
		return false;
	s->now = buf_get_i64(r);
	for (uint32_t n = buf_get_u32(r); n > 0 && !r->bad; n--) {
		detector = buf_get_str(r);
		measure = buf_get_str(r);
		st = find_stratum(s, detector, measure);
		for (int w = 0; w < WINDOW_SPAN_COUNT; w++) {
			peaks_unpack(r, &peaks);
			if (st != NULL)
				st->peaks[w] = peaks;
		}
	}
	return !r->bad && profile_unpack(r, s->profile);
}

bool
scan_unpack(struct buf_reader *r, struct scan *s)
{
	if (unpack(r, s))
		return true;
	/* Half of it is worse than none. */
	profile_free(s->profile);
	s->profile = profile_new(s->o.hash_key, s->o.max_bytes);
	for (size_t i = 0; i < s->nstrata; i++)
		memset(s->strata[i].peaks, 0, sizeof(s->strata[i].peaks));
	s->now = 0;
	return false;
}
