/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/alert.h"
#include "weir/mem.h"

static struct alert *
example(void)
{
	struct alert	*a = alert_new();
	uint8_t		 id[EVENT_ID_SIZE] = { 1, 2, 3 };

	a->detector = xstrdup("open-relay");
	a->host = xstrdup("mx1");
	a->key_type = KEY_CLIENT_NETWORK;
	a->key = xstrdup("198.51.100.0/24");
	a->title = xstrdup("Open relay");
	a->severity = SEVERITY_CRITICAL;
	a->opened = a->first_seen = 5;
	a->last_seen = 9;
	a->count = 3;
	a->nreasons = 1;
	a->reasons[0].observed = 3;
	alert_make_id(a, id);
	alert_add_evidence(a, id, STR("line one\nline two"));
	alert_add_evidence(a, id, STR_NONE);
	return a;
}

static void
packed_form_keeps_everything(void **state)
{
	struct alert	*a = example(), *b;
	struct buf	 blob = {0};
	size_t		 n;

	(void)state;
	alert_pack(&blob, a);
	b = alert_unpack(buf_str(&blob));
	assert_non_null(b);
	assert_memory_equal(a->id, b->id, EVENT_ID_SIZE);
	assert_string_equal(b->key, "198.51.100.0/24");
	assert_null(b->acknowledged_by);
	assert_int_equal(b->severity, SEVERITY_CRITICAL);
	assert_int_equal(b->count, 3);
	assert_int_equal(b->nevidence, 2);
	assert_string_equal(b->evidence[0].line, "line one\nline two");
	assert_null(b->evidence[1].line);
	assert_true(b->reasons[0].observed == 3);
	assert_true(b->reasons[0].expected != b->reasons[0].expected);
	assert_null(b->exempt);
	for (n = 0; n < blob.n; n++)
		assert_null(alert_unpack((struct str){ blob.p, n }));
	buf_done(&blob);
	alert_free(a);
	alert_free(b);
}

static void
exemptions_are_kept(void **state)
{
	struct alert	*a = example(), *b, *c;
	struct buf	 blob = {0};

	(void)state;
	a->exempt = xstrdup("the newsletter");
	a->shadow = true;
	assert_true(alert_add_related(a, KEY_HOST, STR("mx1")));
	alert_pack(&blob, a);
	b = alert_unpack(buf_str(&blob));
	c = alert_copy(b);
	assert_string_equal(c->exempt, "the newsletter");
	assert_true(c->shadow);
	assert_int_equal(c->nrelated, 1);
	alert_free(b);
	alert_free(c);
	/* What a version before wrote, knew of none. */
	blob.p[0] = 2;
	b = alert_unpack(buf_str(&blob));
	assert_null(b->exempt);
	assert_int_equal(b->nrelated, 1);
	alert_free(b);
	buf_done(&blob);
	alert_free(a);
}

static void
ids_differ_by_key_and_event(void **state)
{
	struct alert	*a = example(), *b = example();
	uint8_t		 id[EVENT_ID_SIZE] = { 9 };

	(void)state;
	assert_memory_equal(a->id, b->id, EVENT_ID_SIZE);
	alert_make_id(b, id);
	assert_memory_not_equal(a->id, b->id, EVENT_ID_SIZE);
	free(b->key);
	b->key = xstrdup("203.0.113.0/24");
	alert_make_id(b, (const uint8_t[EVENT_ID_SIZE]){ 1, 2, 3 });
	assert_memory_not_equal(a->id, b->id, EVENT_ID_SIZE);
	alert_free(a);
	alert_free(b);
}

static void
evidence_is_bounded_and_copied(void **state)
{
	struct alert	*a = example(), *b;
	uint8_t		 id[EVENT_ID_SIZE] = {0};

	(void)state;
	for (int i = 0; i < 100; i++)
		alert_add_evidence(a, id, STR("more"));
	assert_int_equal(a->nevidence, ALERT_EVIDENCE_MAX);
	b = alert_copy(a);
	assert_ptr_not_equal(a->evidence[0].line, b->evidence[0].line);
	assert_string_equal(a->evidence[0].line, b->evidence[0].line);
	alert_free(a);
	assert_string_equal(b->title, "Open relay");
	alert_free(b);
	alert_free(NULL);
}

static void
names_round_trip(void **state)
{
	(void)state;
	for (int i = 0; i < ALERT_STATE_COUNT; i++)
		assert_int_equal(alert_state_of(str_of(alert_state_name(i))),
		    i);
	for (int i = 0; i < SEVERITY_COUNT; i++)
		assert_int_equal(alert_severity_of(
		    str_of(alert_severity_name(i))), i);
	for (int i = 0; i < KEY_TYPE_COUNT; i++)
		assert_int_equal(key_type_of(
		    str_of(key_type_name(i))), i);
	assert_string_equal(alert_transition_name(TRANSITION_OPENED),
	    "alert.opened");
	assert_int_equal(alert_state_of(STR("closed")), ALERT_STATE_COUNT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packed_form_keeps_everything),
		cmocka_unit_test(exemptions_are_kept),
		cmocka_unit_test(ids_differ_by_key_and_event),
		cmocka_unit_test(evidence_is_bounded_and_copied),
		cmocka_unit_test(names_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
