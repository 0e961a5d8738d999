/* SPDX-License-Identifier: Apache-2.0 */
/* See profile.h. */
#include "weir/profile.h"

#include <stddef.h>
#include <stdlib.h>

#include "weir/mem.h"
#include "weir/seen.h"
#include "doorkeeper.h"
#include "profile_priv.h"

#define DOOR_PART	64	/* of the cap is the doorkeeper's; */
/* shares of what that leaves. */
#define SHARE_PROVEN	0.45
#define SHARE_MADE_UP	0.25
#define SHARE_ACTORS	0.10
#define SHARE_SEEN	0.15
#define SHARE_TOPS	0.05
#define MALLOC_BYTES	16	/* that an allocation costs beside its size */
#define ACTOR_BYTES	(sizeof(struct actor) + sizeof(struct nets) +	\
			 sizeof(struct hll) + 2 * MALLOC_BYTES)
#define ADMIT_COUNT	3	/* so often in about an hour */
/* Each key tells the season at most so many events of an hour. */
#define SEASON_MOST	5
#define ROUNDS		1	/* of the clock, for one that was used, */
#define ROUNDS_PAST	4	/* one with a past, and one in an alarm */
#define ROUNDS_ALARM	16
#define PAST_HOURS	48.0F

static void
drop_actor(struct slab *s, void *row)
{
	struct actor	*a = row;

	s->outside -= profile_outside(a);
	free(a->nets);
	free(a->recipients);
}

size_t
profile_outside(const struct actor *a)
{
	return (a->nets != NULL ? sizeof(*a->nets) + MALLOC_BYTES : 0) +
	    (a->recipients != NULL ? sizeof(*a->recipients) + MALLOC_BYTES :
	    0);
}

static size_t
rows_of(size_t bytes, double share, size_t row, size_t least)
{
	/* Two to four slots of the index for each row. */
	size_t	n = (size_t)((double)bytes * share) /
		    (row + 4 * sizeof(uint32_t));

	return n < least ? least : n;
}

struct profile *
profile_new(struct hash_key key, size_t max_bytes)
{
	struct profile	*p = xcalloc(1, sizeof(*p));

	if (max_bytes < PROFILE_LEAST_BYTES)
		max_bytes = PROFILE_LEAST_BYTES;
	p->key = key;
	p->cap_bytes = max_bytes;
	doorkeeper_init(&p->door, max_bytes / DOOR_PART);
	max_bytes -= sizeof(*p) + doorkeeper_bytes(&p->door);
	slab_init(&p->series[0], sizeof(struct series),
	    offsetof(struct series, use), rows_of(max_bytes, SHARE_MADE_UP,
	    sizeof(struct series), 64), NULL);
	slab_init(&p->series[1], sizeof(struct series),
	    offsetof(struct series, use), rows_of(max_bytes, SHARE_PROVEN,
	    sizeof(struct series), 64), NULL);
	for (int i = 0; i < 2; i++)
		slab_init(&p->actors[i], sizeof(struct actor),
		    offsetof(struct actor, use), rows_of(max_bytes,
		    SHARE_ACTORS / 2, ACTOR_BYTES, 64), drop_actor);
	slab_init(&p->tops, sizeof(struct top), offsetof(struct top, use),
	    rows_of(max_bytes, SHARE_TOPS, sizeof(struct top), 4), NULL);
	for (int i = 0; i < 2; i++)
		p->seen[i] = seen_new((size_t)((double)max_bytes *
		    SHARE_SEEN / 2), PROFILE_SEEN_US);
	season_init(&p->season);
	return p;
}

void
profile_free(struct profile *p)
{
	if (p == NULL)
		return;
	slab_done(&p->series[0]);
	slab_done(&p->series[1]);
	slab_done(&p->actors[0]);
	slab_done(&p->actors[1]);
	slab_done(&p->tops);
	seen_free(p->seen[0]);
	seen_free(p->seen[1]);
	doorkeeper_done(&p->door);
	free(p);
}

struct hash_key
profile_hash_key(const struct profile *p)
{
	return p->key;
}

