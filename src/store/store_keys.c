/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Search keys: for each thing that events are looked up by, a number of 32
 * bits, so that a query reads few rows.  A key narrows, the row decides.
 *
 * Beside each partition lies a table of blocks.  A block holds the keys of
 * some 16,000 rows, sorted and cut into buckets by type and highest bits, one
 * row for each bucket; a look-up reads one bucket of each block.  Rows behind
 * the last block are few and read one by one; their keys wait in the writer's
 * memory.  What a revision changes in rows that are in a block is added by a
 * small block of its own; an old key left behind finds a row that does not
 * match, which does no harm.
 *
 * Measured on a log of a million lines: all keys cost 2,900 instructions and
 * 24 bytes an event; three indexes of SQLite (queue id, message-id, class)
 * cost 8,000 and 55.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store_keys.h"

#define BLOCK_ROWS	16384
#define LATE_MAX	1000000

/*
 * The same for upper and lower case; some other characters fall together too.
 * Keyed, so that nobody can choose what falls together.
 */
static uint32_t
hash_text(const struct store *s, struct str text)
{
	uint64_t h = s->hash_key.k0 ^ text.n, m = s->hash_key.k1 | 1, w;
	size_t n;

	for (; text.n > 0; text.p += n, text.n -= n) {
		n = text.n < sizeof(w) ? text.n : sizeof(w);
		w = 0;
		if (n == sizeof(w))
			memcpy(&w, text.p, sizeof(w));
		else
			memcpy(&w, text.p, n);
		h = (h ^ (w | UINT64_C(0x2020202020202020))) * m;
		h ^= h >> 29;
	}
	h *= m;
	return (uint32_t)(h >> 32);
}

struct str
store_message_id(struct str id)
{
	if (id.n >= 2 && id.p[0] == '<' && id.p[id.n - 1] == '>')
		return (struct str){ id.p + 1, id.n - 2 };
	return id;
}

struct key_range
keys_text(const struct store *s, enum key_type type, struct str text)
{
	uint32_t key = hash_text(s, text);

	return (struct key_range){ type, key, key };
}

struct key_range
keys_domain(const struct store *s, enum key_type type, struct str domain)
{
	uint32_t key = hash_text(s, domain) >> DOMAIN_SHIFT << DOMAIN_SHIFT;

	return (struct key_range){ type, key,
	    key | ((UINT32_C(1) << DOMAIN_SHIFT) - 1) };
}

struct key_range
keys_address(const struct store *s, const struct partition *p,
    enum key_type type, struct str address)
{
	struct str domain = str_domain(address), local = address;
	uint32_t key;

	if (str_known(domain))
		local.n = address.n - domain.n - 1;
	else if (p->shape != SHAPE_PLAIN)
		return keys_text(s, type, address);
	key = keys_domain(s, type, domain).lo |
	    hash_text(s, local) >> (32 - DOMAIN_SHIFT);
	return (struct key_range){ type, key, key };
}

/* Each in a bucket of its own. */
struct key_range
keys_small(const struct partition *p, enum key_type type, uint32_t n)
{
	uint32_t key = p->shape == SHAPE_PLAIN ? n : n << SMALL_SHIFT;

	return (struct key_range){ type, key, key };
}

static uint32_t
v4_of(const struct ip *ip)
{
	return (uint32_t)ip->b[12] << 24 | (uint32_t)ip->b[13] << 16 |
	    (uint32_t)ip->b[14] << 8 | ip->b[15];
}

/* Of IPv6 the network of 64 bits is the key: wider ones are all of them. */
struct key_range
keys_net(const struct store *s, const struct ip_net *net)
{
	struct ip lo, hi;

	ip_net_range(net, &lo, &hi);
	if (net->bits >= 96 && ip_is_v4(&net->addr))
		return (struct key_range){ BY_CLIENT4, v4_of(&lo),
		    v4_of(&hi) };
	if (net->bits >= 64)
		return keys_text(s, BY_CLIENT6, (struct str){
		    (const char *)lo.b, 8 });
	return (struct key_range){ BY_CLIENT6, 0, UINT32_MAX };
}

static void
push(struct keys *k, uint64_t pair)
{
	if (k->n == k->cap) {
		k->cap = k->cap == 0 ? 4096 : 2 * k->cap;
		k->v = xreallocarray(k->v, k->cap, sizeof(*k->v));
	}
	k->v[k->n++] = pair;
}

static void
add_client(struct store *s, struct keys *k, const struct event *e,
    uint64_t off)
{
	struct ip_net net = { .bits = 128 };

	if (!str_known(e->client_address) ||
	    !ip_parse(e->client_address, &net.addr))
		return;
	if (ip_is_v4(&net.addr))
		push(k, pair_of(BY_CLIENT4, v4_of(&net.addr)) | off);
	else
		push(k, pair_of(BY_CLIENT6, keys_net(s, &net).lo) | off);
}

