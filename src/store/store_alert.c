/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts: columns to search by, and the whole of each as a packed blob.
 * There are few of them, so filters beside the time are compared row by row.
 */
#include <inttypes.h>
#include <stdio.h>

#include "weir/hex.h"
#include "store_priv.h"

#define HEX_MIN	6	/* digits of a shortened id */

int
store_put_alert(struct store *s, const struct alert *a)
{
	struct buf blob = { 0 };
	sqlite3_stmt *st;
	int rc;

	if (s->failed || (st = store_stmt(s, ST_PUT_ALERT, NULL)) == NULL)
		return -1;
	alert_pack(&blob, a);
	sqlite3_bind_blob(st, 1, a->id, sizeof(a->id), SQLITE_STATIC);
	store_bind_str(st, 2, str_of(a->detector == NULL ? "" : a->detector));
	sqlite3_bind_int(st, 3, (int)a->severity);
	sqlite3_bind_int(st, 4, (int)a->state);
	store_bind_str(st, 5, str_of(a->host));
	sqlite3_bind_int(st, 6, (int)a->key_type);
	store_bind_str(st, 7, str_of(a->key));
	sqlite3_bind_int64(st, 8, a->opened);
	sqlite3_bind_int64(st, 9, a->first_seen);
	sqlite3_bind_int64(st, 10, a->last_seen);
	sqlite3_bind_int64(st, 11, a->count);
	store_bind_str(st, 12, str_of(a->title));
	sqlite3_bind_int(st, 13, a->historical);
	sqlite3_bind_int(st, 14, a->shadow);
	store_bind_blob(st, 15, buf_str(&blob));
	rc = store_run(s, st, NULL);
	buf_done(&blob);
	return rc;
}

/* The least and the greatest id that begin with these digits. */
static bool
id_range(struct str hex, uint8_t lo[EVENT_ID_SIZE], uint8_t hi[EVENT_ID_SIZE])
{
	char a[2 * EVENT_ID_SIZE], b[2 * EVENT_ID_SIZE];

	if (hex.n < HEX_MIN || hex.n > sizeof(a))
		return false;
	memset(a, '0', sizeof(a));
	memset(b, 'f', sizeof(b));
	memcpy(a, hex.p, hex.n);
	memcpy(b, hex.p, hex.n);
	return hex_parse((struct str){ a, sizeof(a) }, lo, EVENT_ID_SIZE) &&
	    hex_parse((struct str){ b, sizeof(b) }, hi, EVENT_ID_SIZE);
}

int
store_get_alert(struct store *s, struct str hex, struct alert **ret,
    struct error *err)
{
	uint8_t lo[EVENT_ID_SIZE], hi[EVENT_ID_SIZE];
	struct alert *a = NULL;
	sqlite3_stmt *st;
	int rc;

	if (!id_range(hex, lo, hi))
		return error_set(err, "\"%.*s\" is no alert id: at least %d "
		    "hexadecimal digits of one are needed", STRF(hex),
		    HEX_MIN);
	if ((st = store_stmt(s, ST_GET_ALERT, err)) == NULL)
		return -1;
	sqlite3_bind_blob(st, 1, lo, sizeof(lo), SQLITE_STATIC);
	sqlite3_bind_blob(st, 2, hi, sizeof(hi), SQLITE_STATIC);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		a = alert_unpack(store_column_str(st, 0));
		rc = sqlite3_step(st);
	} else if (rc == SQLITE_DONE) {
		error_set(err, "there is no alert %.*s", STRF(hex));
		goto out;
	}
	if (rc == SQLITE_ROW)
		error_set(err, "more than one alert begins with %.*s: "
		    "give more digits", STRF(hex));
	else if (rc != SQLITE_DONE)
		store_fail(s, err, "read an alert");
	else if (a == NULL)
		error_set(err, "alert %.*s is damaged in %s", STRF(hex),
		    s->path);
	else {
		*ret = a;
		a = NULL;
		sqlite3_reset(st);
		return 0;
	}
out:
	alert_free(a);
	sqlite3_reset(st);
	return -1;
}

