/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon_util.h"

#include "weir/backlog.h"
#include "weir/mem.h"

static void
add(struct backlog *b, struct store *s, enum alert_severity severity,
    int64_t opened, const char *title)
{
	struct alert	*a = alert_new();
	uint8_t		 id[EVENT_ID_SIZE] = { 1 };

	a->detector = xstrdup("open-relay");
	a->host = xstrdup("mx1");
	a->key = xstrdup("192.0.2.0/24");
	a->severity = severity;
	a->opened = opened;
	a->title = xstrdup(title);
	alert_make_id(a, id);
	backlog_add(b, s, a);
	alert_free(a);
}

static void
test_summary(void **state)
{
	struct backlog	 b = { 0 }, again = { 0 };
	struct place	 at;
	struct store	*s;
	struct alert	*a;

	(void)state;
	place_init(&at, POLICY);
	place_open(&at);
	s = pipeline_store(at.p);
	pipeline_begin(at.p);
	assert_null(backlog_summary(&b));
	add(&b, s, SEVERITY_WARNING, 20, "small");
	add(&b, s, SEVERITY_CRITICAL, 30, "great one");
	add(&b, s, SEVERITY_WARNING, 10, "small too");
	/* What is in the store counts on after a restart. */
	backlog_load(&again, s);
	add(&again, s, SEVERITY_CRITICAL, 40, "great two");
	a = backlog_summary(&again);
	assert_non_null(a);
	assert_int_equal(a->severity, SEVERITY_CRITICAL);
	assert_int_equal(a->count, 4);
	assert_int_equal(a->first_seen, 10);
	assert_int_equal(a->last_seen, 40);
	assert_true(a->historical);
	assert_non_null(strstr(a->title, "4 alerts of the past"));
	assert_non_null(strstr(a->title, "great one; great two; and 2 more"));
	assert_null(strstr(a->title, "small"));
	alert_free(a);
	backlog_clear(&again, s);
	backlog_load(&b, s);
	assert_null(backlog_summary(&b));
	backlog_done(&b);
	backlog_done(&again);
	place_done(&at);
}

static void
test_damage_is_nothing(void **state)
{
	struct backlog	b = { 0 };
	struct place	at;

	(void)state;
	place_init(&at, POLICY);
	place_open(&at);
	pipeline_begin(at.p);
	assert_int_equal(store_put_value(pipeline_store(at.p), "backlog",
	    STR("\x01\x02\x03")), 0);
	backlog_load(&b, pipeline_store(at.p));
	assert_null(backlog_summary(&b));
	backlog_done(&b);
	place_done(&at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_damage_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
