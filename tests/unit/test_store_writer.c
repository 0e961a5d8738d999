/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store in bulk writes beside its owner: wherever an event lies at the
 * moment (being filled, being written, in the table), it is known, revised and
 * counted once, and what the writer cannot do fails the commit.
 */
#include "test_store.h"

#define NEVENTS		9000	/* more than four batches */

/* All in one second, as logs without fractions of it have them. */
static void
make(struct event *e, uint64_t n)
{
	test_event(e, T0 + (int64_t)(n / 2000) * USEC_PER_SEC, n,
	    EVENT_DELIVERY);
	e->class = CLASS_INBOUND;
	e->counted = true;
	e->queue_id = STR("4A1F00D1");
}

static void
duplicates_are_known_everywhere(void **state)
{
	struct store *s = test_open(STORE_BULK);
	struct event e;
	uint64_t i, back;

	(void)state;
	test_begin(s);
	for (i = 0; i < NEVENTS; i++) {
		make(&e, i);
		test_add(s, &e);
		for (back = 1; back <= i; back = back * 7 + 13) {
			make(&e, i - back);
			assert_int_equal(store_add_event(s, &e), 0);
		}
	}
	test_commit(s);
	for (i = 0; i < NEVENTS; i += 97) {
		if (i == 0)
			test_begin(s);
		make(&e, i);
		assert_int_equal(store_add_event(s, &e), 0);
	}
	test_commit(s);
	assert_int_equal(test_count(s), NEVENTS);
	store_close(s);
	assert_int_equal(sql_number("SELECT count(*) FROM events"), NEVENTS);
}

static void
revisions_find_their_row_everywhere(void **state)
{
	struct store *s = test_open(STORE_BULK);
	struct event e;
	uint64_t i;

	(void)state;
	test_begin(s);
	for (i = 0; i < NEVENTS; i++) {
		make(&e, i);
		test_add(s, &e);
		/* Of this batch, of the one before it, of older ones. */
		if (i % 1000 == 999) {
			make(&e, i - i % 4000);
			e.class = CLASS_OPEN_RELAY;
			e.client_address = STR("198.51.100.7");
			assert_int_equal(store_revise_event(s, &e, "test"),
			    0);
		}
	}
	test_commit(s);
	store_close(s);
	assert_int_equal(sql_number("SELECT count(*) FROM events WHERE class ="
	    " 'open_relay' AND client_address = '198.51.100.7'"), 3);
	assert_int_equal(sql_number("SELECT count(*) FROM revision"), 9);
	assert_int_equal(sql_number("SELECT sum(n) FROM traffic"), NEVENTS);
	assert_int_equal(sql_number("SELECT n FROM traffic WHERE class = 12"),
	    3);
}

static void
rolled_back_is_gone(void **state)
{
	struct store *s = test_open(STORE_BULK);
	struct event e;
	uint64_t i;

	(void)state;
	test_begin(s);
	for (i = 0; i < NEVENTS; i++) {
		make(&e, i);
		test_add(s, &e);
	}
	store_rollback(s);
	assert_int_equal(test_count(s), 0);
	test_begin(s);
	make(&e, 5);
	test_add(s, &e);
	test_commit(s);
	assert_int_equal(test_count(s), 1);
	store_close(s);
}

/* The disk fills while the writer writes: nothing of it is there. */
static void
a_failure_beside_fails_the_commit(void **state)
{
	struct store *s = test_open(STORE_BULK);
	struct error err = { "" };
	struct event e;
	sqlite3 *db;
	uint64_t i;
	int rc = 1;

	(void)state;
	store_close(s);
	assert_int_equal(sqlite3_open(test_db, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TRIGGER no BEFORE INSERT ON "
	    "events_000001 WHEN new.seq = 3000 BEGIN SELECT raise(FAIL, 'no "
	    "room'); END", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	s = test_open(STORE_BULK);
	test_begin(s);
	for (i = 0; i < NEVENTS && rc == 1; i++) {
		make(&e, i);
		rc = store_add_event(s, &e);
	}
	assert_int_equal(rc, -1);
	assert_int_equal(store_commit(s, &err), -1);
	assert_non_null(strstr(err.text, "no room"));
	assert_int_equal(test_count(s), 0);
	store_close(s);
}

/* The WAL is written back beside the next transaction, and stays short. */
static void
the_wal_is_written_back(void **state)
{
	struct store *s = test_open(STORE_BULK);
	char wal[128], reply[512];
	struct event e;
	struct stat st;
	uint64_t i, n = 0;

	(void)state;
	snprintf(wal, sizeof(wal), "%s-wal", test_db);
	while (n < 200000) {
		test_begin(s);
		for (i = 0; i < 20000; i++) {
			make(&e, n++);
			snprintf(reply, sizeof(reply), "%0400" PRIu64, n);
			e.reply = str_of(reply);
			test_add(s, &e);
		}
		test_commit(s);
	}
	assert_int_equal(stat(wal, &st), 0);
	assert_in_range(st.st_size, 1, 64 << 20);
	assert_int_equal(stat(test_db, &st), 0);
	assert_in_range(st.st_size, 10 << 20, 400 << 20);
	store_close(s);
	assert_int_equal(sql_number("SELECT count(*) FROM events"), 200000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, test_setup, test_teardown)
		T(duplicates_are_known_everywhere),
		T(revisions_find_their_row_everywhere),
		T(rolled_back_is_gone),
		T(a_failure_beside_fails_the_commit),
		T(the_wal_is_written_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
