/* SPDX-License-Identifier: Apache-2.0 */
/* State kept for the engine, through memory and through the file. */
#include "test_store.h"

static void
kept_state_comes_back_and_goes(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct buf b = { 0 };

	(void)state;
	test_begin(s);
	assert_int_equal(store_keep(s, STR("a\0b"), 5, 0, STR("one\0two")), 0);
	assert_int_equal(store_keep(s, STR("a"), 6, 0, STR("x")), 0);
	assert_int_equal(store_keep(s, STR("a"), 7, 0, STR("yy")), 0);
	test_commit(s);
	store_close(s);
	s = test_open(STORE_WRITE);
	assert_true(store_recall(s, STR("a\0b"), &b));
	assert_true(str_eq(buf_str(&b), STR("one\0two")));
	assert_true(store_recall(s, STR("a"), &b));	/* appends */
	assert_true(str_eq(buf_str(&b), STR("one\0twoyy")));
	assert_false(store_recall(s, STR("b"), &b));
	test_begin(s);
	assert_int_equal(store_keep(s, STR("a\0b"), 9, 0, STR("")), 0);
	assert_false(store_recall(s, STR("a\0b"), &b));
	assert_int_equal(store_keep(s, STR("c"), 8, 0, STR("z")), 0);
	assert_int_equal(store_forget(s, 8), 0);
	test_commit(s);
	assert_false(store_recall(s, STR("a"), &b));
	assert_true(store_recall(s, STR("c"), &b));
	buf_done(&b);
	store_close(s);
}

struct due {
	struct store	*s;
	char		 keys[64];
};

/* Whoever is woken keeps anew, in the middle of the walk. */
static void
wake(void *ctx, struct str key)
{
	struct due *d = ctx;
	size_t n = strlen(d->keys);

	snprintf(d->keys + n, sizeof(d->keys) - n, "%.*s ", STRF(key));
	assert_int_equal(store_keep(d->s, key, 1, 0, STR("woken")), 0);
}

static void
due_keys_come_in_order(void **state)
{
	struct due d = { .s = test_open(STORE_WRITE) };
	struct error err;

	(void)state;
	test_begin(d.s);
	assert_int_equal(store_keep(d.s, STR("b"), 1, 20, STR("x")), 0);
	assert_int_equal(store_keep(d.s, STR("never"), 1, 0, STR("x")), 0);
	assert_int_equal(store_keep(d.s, STR("a"), 1, 20, STR("x")), 0);
	assert_int_equal(store_keep(d.s, STR("c"), 1, 10, STR("x")), 0);
	assert_int_equal(store_each_due(d.s, wake, &d, &err), 0);
	assert_string_equal(d.keys, "c a b ");
	d.keys[0] = '\0';
	assert_int_equal(store_each_due(d.s, wake, &d, &err), 0);
	assert_string_equal(d.keys, "");
	test_commit(d.s);
	store_close(d.s);
}

/* What a transaction kept and forgot goes with it. */
static void
rolled_back_is_as_before(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct buf b = { 0 };

	(void)state;
	test_begin(s);
	assert_int_equal(store_keep(s, STR("a"), 1, 0, STR("one")), 0);
	test_commit(s);
	test_begin(s);
	assert_int_equal(store_keep(s, STR("a"), 2, 0, STR_NONE), 0);
	assert_int_equal(store_keep(s, STR("b"), 2, 0, STR("two")), 0);
	assert_false(store_recall(s, STR("a"), &b));
	assert_true(store_recall(s, STR("b"), &b));
	store_rollback(s);
	assert_false(store_recall(s, STR("b"), &b));
	assert_true(store_recall(s, STR("a"), &b));
	assert_true(str_eq(buf_str(&b), STR("twoone")));
	buf_done(&b);
	store_close(s);
}

static struct str
key_of(char key[32], int i)
{
	return (struct str){ key, (size_t)snprintf(key, 32, "m%d", i) };
}

/* More than are remembered at a time, and than the filter has room for. */
static void
many_keys_are_all_found(void **state)
{
	struct store *s = test_open(STORE_WRITE);
	struct buf b = { 0 };
	char key[32];
	int i, n = 150000;

	(void)state;
	test_begin(s);
	for (i = 0; i < n; i++)
		assert_int_equal(store_keep(s, key_of(key, i), i, 0,
		    STR("x")), 0);
	for (i = 0; i < n; i += 3)
		assert_int_equal(store_keep(s, key_of(key, i), i, 0,
		    STR_NONE), 0);
	test_commit(s);
	for (i = 0; i < n + 1000; i++)
		assert_int_equal(store_recall(s, key_of(key, i), &b),
		    i < n && i % 3 != 0);
	buf_done(&b);
	store_close(s);
	assert_int_equal(sql_number("SELECT count(*) FROM kept"), n / 3 * 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, test_setup, test_teardown)
		T(kept_state_comes_back_and_goes),
		T(due_keys_come_in_order),
		T(rolled_back_is_as_before),
		T(many_keys_are_all_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
