/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index of open alerts.  A key is a lane, a kind, a host where the same
 * text means another one there, and the text; what says who did it is one key
 * for all detectors.  What is a hole of the host has alerts of its own whatever
 * else is open under its keys, and is found there by the others.  The lane
 * keeps apart what people are told of and what they are not, so that a trial or
 * an exemption hides nothing else.
 */
#include "book_priv.h"

#define KEY_MERGED	0xff	/* index kind: the detector's one incident */

enum lane
book_lane_of(const struct alert *a)
{
	return a->exempt != NULL ? LANE_EXEMPT :
	    a->shadow ? LANE_SHADOW : LANE_TOLD;
}

enum lane
book_lane_for(const struct report *r)
{
	return r->exemption != NULL ? LANE_EXEMPT :
	    r->shadow ? LANE_SHADOW : LANE_TOLD;
}

/*
 * Does the detector mean the key on that host only?  An address inside is
 * another machine elsewhere; a network outside is the same.
 */
static bool
is_hosts_own(const struct detector *d, enum alert_key_type type)
{
	return d == NULL || (d->of_host && type == KEY_CLIENT_ADDRESS) ||
	    type == KEY_LOCAL_USER || type == KEY_HOST;
}

bool
book_is_source(enum alert_key_type type)
{
	return type == KEY_SASL_USERNAME || type == KEY_LOCAL_USER ||
	    type == KEY_CLIENT_ADDRESS || type == KEY_CLIENT_NETWORK;
}

static struct str
index_key(struct book *b, enum lane lane, uint8_t kind, struct str detector,
    struct str host, struct str text)
{
	buf_clear(&b->key);
	buf_put_u8(&b->key, lane);
	buf_put_u8(&b->key, kind);
	buf_put_str(&b->key, detector);
	buf_put_str(&b->key, host);
	buf_add_str(&b->key, text);
	return buf_str(&b->key);
}

static struct str
merged_key(struct book *b, enum lane lane, const struct detector *d,
    struct str host)
{
	return index_key(b, lane, KEY_MERGED, str_of(d->name), host, STR_NONE);
}

static bool
is_hole(const struct entry *e)
{
	return e->d != NULL && e->d->of_host;
}

/* The key under which the alert's own detector looks, or all do. */
static struct str
key_of(struct book *b, const struct entry *e, enum alert_key_type type,
    struct str text, bool own)
{
	return index_key(b, book_lane_of(e->a), (uint8_t)type,
	    own ? str_of(e->a->detector) : STR_NONE, is_hosts_own(e->d, type) ?
	    str_of(e->a->host) : STR_NONE, text);
}

/*
 * The first keeps a key, unless a hole of the host is found; but what goes on
 * under a detector is what began last.
 */
static void
put_key(struct book *b, struct entry *e, struct str key)
{
	struct entry	*holder = map_get(b->index, key);

	if (holder == NULL || (uint8_t)key.p[1] == KEY_MERGED ||
	    (is_hole(e) && !is_hole(holder)))
		(void)map_put(b->index, key, e);
}

/* The alert's own key is nobody else's, whichever was indexed first. */
static void
put_own(struct book *b, struct entry *e, struct str key)
{
	struct entry	*holder = map_get(b->index, key);

	if (holder == NULL || is_hole(e) || !is_hole(holder))
		(void)map_put(b->index, key, e);
}

static void
del_key(struct book *b, struct entry *e, struct str key)
{
	if (map_get(b->index, key) == e)
		(void)map_del(b->index, key);
}

static struct entry *
get(struct book *b, enum lane lane, enum alert_key_type type,
    struct str detector, struct str host, struct str text)
{
	struct entry	*e;

	/* On the host, and what is the same on every host. */
	e = map_get(b->index, index_key(b, lane, (uint8_t)type, detector,
	    host, text));
	if (e == NULL)
		e = map_get(b->index, index_key(b, lane, (uint8_t)type,
		    detector, STR_NONE, text));
	return e;
}

struct entry *
book_find_key(struct book *b, enum lane lane, const struct detector *d,
    enum alert_key_type type, struct str host, struct str text)
{
	return get(b, lane, type, d->of_host || !book_is_source(type) ?
	    str_of(d->name) : STR_NONE, host, text);
}

struct entry *
book_find_actor(struct book *b, enum lane lane, enum alert_key_type type,
    struct str host, struct str text)
{
	return get(b, lane, type, STR_NONE, host, text);
}

static void
each_name(struct book *b, struct entry *e, enum alert_key_type type,
    struct str text, void (*fn)(struct book *, struct entry *, struct str))
{
	bool	source = book_is_source(type);

	if (is_hole(e) || !source)
		fn(b, e, key_of(b, e, type, text, true));
	/* What merely informs takes nothing in. */
	if (source && (!is_hole(e) || e->a->severity > SEVERITY_INFO))
		fn(b, e, key_of(b, e, type, text, false));
}

static void
each_key(struct book *b, struct entry *e,
    void (*fn)(struct book *, struct entry *, struct str))
{
	const struct alert *a = e->a;

	each_name(b, e, a->key_type, str_of(a->key), fn);
	for (size_t i = 0; i < a->nrelated; i++)
		each_name(b, e, a->related[i].key_type,
		    str_of(a->related[i].key), fn);
	if (e->d == NULL || e->d->merges == MERGES_NOTHING)
		return;
	fn(b, e, merged_key(b, book_lane_of(a), e->d, STR_NONE));
	if (e->d->merges == MERGES_ON_HOST)
		fn(b, e, merged_key(b, book_lane_of(a), e->d,
		    str_of(a->host)));
}

struct entry *
book_find_merged(struct book *b, enum lane lane, const struct detector *d,
    struct str host)
{
	return map_get(b->index, merged_key(b, lane, d, host));
}

void
book_index_key(struct book *b, struct entry *e, enum alert_key_type type,
    struct str text)
{
	each_name(b, e, type, text, put_key);
}

void
book_index(struct book *b, struct entry *e)
{
	each_key(b, e, put_key);
	each_name(b, e, e->a->key_type, str_of(e->a->key), put_own);
}

void
book_unindex(struct book *b, struct entry *e)
{
	each_key(b, e, del_key);
}