struct key
profile_site(struct profile *p, enum alert_key_type type, struct str text)
{
	struct site	*s = &p->sites[type == KEY_GLOBAL];

	if (s->n != text.n || memcmp(s->text, text.p, s->n) != 0) {
		if (text.n == 0 || text.n > sizeof(s->text))
			return key_make(p->key, type, STR_NONE, text);
		s->hash = key_make(p->key, type, STR_NONE, text).hash;
		s->n = text.n;
		memcpy(s->text, text.p, text.n);
	}
	return (struct key){ type, s->hash, text, STR_NONE };
}

int64_t
profile_began(const struct profile *p)
{
	return p->began;
}

void
profile_begin(struct profile *p, int64_t at)
{
	if (p->began == 0)
		p->began = at;
}

void
profile_set_half_life(struct profile *p, double hours)
{
	p->season.half_life = hours;
}

const struct season *
profile_season(const struct profile *p)
{
	return &p->season;
}

static uint64_t
series_id(const struct key *k, enum tally t)
{
	return k->hash + (uint64_t)t * UINT64_C(0x9e3779b97f4a7c15);
}

static bool
is_site(enum alert_key_type t)
{
	return t == KEY_HOST || t == KEY_GLOBAL || t == KEY_LOCAL_USER;
}

bool
profile_is_seasonal(enum alert_key_type t)
{
	return !is_site(t);
}

struct series *
profile_find(struct profile *p, const struct key *k, enum tally t)
{
	uint64_t	 id = series_id(k, t);
	int		 likely = is_site(k->type) ||
			    k->type == KEY_SASL_USERNAME;
	struct series	*s = slab_find(&p->series[likely], id);

	return s != NULL ? s : slab_find(&p->series[!likely], id);
}

static struct series *
admit(struct profile *p, const struct key *k, enum tally t, uint32_t *n,
    int64_t at, bool proven)
{
	uint64_t	 id = series_id(k, t);
	struct series	*s;

	proven = proven || is_site(k->type);
	/* Of many machines in a trusted network most never send again. */
	if (!proven || !(is_site(k->type) || k->type == KEY_SASL_USERNAME)) {
		uint32_t	seen = doorkeeper_add(&p->door, id, *n, at);

		if (seen < ADMIT_COUNT) {
			p->refused++;
			return NULL;
		}
		if (*n < ADMIT_COUNT)
			*n = ADMIT_COUNT;
	}
	s = slab_add(&p->series[proven], id);
	s->type = (uint8_t)k->type;
	s->tally = (uint8_t)t;
	/* A host was silent before its first; of others nobody knows. */
	if (is_site(k->type))
		s->base.hour = baseline_hour(p->began);
	return s;
}

struct series *
profile_count(struct profile *p, const struct key *k, enum tally t,
    uint32_t n, int64_t at, bool proven, bool tame)
{
	struct series	*s = profile_find(p, k, t);

	if (s == NULL && (s = admit(p, k, t, &n, at, proven)) == NULL)
		return NULL;
	s->use = s->alarmed != 0 ? ROUNDS_ALARM :
	    s->base.hours > PAST_HOURS ? ROUNDS_PAST : ROUNDS;
	s->tame = tame;
	for (int w = 0; w < WINDOW_SPAN_COUNT; w++)
		window_add(&s->windows[w], w, at, n);
	baseline_add(&s->base, &p->season, at, n, tame);
	if (profile_is_seasonal(k->type) && !tame && t == TALLY_MESSAGES &&
	    s->base.n[0] <= SEASON_MOST)
		season_add(&p->season, baseline_hour(at));
	return s;
}

/* As with series, what anybody can make up pushes out only its like. */
static struct slab *
actors_of(struct profile *p, enum alert_key_type t)
{
	return &p->actors[t == KEY_SASL_USERNAME || is_site(t)];
}

/* It has so many bytes more beside its row. */
static void
own(struct profile *p, const struct actor *a, size_t bytes)
{
	actors_of(p, (enum alert_key_type)a->type)->outside += bytes +
	    MALLOC_BYTES;
}

struct actor *
profile_actor(struct profile *p, const struct key *k, bool make)
{
	struct slab	*slab = actors_of(p, k->type);
	struct actor	*a = slab_find(slab, k->hash);

	if (a == NULL && make) {
		a = slab_add(slab, k->hash);
		a->type = (uint8_t)k->type;
	}
	if (a != NULL)
		a->use = a->alarmed != 0 ? ROUNDS_ALARM :
		    a->proven ? ROUNDS_PAST : ROUNDS;
	return a;
}

