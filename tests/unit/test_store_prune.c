/* SPDX-License-Identifier: Apache-2.0 */
/* Old events go by age or by size, and the file gives its room back. */
#include "test_store.h"

static void
add_days(struct store *s, int days, int each)
{
	struct event e;
	char reply[300];
	int i;

	test_begin(s);
	for (i = 0; i < days * each; i++) {
		test_event(&e, T0 + i / each * USEC_PER_DAY + i, (uint64_t)i,
		    EVENT_DELIVERY);
		snprintf(reply, sizeof(reply), "%0250d", i);
		e.reply = str_of(reply);
		test_add(s, &e);
	}
	test_commit(s);
}

static void
by_age(void **state)
{
	struct store *s = test_open(STORE_WRITE);

	(void)state;
	store_set_partition_rows(s, 100);
	add_days(s, 5, 100);
	assert_int_equal(test_prune(s, T0, 0), 0);
	assert_int_equal(test_prune(s, T0 + 2 * USEC_PER_DAY, 0), 2);
	assert_int_equal(test_count(s), 300);
	/* The newest too, with another one in its place. */
	assert_int_equal(test_prune(s, T0 + 9 * USEC_PER_DAY, 0), 3);
	assert_int_equal(test_count(s), 0);
	add_days(s, 1, 10);
	assert_int_equal(test_count(s), 10);
	store_close(s);
}

static void
by_size(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct error err;
	struct stat before, after;
	int rc, steps = 0;

	(void)state;
	store_set_partition_rows(s, 5000);
	add_days(s, 10, 5000);
	assert_int_equal(test_prune(s, 0, INT64_C(1) << 40), 0);
	assert_in_range(test_prune(s, 0, 8 << 20), 3, 8);
	assert_in_range(test_count(s), 10000, 35000);
	/* However small: the newest partition stays. */
	test_prune(s, 0, 1);
	assert_int_equal(test_count(s), 5000);
	store_close(s);
	assert_int_equal(stat(test_db, &before), 0);
	s = test_open(STORE_WRITE);
	while ((rc = store_trim(s, &err)) == 1)
		steps++;
	assert_int_equal(rc, 0);
	assert_in_range(steps, 2, 100);
	store_close(s);
	assert_int_equal(stat(test_db, &after), 0);
	assert_true(after.st_size < before.st_size / 2);
	s = test_open(STORE_READ);
	assert_int_equal(test_count(s), 5000);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, test_setup, test_teardown)
		T(by_age),
		T(by_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
