/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partitions: tables events_000001, events_000002 ... of the same shape, and
 * the catalogue that says what each holds.  Only the newest takes events.
 *
 * What an insert costs is what its indexes cost, and an index of random keys
 * costs a page for each row.  So a partition has only the one that grows at its
 * end, by time and id; what else events are looked up by is in blocks of keys
 * (store_keys.c), and texts that come again lie in its dictionary
 * (store_dict.c).
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/mem.h"
#include "weir/usec.h"
#include "store_priv.h"

/* The rowid (seq) is part of each: the order of a query without sorting. */
static const struct {
	const char *unique, *name, *what;
} indexes[] = {
	{ "UNIQUE ", "at", "(at, id)" },
	{ "", "notice", "(at) WHERE kind = 4" },	/* EVENT_NOTICE: few */
};

static_assert(EVENT_NOTICE == 4, "the index of notices names its kind");

#define NINDEXES	(sizeof(indexes) / sizeof(indexes[0]))

void
partition_drop_statements(struct store *s)
{
	size_t i;

	sqlite3_finalize(s->insert);
	sqlite3_finalize(s->revise);
	sqlite3_finalize(s->reclass);
	sqlite3_finalize(s->judge);
	dict_done(s);
	s->insert = s->revise = s->reclass = s->judge = NULL;
	for (i = 0; i < s->nparts; i++) {
		sqlite3_finalize(s->parts[i].find);
		s->parts[i].find = NULL;
	}
}

void
partition_unload(struct store *s)
{
	size_t i;

	partition_drop_statements(s);
	for (i = 0; i < s->nparts; i++)
		keys_done(&s->parts[i]);
	free(s->parts);
	s->parts = NULL;
	s->nparts = 0;
}

static struct partition *
append(struct store *s)
{
	s->parts = xreallocarray(s->parts, s->nparts + 1, sizeof(*s->parts));
	memset(&s->parts[s->nparts], 0, sizeof(*s->parts));
	return &s->parts[s->nparts++];
}

static void
read_row(sqlite3_stmt *st, struct partition *p)
{
	bool empty = sqlite3_column_type(st, 3) == SQLITE_NULL;

	p->id = sqlite3_column_int64(st, 0);
	p->first_seq = sqlite3_column_int64(st, 1);
	p->last_seq = sqlite3_column_int64(st, 2);
	p->min_at = empty ? INT64_MAX : sqlite3_column_int64(st, 3);
	p->max_at = empty ? INT64_MIN : sqlite3_column_int64(st, 4);
	p->stored_min = p->older_min = p->min_at;
	p->stored_max = p->older_max = p->max_at;
	p->rows = sqlite3_column_int64(st, 5);
	p->closed = sqlite3_column_int(st, 6) != 0;
	p->keyed = sqlite3_column_int64(st, 7);
	p->shape = (enum shape)sqlite3_column_int(st, 8);
}

/* Sequence numbers of events and revisions are one row of numbers. */
static int
load_seq(struct store *s, struct error *err)
{
	sqlite3_stmt *st;
	int64_t n;

	s->seq = s->nparts == 0 ? 0 : s->parts[s->nparts - 1].last_seq;
	if ((st = store_stmt(s, ST_LAST_REVISION, err)) == NULL)
		return -1;
	if (sqlite3_step(st) != SQLITE_ROW) {
		store_fail(s, err, "read its revisions");
		sqlite3_reset(st);
		return -1;
	}
	n = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	if (n > s->seq)
		s->seq = n;
	return 0;
}

int
partition_load(struct store *s, struct error *err)
{
	sqlite3_stmt *st;
	size_t i;
	int rc;

	partition_unload(s);
	if ((st = store_stmt(s, ST_PARTITIONS, err)) == NULL)
		return -1;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		read_row(st, append(s));
	if (rc != SQLITE_DONE)
		store_fail(s, err, "read its catalogue");
	sqlite3_reset(st);
	if (rc != SQLITE_DONE || load_seq(s, err) == -1)
		return -1;
	for (i = 0; i < s->nparts && s->mode != STORE_READ; i++)
		if (keys_load(s, &s->parts[i], err) == -1)
			return -1;
	return 0;
}

static int
write_row(struct store *s, struct partition *p, struct error *err)
{
	sqlite3_stmt *st;

	if ((st = store_stmt(s, ST_PUT_PARTITION, err)) == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, p->id);
	sqlite3_bind_int64(st, 2, p->first_seq);
	sqlite3_bind_int64(st, 3, p->last_seq);
	if (p->max_at < p->min_at) {
		sqlite3_bind_null(st, 4);
		sqlite3_bind_null(st, 5);
	} else {
		sqlite3_bind_int64(st, 4, p->min_at);
		sqlite3_bind_int64(st, 5, p->max_at);
	}
	sqlite3_bind_int64(st, 6, p->rows);
	sqlite3_bind_int(st, 7, p->closed);
	sqlite3_bind_int64(st, 8, p->keyed);
	sqlite3_bind_int(st, 9, (int)p->shape);
	p->dirty = p->keys_dirty = false;
	return store_run(s, st, err);
}

static int
make_index(struct store *s, const struct partition *p, size_t i,
    struct error *err)
{
	char sql[STORE_SQL_MAX];

	snprintf(sql, sizeof(sql), "CREATE %sINDEX events_%06" PRId64 "_%s"
	    " ON events_%06" PRId64 " %s", indexes[i].unique, p->id,
	    indexes[i].name, p->id, indexes[i].what);
	return store_exec(s, err, "build its indexes", sql);
}

