/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which open alert a key belongs to.  An index key is a lane, a kind, a host
 * where the same text means another one there, and the text.  The lane keeps
 * apart what people are told of and what they are not, so that a trial or an
 * exemption hides nothing else.
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

/* Does the detector mean the key on that host only? */
static bool
is_hosts_own(const struct detector *d, enum alert_key_type type)
{
	return d == NULL || type == KEY_LOCAL_USER || type == KEY_HOST;
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

struct str
book_merged_key(struct book *b, enum lane lane, const struct detector *d,
    struct str host)
{
	return index_key(b, lane, KEY_MERGED, str_of(d->name), host, STR_NONE);
}

struct str
book_own_key(struct book *b, const struct entry *e, enum alert_key_type type,
    struct str text)
{
	struct str	detector = book_is_source(type) ? STR_NONE :
			    str_of(e->a->detector);

	return index_key(b, book_lane_of(e->a), (uint8_t)type, detector,
	    is_hosts_own(e->d, type) ? str_of(e->a->host) : STR_NONE, text);
}

/*
 * The first keeps a key; but what goes on under a detector is what began last.
 */
void
book_put_key(struct book *b, struct entry *e, struct str key)
{
	if (map_get(b->index, key) == NULL || (uint8_t)key.p[1] == KEY_MERGED)
		(void)map_put(b->index, key, e);
}

void
book_del_key(struct book *b, struct entry *e, struct str key)
{
	if (map_get(b->index, key) == e)
		(void)map_del(b->index, key);
}

/* On the host, and what is the same on every host. */
struct entry *
book_find_key(struct book *b, enum lane lane, const struct detector *d,
    enum alert_key_type type, struct str host, struct str text)
{
	struct str	detector = book_is_source(type) ? STR_NONE :
			    str_of(d->name);
	struct entry	*e;

	e = map_get(b->index, index_key(b, lane, (uint8_t)type, detector,
	    host, text));
	if (e == NULL)
		e = map_get(b->index, index_key(b, lane, (uint8_t)type,
		    detector, STR_NONE, text));
	return e;
}

void
book_each_key(struct book *b, struct entry *e,
    void (*fn)(struct book *b, struct entry *e, struct str key))
{
	const struct alert *a = e->a;

	fn(b, e, book_own_key(b, e, a->key_type, str_of(a->key)));
	for (size_t i = 0; i < a->nrelated; i++)
		fn(b, e, book_own_key(b, e, a->related[i].key_type,
		    str_of(a->related[i].key)));
	if (e->d == NULL || e->d->merges == MERGES_NOTHING)
		return;
	fn(b, e, book_merged_key(b, book_lane_of(a), e->d, STR_NONE));
	if (e->d->merges == MERGES_ON_HOST)
		fn(b, e, book_merged_key(b, book_lane_of(a), e->d,
		    str_of(a->host)));
}
