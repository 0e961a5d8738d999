/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events on their way into the newest partition.  They wait in memory, where
 * an id is looked up and a class changed without SQL, and go to the table
 * many at a time: one statement over a virtual table costs a fraction of one
 * INSERT for each row.  Written when full, before a query and at the commit.
 * A store in bulk has two batches: one is filled while its writer writes the
 * other.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/mem.h"
#include "store_priv.h"

#define BATCH_ROWS	2048
#define BATCH_SLOTS	(4 * BATCH_ROWS)
#define BATCH_BYTES	((size_t)1 << 20)

struct batch {
	struct event	*rows;
	size_t		 n;
	char		*text;		/* of the rows; never moves */
	size_t		 used, size;
	uint16_t	 slots[BATCH_SLOTS];	/* row + 1 by id; 0: free */
};

struct cursor {
	sqlite3_vtab_cursor	 base;
	size_t			 i;
};

struct table {
	sqlite3_vtab	 base;
	struct store	*store;
};

static int
table_connect(sqlite3 *db, void *ctx, int argc, const char *const *argv,
    sqlite3_vtab **ret, char **ret_error)
{
	struct buf b = { 0 };
	struct table *t;
	int rc;

	(void)argc;
	(void)argv;
	(void)ret_error;
	buf_add_str(&b, STR("CREATE TABLE x ("));
	event_columns(&b, false);
	buf_add_char(&b, ')');
	rc = sqlite3_declare_vtab(db, buf_cstr(&b));
	buf_done(&b);
	if (rc != SQLITE_OK)
		return rc;
	t = xcalloc(1, sizeof(*t));
	t->store = ctx;
	*ret = &t->base;
	return SQLITE_OK;
}

static int
table_disconnect(sqlite3_vtab *t)
{
	free(t);
	return SQLITE_OK;
}

static int
table_plan(sqlite3_vtab *t, sqlite3_index_info *info)
{
	(void)t;
	info->estimatedRows = BATCH_ROWS;
	return SQLITE_OK;
}

static int
cursor_open(sqlite3_vtab *t, sqlite3_vtab_cursor **ret)
{
	struct cursor *c = xcalloc(1, sizeof(*c));

	(void)t;
	*ret = &c->base;
	return SQLITE_OK;
}

static int
cursor_close(sqlite3_vtab_cursor *c)
{
	free(c);
	return SQLITE_OK;
}

static const struct batch *
batch_of(sqlite3_vtab_cursor *c)
{
	return ((struct table *)c->pVtab)->store->written;
}

static int
cursor_filter(sqlite3_vtab_cursor *c, int plan, const char *name, int argc,
    sqlite3_value **argv)
{
	(void)plan;
	(void)name;
	(void)argc;
	(void)argv;
	((struct cursor *)c)->i = 0;
	return SQLITE_OK;
}

static int
cursor_next(sqlite3_vtab_cursor *c)
{
	((struct cursor *)c)->i++;
	return SQLITE_OK;
}

static int
cursor_eof(sqlite3_vtab_cursor *c)
{
	return ((struct cursor *)c)->i >= batch_of(c)->n;
}

static int
cursor_column(sqlite3_vtab_cursor *c, sqlite3_context *ctx, int column)
{
	const struct store *s = ((struct table *)c->pVtab)->store;
	size_t i = ((struct cursor *)c)->i;
	uint32_t number = 0;

	if (column >= COLUMN_host && column < COLUMN_client_port)
		number = dict_number(s, i, column - COLUMN_host);
	if (number != 0)
		sqlite3_result_int64(ctx, number);
	else
		event_to_row(&s->written->rows[i], column, ctx);
	return SQLITE_OK;
}

static int
cursor_rowid(sqlite3_vtab_cursor *c, sqlite3_int64 *ret)
{
	*ret = batch_of(c)->rows[((struct cursor *)c)->i].seq;
	return SQLITE_OK;
}

static const sqlite3_module module = {
	.iVersion = 1,
	.xConnect = table_connect,
	.xBestIndex = table_plan,
	.xDisconnect = table_disconnect,
	.xOpen = cursor_open,
	.xClose = cursor_close,
	.xFilter = cursor_filter,
	.xNext = cursor_next,
	.xEof = cursor_eof,
	.xColumn = cursor_column,
	.xRowid = cursor_rowid,
};

static struct batch *
new_batch(void)
{
	struct batch *b = xcalloc(1, sizeof(*b));

	b->rows = xcalloc(BATCH_ROWS, sizeof(*b->rows));
	b->size = BATCH_BYTES;
	b->text = xmalloc(BATCH_BYTES);
	return b;
}

static void
free_batch(struct batch *b)
{
	if (b == NULL)
		return;
	free(b->rows);
	free(b->text);
	free(b);
}

int
batch_init(struct store *s, struct error *err)
{
	if (s->mode == STORE_READ)
		return 0;
	s->batch = new_batch();
	if (s->mode == STORE_BULK)
		s->spare = new_batch();
	if (sqlite3_create_module(s->db, "weir_batch", &module, s) !=
	    SQLITE_OK)
		return store_fail(s, err, "open it");
	return 0;
}

void
batch_done(struct store *s)
{
	free_batch(s->batch);
	free_batch(s->spare);
}

static void
forget(struct batch *b)
{
	b->n = b->used = 0;
	memset(b->slots, 0, sizeof(b->slots));
}

void
batch_forget(struct store *s)
{
	forget(s->batch);
	if (s->spare != NULL)
		forget(s->spare);
}