int
partition_flush(struct store *s, struct error *err)
{
	size_t i;

	for (i = 0; i < s->nparts; i++)
		if ((s->parts[i].dirty || s->parts[i].keys_dirty) &&
		    write_row(s, &s->parts[i], err) == -1)
			return -1;
	return 0;
}

static int
make_table(struct store *s, struct partition *p, struct error *err)
{
	struct buf b = { 0 };
	int rc;

	buf_addf(&b, "CREATE TABLE events_%06" PRId64 " (\n", p->id);
	event_columns(&b, true);
	buf_addf(&b, ") STRICT;"
	    "CREATE TABLE dict_%06" PRId64 " (\n"
	    "id INTEGER PRIMARY KEY,\n"
	    "text TEXT NOT NULL) STRICT;"
	    "CREATE TABLE keys_%06" PRId64 " (\n"
	    "bucket INTEGER NOT NULL,\n"
	    "block INTEGER NOT NULL,\n"
	    "rows BLOB NOT NULL,\n"
	    "PRIMARY KEY (bucket, block)) STRICT, WITHOUT ROWID;"
	    "CREATE VIEW shown_%06" PRId64 " AS SELECT ", p->id, p->id,
	    p->id);
	event_select(&b, p, true);
	buf_addf(&b, " FROM events_%06" PRId64, p->id);
	rc = store_exec(s, err, "begin a partition", buf_cstr(&b));
	buf_done(&b);
	return rc;
}

int
partition_next(struct store *s, struct error *err)
{
	struct partition *p;
	int64_t id = 1;
	size_t i;

	if (batch_flush(s, err) == -1)
		return -1;
	if (s->nparts > 0) {
		p = &s->parts[s->nparts - 1];
		p->closed = p->dirty = true;
		id = p->id + 1;
		if (keys_flush(s, err) == -1)
			return -1;
		partition_drop_statements(s);
	}
	p = append(s);
	p->id = id;
	p->shape = SHAPE_DICT;
	p->first_seq = s->seq + 1;
	p->last_seq = p->keyed = s->seq;
	p->min_at = p->stored_min = p->older_min = INT64_MAX;
	p->max_at = p->stored_max = p->older_max = INT64_MIN;
	if (make_table(s, p, err) == -1)
		return -1;
	for (i = 0; i < NINDEXES; i++)
		if (make_index(s, p, i, err) == -1)
			return -1;
	return write_row(s, p, err) == -1 ? -1 : schema_views(s, err);
}

int
partition_drop(struct store *s, size_t i, struct error *err)
{
	struct partition *p = &s->parts[i];
	char sql[STORE_SQL_MAX];

	partition_drop_statements(s);
	snprintf(sql, sizeof(sql), "DROP VIEW IF EXISTS shown_%06" PRId64 ";"
	    "DROP TABLE events_%06" PRId64 ";"
	    "DROP TABLE keys_%06" PRId64 ";"
	    "DROP TABLE IF EXISTS dict_%06" PRId64 ";"
	    "DELETE FROM partition WHERE id = %" PRId64, p->id, p->id,
	    p->id, p->id, p->id);
	if (store_exec(s, err, "drop a partition", sql) == -1)
		return -1;
	keys_done(p);
	s->nparts--;
	memmove(p, p + 1, (s->nparts - i) * sizeof(*p));
	return 0;
}

struct partition *
partition_current(struct store *s, struct error *err)
{
	struct partition *p;

	assert(s->in_tx);
	p = s->nparts == 0 ? NULL : &s->parts[s->nparts - 1];
	if (p == NULL || p->closed || p->shape != SHAPE_DICT ||
	    p->rows >= s->partition_rows ||
	    s->seq - p->first_seq >= STORE_KEYS_SPAN) {
		if (partition_next(s, err) == -1)
			return NULL;
		/* Memory is bounded: of a stand-in's events the newest. */
		while (s->is_standin && s->nparts > 2)
			if (partition_drop(s, 0, err) == -1 ||
			    schema_views(s, err) == -1)
				return NULL;
		p = &s->parts[s->nparts - 1];
	}
	return p;
}

bool
partition_covers(int64_t min, int64_t max, int64_t at)
{
	int64_t ms = at / USEC_PER_MSEC;

	return min <= max && min / USEC_PER_MSEC <= ms &&
	    ms <= max / USEC_PER_MSEC;
}

int
partition_find(struct store *s, struct partition *p, const struct event *e,
    struct stored *ret)
{
	char sql[STORE_SQL_MAX];
	int rc;

	if (store_connection(s, NULL) == -1)
		return -1;
	if (p->find == NULL) {
		snprintf(sql, sizeof(sql), "SELECT seq, class, kind, "
		    "flags >> 9 & 1, repeat FROM events_%06" PRId64
		    " WHERE id = ?1 AND at = ?2", p->id);
		if ((p->find = store_prepare(s, sql, NULL)) == NULL)
			return -1;
	}
	sqlite3_bind_blob(p->find, 1, e->id, EVENT_ID_SIZE, SQLITE_STATIC);
	sqlite3_bind_int64(p->find, 2, e->at);
	rc = sqlite3_step(p->find);
	if (rc == SQLITE_ROW) {
		ret->partition = p;
		ret->seq = sqlite3_column_int64(p->find, 0);
		ret->class = sqlite3_column_int(p->find, 1);
		ret->kind = sqlite3_column_int(p->find, 2);
		ret->counted = sqlite3_column_int(p->find, 3) != 0;
		ret->repeat = sqlite3_column_int64(p->find, 4);
	} else if (rc != SQLITE_DONE)
		store_fail(s, NULL, "look up an event");
	sqlite3_reset(p->find);
	return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : -1;
}
