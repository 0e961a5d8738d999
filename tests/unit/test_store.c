/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store as a file: transactions, one writer, readers beside it, a writer
 * that dies, and files that are refused.
 */
#include "test_store.h"

static void
adds_once_and_counts_on(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct event e;
	int i;

	(void)state;
	test_begin(s);
	for (i = 0; i < 10; i++) {
		test_event(&e, T0 + i, (uint64_t)i, EVENT_MESSAGE);
		test_add(s, &e);
		assert_int_equal(e.seq, i + 1);
	}
	test_event(&e, T0 + 3, 3, EVENT_MESSAGE);
	assert_int_equal(store_add_event(s, &e), 0);
	assert_int_equal(e.seq, 0);
	test_commit(s);
	store_close(s);

	s = test_open(STORE_WRITE);
	test_begin(s);
	assert_int_equal(store_add_event(s, &e), 0);
	test_event(&e, T0 + 99, 99, EVENT_MESSAGE);
	test_add(s, &e);
	assert_int_equal(e.seq, 11);
	test_commit(s);
	assert_int_equal(test_count(s), 11);
	store_close(s);
}

static void
rollback_forgets_all(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct store_totals t;
	struct error err;
	struct event e;
	int i;

	(void)state;
	store_set_partition_rows(s, 4);
	test_begin(s);
	for (i = 0; i < 10; i++) {
		test_event(&e, T0 + i, (uint64_t)i, EVENT_REJECT);
		test_add(s, &e);
	}
	store_rollback(s);
	assert_int_equal(test_count(s), 0);
	assert_int_equal(store_totals(s, &t, &err), 0);
	assert_int_equal(t.partitions, 1);
	assert_int_equal(t.seq, 0);
	test_begin(s);
	test_event(&e, T0, 0, EVENT_REJECT);
	test_add(s, &e);
	assert_int_equal(e.seq, 1);
	test_commit(s);
	assert_int_equal(test_count(s), 1);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, test_setup, test_teardown)
		T(adds_once_and_counts_on),
		T(rollback_forgets_all),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
