/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "weir/mem.h"
#include "weir/provisional.h"
#include "weir/usec.h"

#define AT	INT64_C(1790000000000000)

struct fixture {
	char		 dir[64], path[96];
	struct store	*store;
};

static void
set_up(struct fixture *f)
{
	struct error err;

	snprintf(f->dir, sizeof(f->dir), "/tmp/provisional.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/t.db", f->dir);
	f->store = store_open(f->path, STORE_WRITE, &err);
	assert_non_null(f->store);
	assert_int_equal(store_begin(f->store, &err), 0);
}

static void
tear_down(struct fixture *f)
{
	static const char *const names[] = { "", "-wal", "-shm", ".lock" };
	char path[128];

	store_close(f->store);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", f->path, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(f->dir);
}

static struct event
event(uint8_t n, enum event_kind kind, enum event_class class)
{
	struct event e;

	event_init(&e);
	for (int i = 0; i < 6; i++)
		e.id[i] = (uint8_t)((uint64_t)(AT / 1000) >> (40 - 8 * i));
	e.id[15] = n;
	e.at = AT;
	e.kind = kind;
	e.class = class;
	e.counted = kind == EVENT_DELIVERY;
	e.recipient = STR("v@far.example");
	return e;
}

static int
count_event(void *ctx, const struct event *e)
{
	int *classes = ctx;

	classes[e->class]++;
	return 0;
}

static void
count(struct fixture *f, int classes[CLASS_COUNT])
{
	struct query	q;
	char		cursor[QUERY_CURSOR_MAX];

	memset(classes, 0, CLASS_COUNT * sizeof(*classes));
	query_init(&q);
	assert_int_equal(store_query(f->store, &q, count_event, classes,
	    cursor, NULL), 0);
	query_done(&q);
}

static void
add_hour(void *ctx, int64_t hour, enum event_class c, int64_t n)
{
	(void)hour;
	(void)c;
	*(int64_t *)ctx += n;
}

static struct alert *
alert(uint8_t n, int64_t times)
{
	struct alert *a = alert_new();

	a->detector = xstrdup("open-relay");
	a->host = xstrdup("mx1");
	a->key = xstrdup("198.51.100.0/24");
	a->title = xstrdup("Open relay");
	memset(a->id, n, EVENT_ID_SIZE);
	a->opened = AT;
	a->count = times;
	return a;
}

static void
what_was_told_is_taken_back(void **state)
{
	struct fixture		f;
	struct provisional	v = { 0 };
	struct event		kept, row, told;
	struct alert		*old = alert(1, 1), *more = alert(1, 5);
	struct alert		*fresh = alert(2, 1), *back = NULL;
	int			classes[CLASS_COUNT];
	int64_t			n = 0;

	(void)state;
	set_up(&f);
	kept = event(1, EVENT_DELIVERY, CLASS_INBOUND);
	row = event(2, EVENT_MESSAGE, CLASS_UNKNOWN);
	told = event(3, EVENT_DELIVERY, CLASS_OPEN_RELAY);
	assert_int_equal(store_add_event(f.store, &kept), 1);
	assert_int_equal(store_add_event(f.store, &row), 1);
	assert_int_equal(store_put_alert(f.store, old), 0);

	v.on = true;
	assert_int_equal(store_add_event(f.store, &told), 1);
	provisional_event(&v, &told);
	row.class = CLASS_OPEN_RELAY;
	provisional_class(&v, f.store, &row);
	assert_int_equal(store_revise_event(f.store, &row, NULL), 0);
	provisional_alert(&v, f.store, more);
	assert_int_equal(store_put_alert(f.store, more), 0);
	provisional_alert(&v, f.store, fresh);
	assert_int_equal(store_put_alert(f.store, fresh), 0);
	assert_int_equal(provisional_keep(&v, f.store), 0);
	assert_int_equal(store_commit(f.store, NULL), 0);
	count(&f, classes);
	assert_int_equal(classes[CLASS_OPEN_RELAY], 2);

	assert_int_equal(store_begin(f.store, NULL), 0);
	assert_int_equal(provisional_undo(f.store), 0);
	assert_int_equal(provisional_undo(f.store), 0);	/* once only */
	assert_int_equal(store_commit(f.store, NULL), 0);
	count(&f, classes);
	assert_int_equal(classes[CLASS_OPEN_RELAY], 0);
	assert_int_equal(classes[CLASS_INBOUND], 1);
	assert_int_equal(classes[CLASS_UNKNOWN], 1);
	assert_int_equal(store_each_traffic(f.store, 0, 2 * AT, add_hour,
	    &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_int_equal(store_get_alert(f.store, STR("01010101"), &back,
	    NULL), 0);
	assert_int_equal(back->count, 1);
	alert_free(back);
	assert_int_equal(store_get_alert(f.store, STR("02020202"), &back,
	    NULL), -1);
	/* What was taken back can come again, and stay. */
	assert_int_equal(store_begin(f.store, NULL), 0);
	assert_int_equal(store_add_event(f.store, &told), 1);
	assert_int_equal(store_commit(f.store, NULL), 0);
	alert_free(old);
	alert_free(more);
	alert_free(fresh);
	tear_down(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_told_is_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
