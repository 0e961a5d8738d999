/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index of open alerts.  A key is a kind, a host where the same text means
 * another one there, and the text; what says who did it is one key for all
 * detectors.
 */
#include "book_priv.h"

#define KEY_MERGED	0xff	/* index kind: the detector's one incident */

bool
book_knows(const struct detector *d)
{
	return d != NULL && d->concerns != NULL;
}

/* Does the detector mean the key on that host only? */
static bool
is_hosts_own(const struct detector *d, enum alert_key_type type)
{
	return d == NULL || d->of_host || type == KEY_LOCAL_USER ||
	    type == KEY_HOST;
}

bool
book_is_source(enum alert_key_type type)
{
	return type == KEY_SASL_USERNAME || type == KEY_LOCAL_USER ||
	    type == KEY_CLIENT_ADDRESS || type == KEY_CLIENT_NETWORK;
}

static struct str
index_key(struct book *b, uint8_t kind, struct str detector, struct str host,
    struct str text)
{
	buf_clear(&b->key);
	buf_put_u8(&b->key, kind);
	buf_put_str(&b->key, detector);
	buf_put_str(&b->key, host);
	buf_add_str(&b->key, text);
	return buf_str(&b->key);
}

static struct str
merged_key(struct book *b, const struct detector *d, struct str host)
{
	return index_key(b, KEY_MERGED, str_of(d->name), host, STR_NONE);
}

static struct str
own_key(struct book *b, const struct entry *e, enum alert_key_type type,
    struct str text)
{
	return index_key(b, (uint8_t)type, book_is_source(type) ? STR_NONE :
	    str_of(e->a->detector), is_hosts_own(e->d, type) ?
	    str_of(e->a->host) : STR_NONE, text);
}

/*
 * The first keeps a key, unless one comes that knows; but what goes on under a
 * detector is what began last.
 */
static void
put_key(struct book *b, struct entry *e, struct str key)
{
	struct entry	*holder = map_get(b->index, key);

	if (holder == NULL || (uint8_t)key.p[0] == KEY_MERGED ||
	    (book_knows(e->d) && !book_knows(holder->d)))
		(void)map_put(b->index, key, e);
}

static void
del_key(struct book *b, struct entry *e, struct str key)
{
	if (map_get(b->index, key) == e)
		(void)map_del(b->index, key);
}

struct entry *
book_find_key(struct book *b, const struct detector *d,
    enum alert_key_type type, struct str host, struct str text)
{
	struct str	detector = book_is_source(type) ? STR_NONE :
			    str_of(d->name);
	struct entry	*e;

	e = map_get(b->index, index_key(b, (uint8_t)type, detector, host,
	    text));
	if (e == NULL)
		e = map_get(b->index, index_key(b, (uint8_t)type, detector,
		    STR_NONE, text));
	return e;
}

static void
each_key(struct book *b, struct entry *e,
    void (*fn)(struct book *b, struct entry *e, struct str key))
{
	const struct alert *a = e->a;

	fn(b, e, own_key(b, e, a->key_type, str_of(a->key)));
	for (size_t i = 0; i < a->nrelated; i++)
		fn(b, e, own_key(b, e, a->related[i].key_type,
		    str_of(a->related[i].key)));
	if (e->d == NULL || e->d->merges == MERGES_NOTHING)
		return;
	fn(b, e, merged_key(b, e->d, STR_NONE));
	if (e->d->merges == MERGES_ON_HOST)
		fn(b, e, merged_key(b, e->d, str_of(a->host)));
}

struct entry *
book_find_merged(struct book *b, const struct detector *d, struct str host)
{
	return map_get(b->index, merged_key(b, d, host));
}

void
book_index_key(struct book *b, struct entry *e, enum alert_key_type type,
    struct str text)
{
	put_key(b, e, own_key(b, e, type, text));
}

void
book_index(struct book *b, struct entry *e)
{
	each_key(b, e, put_key);
}

void
book_unindex(struct book *b, struct entry *e)
{
	each_key(b, e, del_key);
}
