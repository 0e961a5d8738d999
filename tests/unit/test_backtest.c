/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of then give what was raised; others say what differs. */
#include "daemon_util.h"
#include "burst_log.h"

#include "weir/backtest.h"

static void
set_up(struct place *at)
{
	struct buf	log = { 0 };

	place_init(at, POLICY);
	place_open(at);
	burst_past(&log);
	burst_part(&log, 0, BURST_MESSAGES);
	buf_add_str(&log, STR(RELAY_LOG("4ABCDEF012", "192.0.2.66",
	    "v@far.example")));
	place_feed(at, buf_cstr(&log));
	place_commit(at);
	buf_done(&log);
}

static void
run(struct place *at, const char *settings, int64_t since,
    struct backtest *ret)
{
	struct buf	problems = { 0 };
	struct config	*c = config_parse(at->conf, str_of(settings),
			    &problems);
	struct backtest_options o = { .config = c, .since = since };
	struct error	err = { "" };

	assert_non_null(c);
	if (backtest_run(pipeline_store(at->p), &o, ret, &err) == -1)
		fail_msg("%s", err.text);
	config_free(c);
	buf_done(&problems);
}

static void
test_the_same_settings_raise_the_same(void **state)
{
	struct place	at;
	struct backtest	b;

	(void)state;
	set_up(&at);
	run(&at, POLICY, 0, &b);
	assert_true(b.nwas >= 2);
	assert_int_equal(b.nboth, b.nwas);
	assert_int_equal(b.nboth, b.nwould);
	for (size_t i = 0; i < b.n; i++) {
		assert_memory_equal(b.pairs[i].was->id, b.pairs[i].would->id,
		    EVENT_ID_SIZE);
		assert_string_equal(b.pairs[i].was->title,
		    b.pairs[i].would->title);
		assert_int_equal(b.pairs[i].was->count,
		    b.pairs[i].would->count);
	}
	backtest_done(&b);
	place_done(&at);
}

static void
test_other_settings_are_laid_beside(void **state)
{
	struct place	at;
	struct backtest	b;

	(void)state;
	set_up(&at);
	run(&at, POLICY "[detector open-relay]\nenabled = false\n", 0, &b);
	assert_int_equal(b.nwas - b.nboth, 1);
	assert_string_equal(b.pairs[0].was->detector, "open-relay");
	assert_null(b.pairs[0].would);
	backtest_done(&b);
	/* What opened before is learnt from, not compared. */
	run(&at, POLICY, BURST_BEGINS + BURST_DAYS * USEC_PER_DAY, &b);
	assert_true(b.n >= 1);
	assert_int_equal(b.nboth, b.n);
	for (size_t i = 0; i < b.n; i++)
		assert_string_not_equal(b.pairs[i].was->detector,
		    "open-relay");
	backtest_done(&b);
	place_done(&at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_same_settings_raise_the_same),
		cmocka_unit_test(test_other_settings_are_laid_beside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
