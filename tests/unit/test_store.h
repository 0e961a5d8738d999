/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the store share: a directory, events, a way to look. */
#ifndef WEIR_TEST_STORE_H
#define WEIR_TEST_STORE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sqlite3.h>

#include "weir/mem.h"
#include "weir/store.h"
#include "weir/usec.h"

#define T0	INT64_C(1795435200000000)	/* 2026-11-23 12:00 UTC */

static char test_dir[64], test_db[96];

static inline int
test_setup(void **state)
{
	(void)state;
	snprintf(test_dir, sizeof(test_dir), "/tmp/weir-store-XXXXXX");
	assert_non_null(mkdtemp(test_dir));
	snprintf(test_db, sizeof(test_db), "%s/weir.db", test_dir);
	return 0;
}

static inline int
test_teardown(void **state)
{
	struct dirent *d;
	DIR *dir;

	(void)state;
	assert_non_null(dir = opendir(test_dir));
	while ((d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.')
			unlinkat(dirfd(dir), d->d_name, 0);
	closedir(dir);
	return rmdir(test_dir);
}

static inline struct store *
test_open(enum store_mode mode)
{
	struct error err = { "" };
	struct store *s = store_open(test_db, mode, &err);

	if (s == NULL)
		fail_msg("%s", err.text);
	return s;
}

static inline void
test_begin(struct store *s)
{
	struct error err;

	if (store_begin(s, &err) == -1)
		fail_msg("%s", err.text);
}

static inline void
test_commit(struct store *s)
{
	struct error err;

	if (store_commit(s, &err) == -1)
		fail_msg("%s", err.text);
}

/* The id begins with the time, as event_make_id has it; n tells apart. */
static inline void
test_event(struct event *e, int64_t at, uint64_t n, enum event_kind kind)
{
	uint64_t ms = (uint64_t)at / 1000;
	int i;

	event_init(e);
	for (i = 0; i < 6; i++)
		e->id[i] = (uint8_t)(ms >> (40 - 8 * i));
	for (i = 0; i < 8; i++)
		e->id[15 - i] = (uint8_t)(n >> (8 * i));
	e->id[6] = (uint8_t)kind;
	e->at = at;
	e->kind = kind;
	e->host = STR("mx1.example.org");
	e->mta = STR("postfix");
}

static inline void
test_add(struct store *s, struct event *e)
{
	int rc = store_add_event(s, e);

	if (rc != 1)
		fail_msg("add gave %d: %s", rc, store_error(s));
}

/* Step by step, as the daemon does; returns the steps. */
static inline int
test_prune(struct store *s, int64_t at, int64_t bytes)
{
	struct error err = { "" };
	int rc, n = 0;

	while ((rc = store_prune(s, at, bytes, &err)) == 1)
		n++;
	if (rc == -1)
		fail_msg("%s", err.text);
	return n;
}

static inline int
test_count_one(void *ctx, const struct event *e)
{
	(void)e;
	(*(size_t *)ctx)++;
	return 0;
}

static inline size_t
test_count(struct store *s)
{
	struct query q;
	struct error err;
	size_t n = 0;

	query_init(&q);
	q.limit = 0;
	if (store_query(s, &q, test_count_one, &n, NULL, &err) == -1)
		fail_msg("%s", err.text);
	query_done(&q);
	return n;
}

static inline int64_t
sql_number(const char *sql)
{
	sqlite3_stmt *st;
	sqlite3 *db;
	int64_t n;

	assert_int_equal(sqlite3_open_v2(test_db, &db, SQLITE_OPEN_READONLY,
	    NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

#endif