#define ADD_ADDRESS(type, m)						\
	if (str_known(e->m))						\
		push(k, pair_of(type, keys_address(s, p, type, e->m).lo) | off)
#define ADD_TEXT(type, text)						\
	if (str_known(text))						\
		push(k, pair_of(type, hash_text(s, text)) | off)

static void
add_class(const struct partition *p, struct keys *k, enum event_class class,
    uint64_t off)
{
	push(k, pair_of(BY_CLASS, keys_small(p, BY_CLASS,
	    (uint32_t)class).lo) | off);
}

/* What a revision may change. */
static void
add_revised(struct store *s, const struct partition *p, struct keys *k,
    const struct event *e, uint64_t off)
{
	add_class(p, k, e->class, off);
	add_client(s, k, e, off);
	ADD_ADDRESS(BY_USER, sasl_username);
}

void
keys_add(struct store *s, struct partition *p, const struct event *e)
{
	uint64_t off = (uint64_t)(e->seq - p->first_seq);
	struct keys *k = &p->fresh;

	assert(e->seq > p->keyed && off <= OFF_MASK);
	add_revised(s, p, k, e, off);
	if (e->status != STATUS_NONE)
		push(k, pair_of(BY_STATUS, keys_small(p, BY_STATUS,
		    (uint32_t)e->status).lo) | off);
	if (p->shape != SHAPE_PLAIN)
		ADD_TEXT(BY_HOST, e->host);
	ADD_TEXT(BY_QUEUE, e->queue_id);
	ADD_TEXT(BY_MESSAGE, store_message_id(e->message_id));
	ADD_ADDRESS(BY_SENDER, sender);
	ADD_ADDRESS(BY_RECIPIENT, recipient);
	ADD_TEXT(BY_RELAY, e->relay_host);
	ADD_TEXT(BY_RELAY, e->relay_address);
	p->unkeyed++;
	p->unkeyed_last = e->seq;
}

/* Where the keys of a stored row wait. */
static struct keys *
waiting(struct partition *p, int64_t seq)
{
	return seq > p->keyed ? &p->fresh : &p->late;
}

int
keys_revise(struct store *s, struct partition *p, int64_t seq,
    const struct event *e)
{
	add_revised(s, p, waiting(p, seq), e, (uint64_t)(seq - p->first_seq));
	return p->late.n > LATE_MAX ? keys_flush(s, NULL) : 0;
}

int
keys_reclass(struct store *s, struct partition *p, int64_t seq,
    enum event_class class)
{
	add_class(p, waiting(p, seq), class, (uint64_t)(seq - p->first_seq));
	return p->late.n > LATE_MAX ? keys_flush(s, NULL) : 0;
}

void
keys_done(struct partition *p)
{
	free(p->fresh.v);
	free(p->late.v);
	free(p->seen);
	p->fresh = p->late = (struct keys){ 0 };
	p->seen = NULL;
}

/* Least digit first, 11 bits at a time; digits all alike are skipped. */
static void
sort(struct keys *k)
{
	uint64_t *from = k->v, *to, *tmp;
	size_t i, at, n, count[2048];
	int shift;

	to = tmp = xcalloc(k->n, sizeof(*tmp));
	for (shift = 0; shift < 64; shift += 11) {
		memset(count, 0, sizeof(count));
		for (i = 0; i < k->n; i++)
			count[from[i] >> shift & 2047]++;
		if (count[from[0] >> shift & 2047] == k->n)
			continue;
		for (i = at = 0; i < 2048; i++) {
			n = count[i];
			count[i] = at;
			at += n;
		}
		for (i = 0; i < k->n; i++)
			to[count[from[i] >> shift & 2047]++] = from[i];
		tmp = from;
		from = to;
		to = tmp;
	}
	if (from != k->v)
		memcpy(k->v, from, k->n * sizeof(*from));
	free(from != k->v ? from : to);
}

/* There is room for it. */
static void
put_varint(struct buf *b, uint64_t v)
{
	for (; v >= 128; v >>= 7)
		b->p[b->n++] = (char)(v | 128);
	b->p[b->n++] = (char)v;
}

/*
 * Sorted pairs of one bucket: the least distance; then for each pair by how
 * much the key grew, and the distance: from the row before under the same
 * key, from the least one under a new key.  Returns how many pairs it took.
 */
static size_t
encode(const uint64_t *v, size_t n, struct buf *b)
{
	uint64_t least = OFF_MASK, key = 0, off = 0;
	size_t i, count;

	for (count = 0; count < n && v[count] >> BUCKET_SHIFT ==
	    v[0] >> BUCKET_SHIFT; count++)
		if ((v[count] & OFF_MASK) < least)
			least = v[count] & OFF_MASK;
	buf_reserve(b, VARINT_MAX * (2 * count + 1));
	put_varint(b, least);
	for (i = 0; i < count; i++) {
		uint64_t k = v[i] >> KEY_SHIFT & KEY_MASK;

		put_varint(b, k - key);
		if (i == 0 || k != key)
			off = least;
		put_varint(b, (v[i] & OFF_MASK) - off);
		key = k;
		off = v[i] & OFF_MASK;
	}
	return count;
}

