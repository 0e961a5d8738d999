/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small state in the same transaction as the events: positions of the sources,
 * named values, policy versions, and the totals.
 */
#include <sys/stat.h>

#include <stdio.h>

#include "store_priv.h"

bool
store_append_blob(struct store *s, sqlite3_stmt *st, struct buf *ret)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		buf_add_str(ret, store_column_str(st, 0));
	else if (rc != SQLITE_DONE)
		store_fail(s, NULL, "read kept state");
	sqlite3_reset(st);
	return rc == SQLITE_ROW;
}

int
store_put_stream(struct store *s, struct stream *v)
{
	sqlite3_stmt *st;

	if (s->failed)
		return -1;
	st = store_stmt(s, v->id == 0 ? ST_ADD_STREAM : ST_PUT_STREAM, NULL);
	if (st == NULL)
		return -1;
	if (v->id != 0)
		sqlite3_bind_int64(st, 1, v->id);
	sqlite3_bind_int64(st, 2, v->chain);
	sqlite3_bind_int64(st, 3, v->fingerprint_len);
	sqlite3_bind_blob(st, 4, v->fingerprint, sizeof(v->fingerprint),
	    SQLITE_STATIC);
	sqlite3_bind_int64(st, 5, v->offset);
	store_bind_str(st, 6, str_of(v->cursor));
	store_bind_str(st, 7, str_of(v->name));
	store_bind_str(st, 8, str_of(v->host));
	store_bind_str(st, 9, str_of(v->zone));
	sqlite3_bind_int64(st, 10, v->year);
	sqlite3_bind_int64(st, 11, v->last_at);
	if (store_run(s, st, NULL) == -1)
		return -1;
	if (v->id == 0)
		v->id = sqlite3_last_insert_rowid(s->db);
	return 0;
}

static void
read_stream(sqlite3_stmt *st, struct stream *v)
{
	struct str print = store_column_str(st, 3);

	memset(v, 0, sizeof(*v));
	v->id = sqlite3_column_int64(st, 0);
	v->chain = (uint32_t)sqlite3_column_int64(st, 1);
	v->fingerprint_len = (uint32_t)sqlite3_column_int64(st, 2);
	if (print.n == sizeof(v->fingerprint))
		memcpy(v->fingerprint, print.p, print.n);
	v->offset = sqlite3_column_int64(st, 4);
	store_column_copy(st, 5, v->cursor, sizeof(v->cursor));
	store_column_copy(st, 6, v->name, sizeof(v->name));
	store_column_copy(st, 7, v->host, sizeof(v->host));
	store_column_copy(st, 8, v->zone, sizeof(v->zone));
	v->year = sqlite3_column_int(st, 9);
	v->last_at = sqlite3_column_int64(st, 10);
}

int
store_each_stream(struct store *s,
    void (*fn)(void *ctx, const struct stream *st), void *ctx,
    struct error *err)
{
	struct stream v;
	sqlite3_stmt *st;
	int rc;

	if ((st = store_stmt(s, ST_STREAMS, err)) == NULL)
		return -1;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		read_stream(st, &v);
		fn(ctx, &v);
	}
	if (rc != SQLITE_DONE)
		store_fail(s, err, "read its streams");
	sqlite3_reset(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

int
store_put_value(struct store *s, const char *name, struct str value)
{
	sqlite3_stmt *st;

	if (s->failed || (st = store_stmt(s, ST_PUT_VALUE, NULL)) == NULL)
		return -1;
	store_bind_str(st, 1, str_of(name));
	store_bind_blob(st, 2, value);
	return store_run(s, st, NULL);
}

bool
store_get_value(struct store *s, const char *name, struct buf *ret)
{
	sqlite3_stmt *st;

	if ((st = store_stmt(s, ST_GET_VALUE, NULL)) == NULL)
		return false;
	store_bind_str(st, 1, str_of(name));
	return store_append_blob(s, st, ret);
}

int
store_put_policy(struct store *s, int64_t version, int64_t at,
    struct str beliefs_json)
{
	sqlite3_stmt *st;

	if (s->failed || (st = store_stmt(s, ST_PUT_POLICY, NULL)) == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, version);
	sqlite3_bind_int64(st, 2, at);
	store_bind_str(st, 3, str_known(beliefs_json) ? beliefs_json :
	    STR("{}"));
	return store_run(s, st, NULL);
}

static int64_t
file_bytes(const struct store *s, const char *suffix)
{
	char file[4096];
	struct stat sb;

	snprintf(file, sizeof(file), "%s%s", s->path, suffix);
	return stat(file, &sb) == -1 ? 0 : (int64_t)sb.st_size;
}

int
store_totals(struct store *s, struct store_totals *ret, struct error *err)
{
	struct store_totals t = { 0 };
	sqlite3_stmt *st;
	size_t i;

	/* A writer's own catalogue is ahead of the database. */
	if (s->mode == STORE_READ && partition_load(s, err) == -1)
		return -1;
	t.partitions = (int64_t)s->nparts;
	t.seq = s->seq;
	for (i = 0; i < s->nparts; i++) {
		const struct partition *p = &s->parts[i];

		if (p->rows == 0)
			continue;
		if (t.events == 0 || p->min_at < t.first_at)
			t.first_at = p->min_at;
		if (t.events == 0 || p->max_at > t.last_at)
			t.last_at = p->max_at;
		t.events += p->rows;
	}
	t.wal_bytes = file_bytes(s, "-wal");
	t.bytes = file_bytes(s, "") + t.wal_bytes;
	if ((st = store_stmt(s, ST_COUNTS, err)) == NULL)
		return -1;
	if (sqlite3_step(st) != SQLITE_ROW) {
		store_fail(s, err, "count its rows");
		sqlite3_reset(st);
		return -1;
	}
	t.outbox_waiting = sqlite3_column_int64(st, 0);
	t.outbox_dead = sqlite3_column_int64(st, 1);
	t.alerts_open = sqlite3_column_int64(st, 2);
	sqlite3_reset(st);
	*ret = t;
	return 0;
}

/* As if the events of a partition were spread evenly over its time. */
int64_t
store_estimate(const struct store *s, int64_t since, int64_t until)
{
	double n = 0;
	size_t i;

	for (i = 0; i < s->nparts; i++) {
		const struct partition *p = &s->parts[i];
		int64_t from = since > p->min_at ? since : p->min_at;
		int64_t to = until <= p->max_at ? until : p->max_at + 1;

		if (p->rows > 0 && from < to)
			n += (double)p->rows * (double)(to - from) /
			    (double)(p->max_at + 1 - p->min_at);
	}
	return (int64_t)(n + 0.5);
}
