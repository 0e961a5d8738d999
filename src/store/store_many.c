/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking up many texts at once.  A look-up by key walks a bucket of each block
 * of a partition, so for one text alone it costs a hundred microseconds; here
 * each bucket is walked once for all texts that fall into it.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "weir/mem.h"
#include "store_priv.h"

struct many {
	struct store		*s;
	const struct store_many	*ask;
	struct key_needle	*needles;	/* sorted, each key once */
	size_t			 n;
	struct rows		 rows;
};

static uint32_t
key_of(const struct many *m, struct str text)
{
	return keys_text(m->s, BY_QUEUE, m->ask->by_message_id ?
	    store_message_id(text) : text).lo;
}

static int
by_key(const void *va, const void *vb)
{
	const struct key_needle *a = va, *b = vb;

	return a->key < b->key ? -1 : a->key > b->key;
}

static int
by_seq(const void *va, const void *vb)
{
	const int64_t *a = va, *b = vb;

	return *a < *b ? -1 : *a > *b;
}

static void
make_needles(struct many *m)
{
	size_t i, n = m->ask->n;

	m->needles = xcalloc(n, sizeof(*m->needles));
	for (i = 0; i < n; i++)
		m->needles[i].key = key_of(m, m->ask->texts[i]);
	qsort(m->needles, n, sizeof(*m->needles), by_key);
	for (i = 0; i < n; i++)
		if (m->n == 0 || m->needles[m->n - 1].key !=
		    m->needles[i].key)
			m->needles[m->n++] = m->needles[i];
}

static sqlite3_stmt *
row_statement(struct many *m, const struct partition *p, struct error *err)
{
	struct buf b = { 0 };
	sqlite3_stmt *st;
	const char *sep = "";

	buf_add_str(&b, STR("SELECT "));
#define X(c, type)							\
	buf_addf(&b, "%s" #c, sep);					\
	sep = ", ";
	HEAD_COLUMNS(X)
#undef X
#define X(c)								\
	buf_add_str(&b, STR(", "));					\
	dict_column(&b, p, #c);
	CHAIN_TEXTS(X)
#undef X
	buf_addf(&b, " FROM events_%06" PRId64 " WHERE seq = ?1", p->id);
	st = store_prepare(m->s, buf_cstr(&b), err);
	buf_done(&b);
	return st;
}

static bool
is_asked(const struct store_many *ask, const struct event *e)
{
	return ask->kinds >> e->kind & 1 && e->at >= ask->since &&
	    e->at < ask->until;
}

/* Give the rows that were found in a partition. */
static int
give(struct many *m, const struct partition *p,
    void (*fn)(void *ctx, const struct event *e), void *ctx,
    struct error *err)
{
	sqlite3_stmt *st;
	struct event e;
	size_t i;
	int rc = SQLITE_DONE;

	if (m->rows.n == 0)
		return 0;
	if ((st = row_statement(m, p, err)) == NULL)
		return -1;
	qsort(m->rows.v, m->rows.n, sizeof(*m->rows.v), by_seq);
	for (i = 0; i < m->rows.n; i++) {
		int column = COLUMN_host;

		sqlite3_bind_int64(st, 1, m->rows.v[i]);
		if ((rc = sqlite3_step(st)) == SQLITE_ROW) {
			event_head_of_row(st, &e);
#define X(c) e.c = store_column_str(st, column++);
			CHAIN_TEXTS(X)
#undef X
			if (is_asked(m->ask, &e))
				fn(ctx, &e);
		} else if (rc != SQLITE_DONE)
			break;
		sqlite3_reset(st);
	}
	if (i < m->rows.n)
		store_fail(m->s, err, "read its events");
	sqlite3_finalize(st);
	return i < m->rows.n ? -1 : 0;
}

static void
tell_too_many(const struct many *m)
{
	struct key_needle want, *found;
	size_t i;

	for (i = 0; i < m->ask->n; i++) {
		want.key = key_of(m, m->ask->texts[i]);
		found = bsearch(&want, m->needles, m->n, sizeof(want), by_key);
		m->ask->too_many[i] = found->found > m->ask->max;
	}
}

int
store_each_of_many(struct store *s, const struct store_many *ask,
    void (*fn)(void *ctx, const struct event *e), void *ctx,
    struct error *err)
{
	struct many m = { .s = s, .ask = ask };
	int rc = 0;
	size_t i;

	assert(s->mode != STORE_READ);
	if (ask->n == 0)
		return 0;
	if (batch_flush(s, err) == -1)
		return -1;
	make_needles(&m);
	for (i = 0; i < s->nparts && rc == 0; i++) {
		struct partition *p = &s->parts[i];

		if (p->rows == 0 || p->max_at < ask->since ||
		    p->min_at >= ask->until)
			continue;
		m.rows.n = 0;
		rc = keys_find_many(s, p, ask->by_message_id ? BY_MESSAGE :
		    BY_QUEUE, m.needles, m.n, ask->max, &m.rows, err);
		if (rc == 0)
			rc = give(&m, p, fn, ctx, err);
	}
	if (rc == 0 && ask->too_many != NULL)
		tell_too_many(&m);
	free(m.needles);
	free(m.rows.v);
	return rc;
}

void
store_end_many(struct store *s)
{
	keys_forget_seen(s);
}
