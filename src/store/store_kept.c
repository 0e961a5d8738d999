/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State that the engine keeps here and asks back by key.
 *
 * What was kept since the last commit waits in memory: most of it is forgotten
 * again before it is written.  Most keys that are asked for are not there: a
 * filter of Bloom's says so without SQL (Burton H. Bloom, "Space/time
 * trade-offs in hash coding with allowable errors", CACM 13(7), 1970).  Keys
 * are only ever added to it; when it is too full to be of use it is made anew
 * from the table.
 */
#include <assert.h>
#include <stdlib.h>

#include "weir/map.h"
#include "weir/mem.h"
#include "store_priv.h"

#define CHANGES_MAX	16384		/* before they are written */
#define FILTER_BITS	(1 << 20)
#define FILTER_HASHES	3
/* So many keys in so many bits: one absent key in 40 is asked for. */
#define FILTER_KEYS	(FILTER_BITS / 8)

struct change {
	int64_t		at, due;
	struct buf	blob;		/* empty: forget it */
};

struct kept {
	struct map	*changes;	/* by key: struct change */
	uint64_t	*filter;	/* NULL: not made yet */
	size_t		 nkeys;		/* put into it */
};

int
kept_init(struct store *s)
{
	s->kept = xcalloc(1, sizeof(*s->kept));
	s->kept->changes = map_new(s->hash_key);
	return 0;
}

static void
free_change(void *p)
{
	struct change *c = p;

	buf_done(&c->blob);
	free(c);
}

void
kept_done(struct store *s)
{
	if (s->kept == NULL)
		return;
	map_free(s->kept->changes, free_change);
	free(s->kept->filter);
	free(s->kept);
}

void
kept_forget(struct store *s)
{
	map_free(s->kept->changes, free_change);
	s->kept->changes = map_new(s->hash_key);
}

static bool
filter_has(const struct kept *k, uint64_t hash)
{
	int i;

	assert(k->filter != NULL);
	for (i = 0; i < FILTER_HASHES; i++, hash = hash >> 21 | hash << 43) {
		size_t bit = hash % FILTER_BITS;

		if ((k->filter[bit / 64] >> bit % 64 & 1) == 0)
			return false;
	}
	return true;
}

static void
filter_add(struct kept *k, uint64_t hash)
{
	int i;

	assert(k->filter != NULL);
	k->nkeys++;
	for (i = 0; i < FILTER_HASHES; i++, hash = hash >> 21 | hash << 43) {
		size_t bit = hash % FILTER_BITS;

		k->filter[bit / 64] |= UINT64_C(1) << bit % 64;
	}
}

static int
make_filter(struct store *s, struct error *err)
{
	struct kept *k = s->kept;
	sqlite3_stmt *st;
	int rc;

	if ((st = store_stmt(s, ST_KEPT_KEYS, err)) == NULL)
		return -1;
	free(k->filter);
	k->filter = xcalloc(FILTER_BITS / 64, sizeof(*k->filter));
	k->nkeys = 0;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		filter_add(k, hash_64(s->hash_key, store_column_str(st, 0)));
	sqlite3_reset(st);
	if (rc == SQLITE_DONE)
		return 0;
	free(k->filter);
	k->filter = NULL;
	return store_fail(s, err, "read kept state");
}

static int
write_change(struct store *s, struct str key, const struct change *c,
    struct error *err)
{
	sqlite3_stmt *st;

	st = store_stmt(s, c->blob.n == 0 ? ST_UNKEEP : ST_KEEP, err);
	if (st == NULL)
		return -1;
	store_bind_blob(st, 1, key);
	if (c->blob.n != 0) {
		sqlite3_bind_int64(st, 2, c->at);
		sqlite3_bind_int64(st, 3, c->due);
		store_bind_blob(st, 4, buf_str(&c->blob));
	}
	return store_run(s, st, err);
}

int
kept_flush(struct store *s, struct error *err)
{
	struct kept *k = s->kept;
	struct str key;
	size_t iter = 0;
	void *change;

	if (map_count(k->changes) == 0)
		return 0;
	while (map_next(k->changes, &iter, &key, &change))
		if (write_change(s, key, change, err) == -1)
			return -1;
	kept_forget(s);
	return k->filter != NULL && k->nkeys > FILTER_KEYS ?
	    make_filter(s, err) : 0;
}

int
store_keep(struct store *s, struct str key, int64_t at, int64_t due,
    struct str blob)
{
	struct kept *k = s->kept;
	struct change *c;

	if (s->failed)
		return -1;
	if ((c = map_get(k->changes, key)) == NULL) {
		if (k->filter == NULL && make_filter(s, NULL) == -1)
			return -1;
		if (blob.n == 0 && !filter_has(k, hash_64(s->hash_key, key)))
			return 0;
		c = xcalloc(1, sizeof(*c));
		(void)map_put(k->changes, key, c);
	}
	c->at = at;
	c->due = due;
	buf_clear(&c->blob);
	buf_add_str(&c->blob, blob);
	if (blob.n > 0)
		filter_add(k, hash_64(s->hash_key, key));
	return map_count(k->changes) > CHANGES_MAX ? kept_flush(s, NULL) : 0;
}

bool
store_recall(struct store *s, struct str key, struct buf *ret)
{
	struct kept *k = s->kept;
	struct change *c;
	sqlite3_stmt *st;

	if (s->failed)
		return false;
	if ((c = map_get(k->changes, key)) != NULL) {
		buf_add_str(ret, buf_str(&c->blob));
		return c->blob.n > 0;
	}
	if ((k->filter == NULL && make_filter(s, NULL) == -1) ||
	    !filter_has(k, hash_64(s->hash_key, key)) ||
	    (st = store_stmt(s, ST_RECALL, NULL)) == NULL)
		return false;
	store_bind_blob(st, 1, key);
	return store_append_blob(s, st, ret);
}

/*
 * The keys are read before the first is handed out, for whoever is woken
 * keeps state anew.
 */
int
store_each_due(struct store *s, void (*fn)(void *ctx, struct str key),
    void *ctx, struct error *err)
{
	struct buf b = { 0 };
	struct buf_reader r = { 0 };
	sqlite3_stmt *st;
	int rc;

	if (kept_flush(s, err) == -1 ||
	    (st = store_stmt(s, ST_DUE, err)) == NULL)
		return -1;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		buf_put_str(&b, store_column_str(st, 0));
	if (rc != SQLITE_DONE)
		store_fail(s, err, "read kept state");
	sqlite3_reset(st);
	r.rest = buf_str(&b);
	while (rc == SQLITE_DONE && r.rest.n > 0 && !r.bad)
		fn(ctx, buf_get_str(&r));
	buf_done(&b);
	return rc == SQLITE_DONE ? 0 : -1;
}

int
store_forget(struct store *s, int64_t at)
{
	sqlite3_stmt *st;

	if (s->failed || kept_flush(s, NULL) == -1 ||
	    (st = store_stmt(s, ST_FORGET, NULL)) == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, at);
	return store_run(s, st, NULL);
}
