/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking back what was only provisional: the end of an import shows what is
 * still held, and the next writer takes that back before it goes on.
 */
#include <inttypes.h>
#include <stdio.h>

#include "store_priv.h"

int
store_class_of(struct store *s, const struct event *e,
    enum event_class *ret)
{
	struct stored at;
	int rc = event_find(s, e, &at);

	if (rc == 1)
		*ret = (enum event_class)at.class;
	return rc;
}

int
store_reset_class(struct store *s, const struct event *e)
{
	struct stored at;
	char sql[STORE_SQL_MAX];
	int rc;

	if ((rc = event_find(s, e, &at)) != 1)
		return rc;
	snprintf(sql, sizeof(sql), "UPDATE events_%06" PRId64
	    " SET class = %d WHERE seq = %" PRId64, at.partition->id,
	    (int)e->class, at.seq);
	if (store_exec(s, NULL, "take back a class", sql) == -1)
		return -1;
	return keys_revise(s, at.partition, at.seq, e);
}

int
store_remove_event(struct store *s, const struct event *e)
{
	struct stored at;
	char sql[STORE_SQL_MAX];
	int rc;

	if ((rc = event_find(s, e, &at)) != 1)
		return rc;
	snprintf(sql, sizeof(sql), "DELETE FROM events_%06" PRId64
	    " WHERE seq = %" PRId64, at.partition->id, at.seq);
	if (store_exec(s, NULL, "take back an event", sql) == -1 ||
	    event_uncount(s, e, &at) == -1)
		return -1;
	at.partition->rows--;
	at.partition->dirty = true;
	return 1;
}

int
store_remove_alert(struct store *s, const uint8_t id[EVENT_ID_SIZE])
{
	sqlite3_stmt *st;

	if ((st = store_stmt(s, ST_REMOVE_ALERT, NULL)) == NULL)
		return -1;
	sqlite3_bind_blob(st, 1, id, EVENT_ID_SIZE, SQLITE_STATIC);
	return store_run(s, st, NULL);
}
