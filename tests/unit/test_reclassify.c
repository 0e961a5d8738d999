/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon_util.h"

#include "weir/reclassify.h"

#define MESSAGES	3000	/* more than one step takes */

static void
feed_many(struct place *at)
{
	struct buf	log = { 0 };

	for (int i = 0; i < MESSAGES; i++) {
		buf_addf(&log, STAMP "1Z mx1 postfix/smtpd[9]: 4A%08X: "
		    "client=unknown[192.0.2.66]\n", i);
		buf_addf(&log, STAMP "1Z mx1 postfix/qmgr[2]: 4A%08X: "
		    "from=<x@spam.example>, size=9, nrcpt=1 (queue active)\n",
		    i);
		buf_addf(&log, STAMP "2Z mx1 postfix/smtp[7]: 4A%08X: "
		    "to=<v%d@far.example>, relay=mx.far.example[198.51.100.9]"
		    ":25, delay=1, delays=0.1/0/0.4/0.5, dsn=2.0.0, "
		    "status=sent (250 ok)\n", i, i);
		buf_addf(&log, STAMP "2Z mx1 postfix/qmgr[2]: 4A%08X: "
		    "removed\n", i);
	}
	place_feed(at, buf_cstr(&log));
	place_commit(at);
	buf_done(&log);
}

/* All of one millisecond: the span cannot be cut below that. */
static void
test_many_at_once(void **state)
{
	struct reclassify	 r;
	struct error		 err = { "" };
	struct place		 at;
	struct query		 q;
	int			 rc;

	(void)state;
	place_init(&at, POLICY);
	place_open(&at);
	feed_many(&at);
	assert_int_equal(place_count(&at, CLASS_OPEN_RELAY), 2 * MESSAGES);
	pipeline_begin(at.p);
	assert_int_equal(policy_add(pipeline_policy(at.p),
	    POLICY_TRUSTED_NETWORKS, POLICY_CONFIRMED, STR("192.0.2.0/24"),
	    NULL), 1);
	query_init(&q);
	assert_int_equal(reclassify_init(&r, at.p, &q, &err), 0);
	while ((rc = reclassify_step(&r, at.p, &err)) == 1)
		assert_false(pipeline_dirty(at.p));
	assert_int_equal(rc, 0);
	assert_int_equal(r.events, MESSAGES);
	assert_int_equal(r.revised, MESSAGES);
	assert_int_equal(place_count(&at, CLASS_OPEN_RELAY), 0);
	reclassify_done(&r);
	place_done(&at);
}

/* What is done grows to about all there is, which is messages too. */
static void
test_progress(void **state)
{
	struct reclassify	 r;
	struct error		 err = { "" };
	struct place		 at;
	struct query		 q;
	int64_t			 before = 0;
	int			 rc;

	(void)state;
	place_init(&at, POLICY);
	place_open(&at);
	feed_many(&at);
	query_init(&q);
	assert_int_equal(reclassify_init(&r, at.p, &q, &err), 0);
	assert_int_equal(r.total, 2 * MESSAGES);
	assert_int_equal(r.done, 0);
	while ((rc = reclassify_step(&r, at.p, &err)) == 1) {
		assert_in_range(r.done, before, r.total);
		before = r.done;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(r.done, r.total);
	assert_int_equal(r.events, MESSAGES);
	reclassify_done(&r);
	place_done(&at);
}

static void
test_filter_and_nothing(void **state)
{
	struct reclassify	r;
	struct error		err = { "" };
	struct place		at;
	struct query		q;

	(void)state;
	place_init(&at, POLICY);
	place_open(&at);
	query_init(&q);
	assert_int_equal(reclassify_init(&r, at.p, &q, &err), 0);
	assert_int_equal(reclassify_step(&r, at.p, &err), 0);
	assert_int_equal(r.events, 0);
	reclassify_done(&r);
	place_feed(&at,
	    RELAY_LOG("4ABCDEF012", "192.0.2.66", "v@far.example")
	    RELAY_LOG("4ABCDEF013", "192.0.2.67", "w@other.example"));
	place_commit(&at);
	query_init(&q);
	assert_int_equal(query_set(&q, STR("domain"), STR("far.example"), 0,
	    &err), 0);
	assert_int_equal(reclassify_init(&r, at.p, &q, &err), 0);
	while (reclassify_step(&r, at.p, &err) == 1)
		;
	assert_int_equal(r.events, 1);
	reclassify_done(&r);
	place_done(&at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_at_once),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_filter_and_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