/* Write a block. */
static int
write_block(struct store *s, const struct partition *p, struct keys *k,
    struct error *err)
{
	char sql[STORE_SQL_MAX];
	struct buf b = { 0 };
	sqlite3_stmt *st;
	size_t i;
	int rc = 0;

	if (k->n == 0)
		return 0;
	snprintf(sql, sizeof(sql), "INSERT INTO keys_%06" PRId64
	    " SELECT ?1, coalesce(max(block), 0) + 1, ?2 FROM keys_%06" PRId64
	    " WHERE bucket = ?1", p->id, p->id);
	if ((st = store_prepare(s, sql, err)) == NULL)
		return -1;
	sort(k);
	for (i = 0; i < k->n && rc == 0; ) {
		buf_clear(&b);
		sqlite3_bind_int64(st, 1, (int64_t)(k->v[i] >> BUCKET_SHIFT));
		i += encode(&k->v[i], k->n - i, &b);
		store_bind_blob(st, 2, buf_str(&b));
		rc = store_run(s, st, err);
	}
	sqlite3_finalize(st);
	buf_done(&b);
	k->n = 0;
	return rc;
}

int
keys_flush(struct store *s, struct error *err)
{
	size_t i;

	for (i = 0; i < s->nparts; i++) {
		struct partition *p = &s->parts[i];

		if (write_block(s, p, &p->late, err) == -1)
			return -1;
		if (p->unkeyed < (p->closed ? 1 : BLOCK_ROWS))
			continue;
		if (write_block(s, p, &p->fresh, err) == -1)
			return -1;
		p->unkeyed = 0;
		p->keyed = p->unkeyed_last;
		p->keys_dirty = true;
		if (p->closed)
			keys_done(p);
	}
	return 0;
}

int
keys_load(struct store *s, struct partition *p, struct error *err)
{
	struct buf b = { 0 };
	struct event e;
	sqlite3_stmt *st;
	int rc;

	if (p->keyed >= p->last_seq)
		return 0;
	buf_add_str(&b, STR("SELECT "));
	event_select(&b, p, false);
	buf_addf(&b, " FROM events_%06" PRId64 " WHERE seq > %" PRId64,
	    p->id, p->keyed);
	st = store_prepare(s, buf_cstr(&b), err);
	buf_done(&b);
	if (st == NULL)
		return -1;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		event_of_row(st, &e);
		if (e.seq < p->first_seq || e.seq > p->last_seq ||
		    e.seq - p->first_seq > STORE_KEYS_SPAN)
			break;
		keys_add(s, p, &e);
	}
	if (rc == SQLITE_ROW)
		store_fail_text(s, err, "damaged: an event lies outside its "
		    "partition");
	else if (rc != SQLITE_DONE)
		store_fail(s, err, "read its events");
	sqlite3_finalize(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

/* As keys_find, in one bucket of one block. */
static bool
find_in(const struct partition *p, uint64_t bucket, struct str blob,
    const struct key_range *r, size_t max, struct rows *rows)
{
	uint64_t least = get_varint(&blob), off = least, delta;
	uint64_t key = bucket << BUCKET_SHIFT >> KEY_SHIFT & UINT32_MAX;
	bool first = true;

	for (; blob.n > 0; first = false) {
		if ((delta = get_varint(&blob)) != 0 || first)
			off = least;
		key += delta;
		off += get_varint(&blob);
		if (key < r->lo)
			continue;
		if (key > r->hi)
			break;
		if (rows->n == max)
			return false;
		keys_add_row(rows, p->first_seq + (int64_t)off);
	}
	return true;
}

int
keys_find(struct store *s, const struct partition *p,
    const struct key_range *r, size_t max, struct rows *rows,
    struct error *err)
{
	char sql[STORE_SQL_MAX];
	sqlite3_stmt *st;
	bool few = true;
	int rc = SQLITE_ROW;

	snprintf(sql, sizeof(sql), "SELECT bucket, rows FROM keys_%06" PRId64
	    " WHERE bucket BETWEEN ?1 AND ?2", p->id);
	if ((st = store_prepare(s, sql, err)) == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, (int64_t)(pair_of((int)r->type, r->lo) >>
	    BUCKET_SHIFT));
	sqlite3_bind_int64(st, 2, (int64_t)(pair_of((int)r->type, r->hi) >>
	    BUCKET_SHIFT));
	while (few && (rc = sqlite3_step(st)) == SQLITE_ROW)
		few = find_in(p, (uint64_t)sqlite3_column_int64(st, 0),
		    store_column_str(st, 1), r, max, rows);
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		store_fail(s, err, "read its keys");
	sqlite3_finalize(st);
	return rc != SQLITE_DONE && rc != SQLITE_ROW ? -1 : few;
}
