/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/event.h"

static void
names_round_trip(void **state)
{
	(void)state;
	for (int i = 0; i < EVENT_KIND_COUNT; i++)
		assert_int_equal(event_kind_of(str_of(event_kind_name(i))), i);
	for (int i = 0; i < CLASS_COUNT; i++)
		assert_int_equal(event_class_of(str_of(event_class_name(i))),
		    i);
	for (int i = 0; i < STATUS_COUNT; i++)
		assert_int_equal(event_status_of(
		    str_of(event_status_name(i))), i);
	for (int i = 0; i < ORIGIN_COUNT; i++)
		assert_int_equal(event_origin_of(
		    str_of(event_origin_name(i))), i);
	assert_int_equal(event_class_of(STR("open relay")), CLASS_COUNT);
	assert_int_equal(event_kind_of(STR("")), EVENT_KIND_COUNT);
}

static struct record
line(const char *text)
{
	struct record r = { .host = STR("mx1"), .unit = STR("postfix/smtpd"),
	    .pid = 7, .repeat = 1 };

	r.text = str_of(text);
	return r;
}

static void
ids_tell_lines_apart(void **state)
{
	struct record	a = line("connect"), b = line("connecT");
	uint8_t		da[16], db[16], x[EVENT_ID_SIZE], y[EVENT_ID_SIZE];
	char		*longer = calloc(1, 5001);

	(void)state;
	event_digest(&a, da);
	event_digest(&b, db);
	assert_memory_not_equal(da, db, 16);
	event_make_id(1, EVENT_REJECT, da, 0, x);
	event_make_id(1, EVENT_REJECT, da, 0, y);
	assert_memory_equal(x, y, EVENT_ID_SIZE);
	event_make_id(1, EVENT_REJECT, da, 1, y);
	assert_memory_not_equal(x, y, EVENT_ID_SIZE);
	event_make_id(1, EVENT_AUTH, da, 0, y);
	assert_memory_not_equal(x, y, EVENT_ID_SIZE);
	/* A byte that moves from the host to the unit is another line. */
	b = a;
	b.host = STR("mx1p");
	b.unit = STR("ostfix/smtpd");
	event_digest(&b, db);
	assert_memory_not_equal(da, db, 16);
	/* Longer than the digest's buffer on the stack. */
	memset(longer, 'x', 5000);
	b = line(longer);
	event_digest(&b, da);
	longer[4999] = 'y';
	event_digest(&b, db);
	assert_memory_not_equal(da, db, 16);
	free(longer);
}

static void
ids_begin_with_time(void **state)
{
	struct record	r = line("x");
	uint8_t		d[16], id[EVENT_ID_SIZE], later[EVENT_ID_SIZE];
	const uint8_t	want[6] = { 0x01, 0x94, 0x1f, 0x29, 0x7c, 0x00 };

	(void)state;
	event_digest(&r, d);
	event_make_id(INT64_C(0x01941f297c00) * 1000 + 999, EVENT_REJECT, d, 0,
	    id);
	assert_memory_equal(id, want, 6);
	/* Another microsecond of the same millisecond is another line. */
	event_make_id(INT64_C(0x01941f297c00) * 1000 + 998, EVENT_REJECT, d, 0,
	    later);
	assert_memory_equal(id, later, 6);
	assert_memory_not_equal(id, later, EVENT_ID_SIZE);
	event_make_id(INT64_C(0x01941f297c01) * 1000, EVENT_REJECT, d, 0,
	    later);
	assert_true(memcmp(id, later, EVENT_ID_SIZE) < 0);
}

static void
packed_form_keeps_everything(void **state)
{
	struct event		e, back;
	struct buf		b = {0};
	struct buf_reader	r;
	size_t			n;

	(void)state;
	event_init(&e);
	e.at = -5;
	e.kind = EVENT_DELIVERY;
	e.class = CLASS_OPEN_RELAY;
	e.status = STATUS_SENT;
	e.first = e.relay_hop = true;
	e.sender = STR("");		/* the null sender is known */
	e.recipient = STR("v@far.example");
	e.delay_us = 1500000;
	event_pack(&b, &e);
	r = (struct buf_reader){ buf_str(&b), false };
	assert_true(event_unpack(&r, &back));
	assert_int_equal(r.rest.n, 0);
	assert_int_equal(back.at, -5);
	assert_int_equal(back.class, CLASS_OPEN_RELAY);
	assert_true(back.first && back.relay_hop && !back.counted);
	assert_true(str_known(back.sender) && back.sender.n == 0);
	assert_false(str_known(back.helo_name));
	assert_true(str_eq(back.recipient, e.recipient));
	assert_int_equal(back.delay_us, 1500000);
	assert_int_equal(back.code, -1);
	/* Cut anywhere, it is refused. */
	for (n = 0; n < b.n; n++) {
		r = (struct buf_reader){ { b.p, n }, false };
		assert_false(event_unpack(&r, &back));
	}
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_round_trip),
		cmocka_unit_test(ids_tell_lines_apart),
		cmocka_unit_test(ids_begin_with_time),
		cmocka_unit_test(packed_form_keeps_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