static void
add_set(struct buf *sql, const char *column, uint32_t set, int count)
{
	const char *sep = "";
	int i;

	if (set == 0)
		return;
	buf_addf(sql, " AND %s IN (", column);
	for (i = 0; i < count; i++)
		if (set & UINT32_C(1) << i) {
			buf_addf(sql, "%s%d", sep, i);
			sep = ",";
		}
	buf_add_char(sql, ')');
}

static bool
cursor_parse(const char *cursor, int64_t *ret_at, uint8_t id[EVENT_ID_SIZE])
{
	struct str rest = str_of(cursor), at;

	return str_cut(&rest, '.', &at) && str_to_i64(at, ret_at) &&
	    hex_parse(rest, id, EVENT_ID_SIZE);
}

static void
cursor_print(const struct alert *a, char ret[QUERY_CURSOR_MAX])
{
	char hex[2 * EVENT_ID_SIZE + 1];

	hex_print(a->id, sizeof(a->id), hex);
	snprintf(ret, QUERY_CURSOR_MAX, "%" PRId64 ".%s", a->opened, hex);
}

static sqlite3_stmt *
list_statement(struct store *s, const struct alert_filter *f,
    const uint8_t *after, int64_t after_at, struct error *err)
{
	const char *dir = f->newest_first ? "DESC" : "ASC";
	const char *cmp = f->newest_first ? "<" : ">";
	struct buf b = { 0 };
	sqlite3_stmt *st;

	buf_addf(&b, "SELECT blob FROM alert WHERE opened >= ?1");
	if (f->until != 0)
		buf_addf(&b, " AND opened < ?2");
	add_set(&b, "state", f->states, ALERT_STATE_COUNT);
	add_set(&b, "severity", f->severities, SEVERITY_COUNT);
	buf_addf(&b, "%s%s%s", *f->detector ? " AND detector = ?3" : "",
	    *f->host ? " AND host = ?4 COLLATE NOCASE" : "",
	    *f->key ? " AND key = ?5 COLLATE NOCASE" : "");
	if (after != NULL)
		buf_addf(&b, " AND (opened, id) %s (?6, ?7)", cmp);
	buf_addf(&b, " ORDER BY opened %s, id %s", dir, dir);
	st = store_prepare(s, buf_cstr(&b), err);
	buf_done(&b);
	if (st == NULL)
		return NULL;
	sqlite3_bind_int64(st, 1, f->since);
	sqlite3_bind_int64(st, 2, f->until);
	store_bind_str(st, 3, str_of(f->detector));
	store_bind_str(st, 4, str_of(f->host));
	store_bind_str(st, 5, str_of(f->key));
	sqlite3_bind_int64(st, 6, after_at);
	if (after != NULL)
		sqlite3_bind_blob(st, 7, after, EVENT_ID_SIZE, SQLITE_STATIC);
	return st;
}

int
store_each_alert(struct store *s, const struct alert_filter *f,
    int (*fn)(void *ctx, const struct alert *a), void *ctx,
    char ret_cursor[QUERY_CURSOR_MAX], struct error *err)
{
	char cursor[QUERY_CURSOR_MAX] = "";
	uint8_t after[EVENT_ID_SIZE];
	int64_t after_at = 0;
	struct alert *a;
	sqlite3_stmt *st;
	size_t n = 0;
	int rc = SQLITE_DONE, stop = 0;

	if (*f->cursor != '\0' && !cursor_parse(f->cursor, &after_at, after))
		return error_set(err, "\"%s\" is no cursor of a list of "
		    "alerts", f->cursor);
	st = list_statement(s, f, *f->cursor != '\0' ? after : NULL, after_at,
	    err);
	if (st == NULL)
		return -1;
	while (!stop && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		if (f->limit != 0 && n == f->limit)
			break;
		if ((a = alert_unpack(store_column_str(st, 0))) == NULL)
			continue;	/* damaged: the others still count */
		n++;
		cursor_print(a, cursor);
		stop = fn(ctx, a);
		alert_free(a);
	}
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		store_fail(s, err, "read its alerts");
	sqlite3_finalize(st);
	if (ret_cursor != NULL)
		snprintf(ret_cursor, QUERY_CURSOR_MAX, "%s",
		    rc == SQLITE_ROW ? cursor : "");
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : -1;
}
