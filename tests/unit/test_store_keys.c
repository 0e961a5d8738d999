/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Search keys: rows are found in blocks and behind them, by what a revision
 * gave them too, and damaged blocks harm nobody.
 */
#include "test_store.h"

/* How many events a filter finds. */
static size_t
found(struct store *s, const char *name, const char *value)
{
	struct query q;
	struct error err;
	size_t n = 0;

	query_init(&q);
	q.limit = 0;
	if (query_set(&q, str_of(name), str_of(value), 0, &err) == -1 ||
	    store_query(s, &q, test_count_one, &n, NULL, &err) == -1)
		fail_msg("%s", err.text);
	query_done(&q);
	return n;
}

static void
run_sql(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(test_db, &db, SQLITE_OPEN_READWRITE,
	    NULL), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

#define NMANY	20000	/* rows: a block, and a rest behind it */

static void
make_one_of_many(struct event *e, int i)
{
	static char user[32], client[32], queue[32];

	test_event(e, T0 + i * USEC_PER_SEC, (uint64_t)i, EVENT_AUTH);
	snprintf(user, sizeof(user), "user%d@example.org", i);
	snprintf(client, sizeof(client), "198.51.%d.%d", i >> 8, i & 255);
	snprintf(queue, sizeof(queue), "4Xb%06x", (unsigned)i);
	e->class = i == 77 ? CLASS_AUTH_FAILURE : CLASS_AUTH_SUCCESS;
	e->sasl_username = str_of(user);
	e->client_address = str_of(client);
	e->queue_id = str_of(queue);
}

static void
assert_many_found(struct store *s)
{
	assert_int_equal(found(s, "user", "user3@example.org"), 1);
	assert_int_equal(found(s, "user", "USER19999@example.org"), 1);
	assert_int_equal(found(s, "user", "@example.org"), NMANY);
	assert_int_equal(found(s, "user", "@example.net"), 0);
	assert_int_equal(found(s, "client", "198.51.1.0/24"), 256);
	assert_int_equal(found(s, "client", "198.51.78.31"), 1);
	assert_int_equal(found(s, "queue-id", "4Xb003fff"), 1);
	assert_int_equal(found(s, "queue-id", "4xb003fff"), 0);
	assert_int_equal(found(s, "class", "auth_failure"), 1);
	assert_int_equal(found(s, "class", "inbound"), 0);
	assert_int_equal(found(s, "host", "MX1.example.org"), NMANY);
	assert_int_equal(found(s, "host", "mx2.example.org"), 0);
}

static void
keys_find_rows_in_blocks_and_behind_them(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct event e;
	int i;

	(void)state;
	test_begin(s);
	for (i = 0; i < NMANY; i++) {
		make_one_of_many(&e, i);
		test_add(s, &e);
	}
	assert_many_found(s);	/* inside the transaction too */
	test_commit(s);
	assert_many_found(s);
	store_close(s);
	assert_in_range(sql_number("SELECT keyed FROM partition"), 16384,
	    NMANY - 1);
	/* What was changed is found by its new keys only. */
	s = test_open(STORE_WRITE);
	test_begin(s);
	for (i = 3; i < NMANY; i += NMANY - 4) {
		make_one_of_many(&e, i);
		e.class = CLASS_AUTH_FAILURE;
		e.sasl_username = STR("new@example.net");
		e.client_address = STR("2001:db8::7");
		assert_int_equal(store_revise_event(s, &e, "x"), 0);
	}
	make_one_of_many(&e, 5);
	e.class = CLASS_INBOUND;
	assert_int_equal(store_reset_class(s, &e), 0);
	make_one_of_many(&e, 6);
	assert_int_equal(store_remove_event(s, &e), 1);
	test_commit(s);
	store_close(s);
	s = test_open(STORE_READ);
	assert_int_equal(found(s, "user", "user3@example.org"), 0);
	assert_int_equal(found(s, "user", "new@example.net"), 2);
	assert_int_equal(found(s, "client", "2001:db8::/64"), 2);
	assert_int_equal(found(s, "client", "2001:db8::/32"), 2);
	assert_int_equal(found(s, "class", "auth_failure"), 3);
	assert_int_equal(found(s, "class", "inbound"), 1);
	assert_int_equal(found(s, "queue-id", "4Xb000006"), 0);
	store_close(s);
}

/* Keys that are damaged lose rows at worst. */
static void
damaged_keys_do_no_harm(void **state)
{
	static const char *const damages[] = {
		"UPDATE keys_000001 SET rows = x''",
		"UPDATE keys_000001 SET rows = x'ff'",
		"UPDATE keys_000001 SET rows = randomblob(500)",
		"UPDATE keys_000001 SET rows = x'ffffffffffffffffffffffff'",
	};
	struct store *s = test_open(STORE_WRITE);
	struct event e;
	size_t k;
	int i;

	(void)state;
	store_set_partition_rows(s, 1000);
	test_begin(s);
	for (i = 0; i < 1001; i++) {
		make_one_of_many(&e, i);
		test_add(s, &e);
	}
	test_commit(s);
	store_close(s);
	for (k = 0; k < sizeof(damages) / sizeof(damages[0]); k++) {
		run_sql(damages[k]);
		s = test_open(STORE_READ);
		assert_in_range(found(s, "user", "user3@example.org"), 0, 1);
		assert_in_range(found(s, "client", "198.51.1.0/24"), 0, 256);
		store_close(s);
	}
}

/* They are dropped with their partition, and closed ones need no rest. */
static void
keys_live_with_their_partition(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct event e;
	int i;

	(void)state;
	store_set_partition_rows(s, 10);
	test_begin(s);
	for (i = 0; i < 25; i++) {
		make_one_of_many(&e, i);
		test_add(s, &e);
	}
	test_commit(s);
	assert_int_equal(sql_number("SELECT count(*) FROM partition "
	    "WHERE closed AND keyed = last_seq"), 2);
	assert_int_equal(sql_number("SELECT count(*) FROM sqlite_schema "
	    "WHERE name LIKE 'keys_%' AND type = 'table'"), 3);
	test_prune(s, T0 + 15 * USEC_PER_SEC, 0);
	assert_int_equal(sql_number("SELECT count(*) FROM sqlite_schema "
	    "WHERE name LIKE 'keys_%' AND type = 'table'"), 2);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, test_setup, test_teardown)
		T(keys_find_rows_in_blocks_and_behind_them),
		T(damaged_keys_do_no_harm),
		T(keys_live_with_their_partition),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