/* Of the id's hash, keyed, for an id can be computed by who made the line. */
static size_t
slot_of(const struct store *s, const uint8_t id[EVENT_ID_SIZE])
{
	uint64_t v;

	memcpy(&v, id + EVENT_ID_SIZE - sizeof(v), sizeof(v));
	v = (v ^ s->hash_key.k0) * (s->hash_key.k1 | 1);
	return (size_t)(v >> 32) % BATCH_SLOTS;
}

static struct event *
find(const struct store *s, const struct batch *b,
    const uint8_t id[EVENT_ID_SIZE])
{
	size_t i;

	for (i = slot_of(s, id); b->slots[i] != 0; i = (i + 1) % BATCH_SLOTS)
		if (memcmp(b->rows[b->slots[i] - 1].id, id,
		    EVENT_ID_SIZE) == 0)
			return &b->rows[b->slots[i] - 1];
	return NULL;
}

struct event *
batch_find(struct store *s, const uint8_t id[EVENT_ID_SIZE])
{
	return find(s, s->batch, id);
}

bool
batch_has(const struct store *s, const uint8_t id[EVENT_ID_SIZE])
{
	return find(s, s->batch, id) != NULL ||
	    (s->spare != NULL && find(s, s->spare, id) != NULL);
}

static size_t
text_bytes(const struct event *e)
{
	size_t n = 0;

#define X(m) n += e->m.n;
	EVENT_TEXTS(X)
#undef X
	return n;
}

static void
copy_texts(struct batch *b, struct event *e)
{
	char *p = b->text + b->used;

#define X(m)								\
	if (e->m.n > 0) {						\
		memcpy(p, e->m.p, e->m.n);				\
		e->m.p = p;						\
		p += e->m.n;						\
	} else if (e->m.p != NULL)					\
		e->m.p = "";
	EVENT_TEXTS(X)
#undef X
	b->used = (size_t)(p - b->text);
}

/* Write the rows of s->written, and their keys. */
static int
write_rows(struct store *s, struct error *err)
{
	const struct batch *b = s->written;
	struct partition *p = &s->parts[s->nparts - 1];
	char sql[STORE_SQL_MAX];
	size_t i;

	if (store_connection(s, err) == -1)
		return -1;
	if (s->insert == NULL) {
		/* A failure undoes the transaction: no need of undoing one. */
		snprintf(sql, sizeof(sql), "INSERT OR FAIL INTO events_%06"
		    PRId64 " SELECT * FROM weir_batch", p->id);
		if ((s->insert = store_prepare(s, sql, err)) == NULL)
			return -1;
	}
	if (dict_take(s, b->rows, b->n, BATCH_ROWS, err) == -1 ||
	    store_run(s, s->insert, err) == -1)
		return -1;
	for (i = 0; i < b->n; i++)
		keys_add(s, p, &b->rows[i]);
	return keys_flush(s, err);
}

/* From now on the batch counts as written. */
static void
begin_write(struct store *s)
{
	struct partition *p = &s->parts[s->nparts - 1];

	s->written = s->batch;
	p->older_min = s->spare == NULL ? p->min_at : p->stored_min;
	p->older_max = s->spare == NULL ? p->max_at : p->stored_max;
	p->stored_min = p->min_at;
	p->stored_max = p->max_at;
}

/* Begin the next one.  In bulk the written one can still be searched. */
static void
turn(struct store *s)
{
	struct batch *b = s->batch;

	if (s->spare != NULL) {
		s->batch = s->spare;
		s->spare = b;
	}
	forget(s->batch);
}

static void
write_beside(struct store *s)
{
	(void)write_rows(s, NULL);	/* a failure sticks */
}

/* The batch is full. */
static int
write_full(struct store *s, struct error *err)
{
	if (s->writer == NULL)
		return batch_flush(s, err);
	writer_wait(s);
	if (s->failed)
		return -1;
	begin_write(s);
	turn(s);
	writer_start(s, write_beside);
	return 0;
}

int
batch_add(struct store *s, const struct event *e, struct error *err)
{
	struct batch *b = s->batch;
	size_t i, need = text_bytes(e);

	if (b->n == BATCH_ROWS || b->used + need > b->size) {
		if (write_full(s, err) == -1)
			return -1;
		b = s->batch;
	}
	if (need > b->size) {
		free(b->text);
		b->text = xmalloc(need);
		b->size = need;
	}
	b->rows[b->n] = *e;
	copy_texts(b, &b->rows[b->n++]);
	for (i = slot_of(s, e->id); b->slots[i] != 0; )
		i = (i + 1) % BATCH_SLOTS;
	b->slots[i] = (uint16_t)b->n;
	return 0;
}

int
batch_revise(struct store *s, struct event *row, const struct event *by,
    bool whole, struct error *err)
{
	struct event e = *row;

	if (whole)
		event_revise(&e, by);
	e.class = by->class;
	if (whole) {
		size_t need = text_bytes(&e);
		struct batch *b = s->batch;

		if (b->used + need > b->size)
			return batch_flush(s, err) == -1 ? -1 : 0;
		copy_texts(b, &e);
	}
	*row = e;
	return 1;
}

int
batch_flush(struct store *s, struct error *err)
{
	writer_wait(s);
	if (s->batch == NULL || s->batch->n == 0)
		return 0;
	assert(s->nparts > 0);
	begin_write(s);
	if (write_rows(s, err) == -1)
		return -1;
	turn(s);
	return 0;
}
