/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon_util.h"

#include "weir/raise.h"
#include "weir/pipeline.h"

static struct webhook hooks[] = {
	{ .name = "one", .format = "standard" },
	{ .name = "two", .format = "standard" },
};

static int
count_row(void *ctx, const struct outbox_row *row)
{
	size_t	*n = ctx;

	assert_non_null(strstr(row->body, "\"data\""));
	++*n;
	return 0;
}

static size_t
outbox(struct place *at)
{
	size_t	n = 0;

	assert_int_equal(store_each_outbox(pipeline_store(at->p), INT64_MAX,
	    0, count_row, &n, NULL), 0);
	return n;
}

static void
test_relay_is_told(void **state)
{
	struct place	 at;
	struct alert	*a;

	(void)state;
	place_init(&at, POLICY);
	at.o.hooks = hooks;
	at.o.nhooks = 2;
	at.o.live = true;
	place_open(&at);
	assert_false(pipeline_dirty(at.p));
	place_feed(&at, RELAY_LOG("4ABCDEF012", "192.0.2.66", "v@far.example"));
	assert_true(pipeline_dirty(at.p));
	assert_int_equal(pipeline_pending(at.p), 7);
	place_commit(&at);
	assert_int_equal(pipeline_pending(at.p), 0);
	assert_int_equal(place_count(&at, CLASS_OPEN_RELAY), RELAY_EVENTS);
	a = place_alert(&at, "open-relay");
	assert_non_null(a);
	assert_string_equal(a->key, "192.0.2.0/24");
	/* Its event is of last year: one summary, no page for each. */
	assert_true(a->historical);
	assert_int_equal(outbox(&at), 0);
	pipeline_caught_up(at.p);
	place_commit(&at);
	assert_int_equal(outbox(&at), 2);
	pipeline_caught_up(at.p);
	place_commit(&at);
	assert_int_equal(outbox(&at), 2);
	alert_free(a);
	place_done(&at);
}

static void
test_now_is_paged(void **state)
{
	struct place	at;
	struct buf	log = { 0 };
	char		now[USEC_TEXT_MAX];
	struct str	rest, line;

	(void)state;
	place_init(&at, POLICY);
	at.o.hooks = hooks;
	at.o.nhooks = 2;
	at.o.live = true;
	place_open(&at);
	usec_print(pipeline_clock(), now);
	rest = STR(RELAY_LOG("4ABCDEF012", "192.0.2.66", "v@far.example"));
	while (str_cut(&rest, '\n', &line))
		if (line.n > 0)
			buf_addf(&log, "%s%.*s\n", now,
			    STRF(str_tail(line, str_find_char(line, ' '))));
	place_feed(&at, buf_cstr(&log));
	assert_true(pipeline_urgent(at.p));
	place_commit(&at);
	assert_false(pipeline_urgent(at.p));
	assert_int_equal(outbox(&at), 2);
	buf_done(&log);
	place_done(&at);
}

/* Nothing of an undone batch is left, and reading it again adds all of it. */
static void
test_restart(void **state)
{
	static const char	log[] = RELAY_LOG("4ABCDEF012", "192.0.2.66",
				    "v@far.example");
	struct error		err = { "" };
	struct place		at;

	(void)state;
	place_init(&at, POLICY);
	place_open(&at);
	place_feed(&at, log);
	assert_int_equal(pipeline_restart(at.p, &at.o, &err), 0);
	assert_int_equal(place_count(&at, CLASS_OPEN_RELAY), 0);
	assert_null(place_alert(&at, "open-relay"));
	place_feed(&at, log);
	place_commit(&at);
	assert_int_equal(place_count(&at, CLASS_OPEN_RELAY), RELAY_EVENTS);
	/* And what is committed is not added again. */
	assert_int_equal(pipeline_restart(at.p, &at.o, &err), 0);
	place_feed(&at, log);
	place_commit(&at);
	assert_int_equal(place_count(&at, CLASS_OPEN_RELAY), RELAY_EVENTS);
	place_done(&at);
}

static void
test_snapshot(void **state)
{
	struct snapshot	s = { 0 };
	struct place	at;
	uint8_t		id[EVENT_ID_SIZE] = { 0 }, none[EVENT_ID_SIZE] = { 0 };

	(void)state;
	place_init(&at, POLICY);
	place_open(&at);
	place_feed(&at,
	    STAMP "1Z mx1 postfix/smtpd[9]: something that no rule knows\n"
	    STAMP "2Z mx1 postfix/smtpd[9]: something else\n");
	raise_notice(at.p, "clock", "mx1", STR("it went back"), 5, id);
	assert_memory_not_equal(id, none, sizeof(id));
	place_commit(&at);
	pipeline_snapshot(at.p, &s);
	assert_int_equal(s.nunknown, 1);
	assert_int_equal(s.unknown[0].lines, 2);
	assert_string_equal(s.unknown[0].program, "postfix/smtpd");
	assert_non_null(strstr(s.unknown[0].sample, "no rule knows"));
	assert_non_null(strstr(s.beliefs_json, "example.org"));
	assert_int_equal(s.store.events, 1);
	assert_int_equal(s.engine.events[EVENT_NOTICE], 1);
	place_done(&at);
}

static void
test_one_writer(void **state)
{
	struct error	err = { "" };
	struct place	at;

	(void)state;
	place_init(&at, POLICY);
	place_open(&at);
	assert_null(pipeline_open(&at.o, &err));
	assert_non_null(strstr(err.text, "one writer at a time"));
	place_done(&at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_relay_is_told),
		cmocka_unit_test(test_now_is_paged),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_snapshot),
		cmocka_unit_test(test_one_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
