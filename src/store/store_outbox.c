/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outbox: bodies for webhooks, written in the transaction of the alert
 * they tell of, and kept until each was delivered or given up.
 */
#include <assert.h>
#include <stdlib.h>

#include "store_priv.h"

enum { STATE_WAITS, STATE_DELIVERED, STATE_DEAD };	/* column `state` */

int
store_add_outbox(struct store *s, const struct outbox_row *row)
{
	sqlite3_stmt *st;

	if (s->failed || (st = store_stmt(s, ST_ADD_OUTBOX, NULL)) == NULL)
		return -1;
	store_bind_str(st, 1, str_of(row->webhook));
	store_bind_str(st, 2, str_of(row->webhook_id));
	store_bind_str(st, 3, str_of(row->type));
	sqlite3_bind_blob(st, 4, row->alert, sizeof(row->alert),
	    SQLITE_STATIC);
	store_bind_str(st, 5, str_of(row->body));
	sqlite3_bind_int64(st, 6, row->created);
	sqlite3_bind_int64(st, 7, row->next_try);
	sqlite3_bind_int(st, 8, row->attempts);
	sqlite3_bind_int(st, 9, row->last_code);
	store_bind_str(st, 10, str_of(row->last_error));
	return store_run(s, st, NULL);
}

/* The body is a copy; the reader of the row owns it. */
static void
read_row(sqlite3_stmt *st, struct outbox_row *ret)
{
	struct str alert = store_column_str(st, 4);

	memset(ret, 0, sizeof(*ret));
	ret->id = sqlite3_column_int64(st, 0);
	store_column_copy(st, 1, ret->webhook, sizeof(ret->webhook));
	store_column_copy(st, 2, ret->webhook_id, sizeof(ret->webhook_id));
	store_column_copy(st, 3, ret->type, sizeof(ret->type));
	if (alert.n == sizeof(ret->alert))
		memcpy(ret->alert, alert.p, alert.n);
	ret->body = str_dup(store_column_str(st, 5));
	ret->created = sqlite3_column_int64(st, 6);
	ret->next_try = sqlite3_column_int64(st, 7);
	ret->attempts = sqlite3_column_int(st, 8);
	ret->last_code = sqlite3_column_int(st, 9);
	store_column_copy(st, 10, ret->last_error, sizeof(ret->last_error));
}

int
store_each_outbox(struct store *s, int64_t now, size_t limit,
    int (*fn)(void *ctx, const struct outbox_row *row), void *ctx,
    struct error *err)
{
	struct outbox_row row;
	sqlite3_stmt *st;
	int rc, stop = 0;

	if ((st = store_stmt(s, ST_OUTBOX, err)) == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, now);
	sqlite3_bind_int64(st, 2, limit == 0 ? -1 : (int64_t)limit);
	while (!stop && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		read_row(st, &row);
		stop = fn(ctx, &row);
		free(row.body);
	}
	if (!stop && rc != SQLITE_DONE)
		store_fail(s, err, "read its outbox");
	sqlite3_reset(st);
	return stop || rc == SQLITE_DONE ? 0 : -1;
}

int64_t
store_outbox_due(struct store *s)
{
	sqlite3_stmt *st;
	int64_t due = 0;

	if ((st = store_stmt(s, ST_OUTBOX_DUE, NULL)) == NULL)
		return 0;
	if (sqlite3_step(st) == SQLITE_ROW)
		due = sqlite3_column_int64(st, 0);
	else
		store_fail(s, NULL, "read its outbox");
	sqlite3_reset(st);
	return due;
}

int
store_outbox_result(struct store *s, int64_t id, enum outbox_outcome outcome,
    int64_t at, int64_t next_try, int code, const char *error)
{
	static const int states[] = {
		[OUTBOX_DELIVERED] = STATE_DELIVERED,
		[OUTBOX_RETRY] = STATE_WAITS,
		[OUTBOX_DEAD] = STATE_DEAD,
	};
	sqlite3_stmt *st;

	if (s->failed || (st = store_stmt(s, ST_OUTBOX_RESULT, NULL)) == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_int(st, 2, states[outcome]);
	sqlite3_bind_int64(st, 3, next_try);
	if (outcome == OUTBOX_RETRY)
		sqlite3_bind_null(st, 4);
	else
		sqlite3_bind_int64(st, 4, at);
	sqlite3_bind_int(st, 5, code);
	store_bind_str(st, 6, str_of(error == NULL ? "" : error));
	return store_run(s, st, NULL);
}

int
store_outbox_state(struct store *s, const char *webhook_id,
    struct outbox_row *ret, bool *ret_delivered)
{
	sqlite3_stmt *st;
	int rc;

	if ((st = store_stmt(s, ST_OUTBOX_STATE, NULL)) == NULL)
		return -1;
	store_bind_str(st, 1, str_of(webhook_id));
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		read_row(st, ret);
		*ret_delivered = sqlite3_column_int(st, 11) ==
		    STATE_DELIVERED;
	} else if (rc != SQLITE_DONE)
		store_fail(s, NULL, "read its outbox");
	sqlite3_reset(st);
	return rc == SQLITE_ROW ? 0 : -1;
}
