/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Retention by age and by size, in steps that hold the database for a short
 * time each: one partition is dropped, or some pages are given back to the file
 * system.  A file shrinks by SQLite's incremental vacuum, which databases have
 * that were made with it; others keep their free pages for what comes.
 */
#include <inttypes.h>
#include <stdio.h>

#include "store_priv.h"

#define TRIM_PAGES	256	/* of a step: two megabytes */
#define SLACK_PART	8	/* of the file may be free pages */

static int
used_bytes(struct store *s, int64_t *ret, struct error *err)
{
	int64_t pages, free_pages, size;

	if (store_number(s, "PRAGMA page_count", &pages, err) == -1 ||
	    store_number(s, "PRAGMA freelist_count", &free_pages, err) == -1 ||
	    store_number(s, "PRAGMA page_size", &size, err) == -1)
		return -1;
	*ret = (pages - free_pages) * size;
	return 0;
}

/* Of what is too old the oldest, or nparts; the newest always stays. */
static size_t
find_old(const struct store *s, int64_t at)
{
	size_t i;

	for (i = 0; i + 1 < s->nparts; i++)
		if (s->parts[i].max_at < at)
			return i;
	return s->nparts;
}

/* Revisions of events that are gone, and rows of the outbox long settled. */
static int
prune_rest(struct store *s, int64_t at, struct error *err)
{
	sqlite3_stmt *st;

	if ((st = store_stmt(s, ST_REVISION_PRUNE, err)) == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, s->parts[0].first_seq);
	if (store_run(s, st, err) == -1)
		return -1;
	if ((st = store_stmt(s, ST_OUTBOX_PRUNE, err)) == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, at);
	return store_run(s, st, err);
}

static int
prune(struct store *s, int64_t at, int64_t bytes, struct error *err)
{
	const struct partition *newest = &s->parts[s->nparts - 1];
	int64_t used = 0;
	size_t i;

	/* It stays, so that sequence numbers never go back: begin another. */
	if (newest->rows > 0 && newest->max_at < at &&
	    partition_next(s, err) == -1)
		return -1;
	i = find_old(s, at);
	if (i == s->nparts && bytes > 0) {
		if (used_bytes(s, &used, err) == -1)
			return -1;
		if (used > bytes && s->nparts > 1)
			i = 0;
	}
	if (i == s->nparts)
		return prune_rest(s, at, err);
	return partition_drop(s, i, err) == -1 ||
	    schema_views(s, err) == -1 ? -1 : 1;
}

int
store_prune(struct store *s, int64_t at, int64_t bytes, struct error *err)
{
	int rc;

	if (store_begin(s, err) == -1)
		return -1;
	if ((rc = prune(s, at, bytes, err)) == -1) {
		store_rollback(s);
		return -1;
	}
	return store_commit(s, err) == -1 ? -1 : rc;
}

int
store_trim(struct store *s, struct error *err)
{
	int64_t pages, free_pages, mode;
	char sql[STORE_SQL_MAX];

	if (store_number(s, "PRAGMA auto_vacuum", &mode, err) == -1 ||
	    store_number(s, "PRAGMA page_count", &pages, err) == -1 ||
	    store_number(s, "PRAGMA freelist_count", &free_pages, err) == -1)
		return -1;
	if (mode == 0 || free_pages <= pages / SLACK_PART + TRIM_PAGES)
		return 0;
	snprintf(sql, sizeof(sql), "PRAGMA incremental_vacuum(%d)",
	    TRIM_PAGES);
	return store_exec(s, err, "shrink it", sql) == -1 ? -1 : 1;
}