bool
profile_first_pair(struct profile *p, const struct key *k, char what,
    uint64_t pair, int64_t at)
{
	/* What strangers can make up shares no memory with what they cannot. */
	bool	inside = k->type == KEY_SASL_USERNAME ||
		    k->type == KEY_LOCAL_USER;

	return seen_first(p->seen[inside && what != 'f'], pair, at);
}

bool
profile_first(struct profile *p, const struct key *k, char what,
    struct str text, int64_t at)
{
	return profile_first_pair(p, k, what, key_pair(k, what, text), at);
}

static struct net *
find_net(const struct actor *a, uint32_t net)
{
	for (size_t i = 0; a->nets != NULL && i < a->nets->n; i++)
		if (a->nets->net[i].id == net)
			return &a->nets->net[i];
	return NULL;
}

bool
profile_has_net(const struct actor *a, uint32_t net)
{
	return find_net(a, net) != NULL;
}

size_t
profile_nets(const struct actor *a)
{
	return a->nets == NULL ? 0 : a->nets->n;
}

int
profile_net(struct profile *p, struct actor *a, uint32_t id, int64_t at)
{
	uint32_t	 hour = baseline_hour(at);
	struct net	*n = find_net(a, id), *last;
	bool		 first = a->nets == NULL;

	if (n != NULL) {
		if (hour > n->last)
			n->last = hour;
		return n->first != 0 && hour - n->first <
		    PROFILE_NEW_US / USEC_PER_HOUR ? 2 : 0;
	}
	if (first) {
		a->nets = xcalloc(1, sizeof(*a->nets));
		own(p, a, sizeof(*a->nets));
	}
	if (a->nets->n < PROFILE_NETS) {
		n = &a->nets->net[a->nets->n++];
	} else {
		n = last = a->nets->net;
		for (size_t i = 1; i < PROFILE_NETS; i++)
			if (last[i].last < n->last)
				n = &last[i];
	}
	/* Where it was before we looked, is no news. */
	*n = (struct net){ id, first ? 0 : hour, hour };
	return first ? 0 : 1;
}

void
profile_recipient(struct profile *p, struct actor *a, uint64_t recipient,
    int64_t at)
{
	if (a->recipients == NULL) {
		a->recipients = xcalloc(1, sizeof(*a->recipients));
		own(p, a, sizeof(*a->recipients));
	}
	hll_add(a->recipients, (uint32_t)(at / PROFILE_RECIPIENTS_US),
	    recipient);
}

double
profile_recipients(const struct actor *a, int64_t at)
{
	return a->recipients == NULL ? 0 : hll_count(a->recipients,
	    (uint32_t)(at / PROFILE_RECIPIENTS_US));
}

struct topk *
profile_top(struct profile *p, const struct key *k, enum tally t, bool make)
{
	uint64_t	 id = series_id(k, t);
	struct top	*top = slab_find(&p->tops, id);

	if (top == NULL && make)
		top = slab_add(&p->tops, id);
	if (top == NULL)
		return NULL;
	top->use = ROUNDS;
	return &top->topk;
}

struct profile_stats
profile_stats(const struct profile *p)
{
	struct profile_stats	s = { 0 };

	s.series = p->series[0].n + p->series[1].n;
	s.actors = p->actors[0].n + p->actors[1].n;
	s.cap_bytes = p->cap_bytes;
	s.bytes = slab_bytes(&p->series[0]) + slab_bytes(&p->series[1]) +
	    slab_bytes(&p->actors[0]) + slab_bytes(&p->actors[1]) +
	    slab_bytes(&p->tops) +
	    seen_bytes(p->seen[0]) + seen_bytes(p->seen[1]) +
	    doorkeeper_bytes(&p->door) + sizeof(*p);
	s.evicted = p->series[0].evicted + p->series[1].evicted +
	    p->actors[0].evicted + p->actors[1].evicted;
	s.refused = p->refused;
	s.forgotten_early = seen_early(p->seen[0]) + seen_early(p->seen[1]);
	return s;
}
