/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store in memory begins where the one on disk ended, keeps a bounded part
 * of what it is given, and leaves nothing behind but what webhooks were told.
 */
#include "test_store.h"

static void
add_row(struct store *s, const char *id)
{
	struct outbox_row row = { 0 };

	snprintf(row.webhook, sizeof(row.webhook), "oncall");
	snprintf(row.webhook_id, sizeof(row.webhook_id), "%s", id);
	snprintf(row.type, sizeof(row.type), "alert.opened");
	row.body = (char *)(uintptr_t)"{}";
	row.created = row.next_try = T0;
	assert_int_equal(store_add_outbox(s, &row), 0);
}

static int
deliver(void *ctx, const struct outbox_row *row)
{
	int64_t *ids = ctx;

	ids[++ids[0]] = row->id;
	return 0;
}

/* All that waits is delivered. */
static int64_t
deliver_all(struct store *s)
{
	int64_t ids[8] = { 0 }, i;
	struct error err;

	assert_int_equal(store_each_outbox(s, INT64_MAX, 0, deliver, ids,
	    &err), 0);
	for (i = 1; i <= ids[0]; i++)
		assert_int_equal(store_outbox_result(s, ids[i],
		    OUTBOX_DELIVERED, T0 + 9, 0, 200, ""), 0);
	return ids[0];
}

static bool
is_delivered(struct store *s, const char *id)
{
	struct outbox_row row;
	bool delivered = false;

	if (store_outbox_state(s, id, &row, &delivered) == 0)
		free(row.body);
	return delivered;
}

static void
what_was_told_goes_over(void **state)
{
	struct store *disk = test_open(STORE_WRITE), *s;
	struct buf b = { 0 };
	struct error err;
	struct event e;

	(void)state;
	test_begin(disk);
	test_event(&e, T0, 1, EVENT_DELIVERY);
	test_add(disk, &e);
	assert_int_equal(store_keep(disk, STR("m"), 1, 0, STR("kept")), 0);
	add_row(disk, "before");
	test_commit(disk);

	s = store_open_standin(disk, &err);
	if (s == NULL)
		fail_msg("%s", err.text);
	assert_true(store_recall(s, STR("m"), &b));
	assert_true(str_eq(buf_str(&b), STR("kept")));
	assert_true(store_hash_key(s).k0 == store_hash_key(disk).k0 &&
	    store_hash_key(s).k1 == store_hash_key(disk).k1);
	test_begin(s);
	test_event(&e, T0 + 1, 2, EVENT_DELIVERY);
	test_add(s, &e);
	assert_int_equal(e.seq, 2);	/* numbers go on */
	add_row(s, "meanwhile");
	assert_int_equal(deliver_all(s), 2);
	add_row(s, "waits");
	test_commit(s);
	assert_int_equal(store_leave_standin(disk, s, &err), 0);
	store_close(s);

	assert_true(is_delivered(disk, "before"));
	assert_true(is_delivered(disk, "meanwhile"));
	assert_false(is_delivered(disk, "waits"));
	assert_int_equal(test_count(disk), 1);
	/* Judged again, it is not told again. */
	test_begin(disk);
	add_row(disk, "meanwhile");
	assert_int_equal(deliver_all(disk), 0);
	test_commit(disk);
	buf_done(&b);
	store_close(disk);
}

static void
memory_is_bounded(void **state)
{
	struct store *disk = test_open(STORE_WRITE), *s;
	struct error err;
	struct event e;
	uint64_t i;

	(void)state;
	assert_non_null(s = store_open_standin(disk, &err));
	test_begin(s);
	for (i = 0; i < 70000; i++) {
		test_event(&e, T0 + (int64_t)i * 1000, i, EVENT_AUTH);
		test_add(s, &e);
	}
	test_commit(s);
	assert_in_range(test_count(s), 20001, 40000);
	store_close(s);
	store_close(disk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, test_setup, test_teardown)
		T(what_was_told_goes_over),
		T(memory_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
