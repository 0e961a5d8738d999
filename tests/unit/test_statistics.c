/* SPDX-License-Identifier: Apache-2.0 */
/* What statistics know survives a kill, a clean end and a damaged blob. */
#include "daemon_util.h"
#include "burst_log.h"

#include "weir/statistics.h"

#define PART	10

static int
add_alert(void *ctx, const struct alert *a)
{
	buf_addf(ctx, "%02x%02x %s %s %lld %s\n", a->id[0], a->id[1],
	    a->detector, a->key, (long long)a->count, a->title);
	return 0;
}

static void
list(struct place *at, struct buf *ret)
{
	struct alert_filter	f = { 0 };

	assert_int_equal(store_each_alert(pipeline_store(at->p), &f,
	    add_alert, ret, NULL, NULL), 0);
}

enum how { QUIET, KILLED, CLOSED, DAMAGED };

static void
damage(struct place *at)
{
	pipeline_begin(at->p);
	assert_int_equal(store_put_value(pipeline_store(at->p), "statistics",
	    STR("no such thing")), 0);
	assert_int_equal(store_commit(pipeline_store(at->p), NULL), 0);
}

/* The past and the burst, with what is done between parts of the log. */
static void
play(enum how how, struct buf *ret)
{
	struct error	err = { "" };
	struct place	at;
	struct buf	log = { 0 };

	place_init(&at, POLICY);
	place_open(&at);
	burst_past(&log);
	place_feed(&at, buf_cstr(&log));
	place_commit(&at);
	for (int i = 0; i < BURST_MESSAGES; i += PART) {
		if (how == DAMAGED)
			damage(&at);
		if (how == KILLED || how == DAMAGED) {
			assert_int_equal(pipeline_restart(at.p, &at.o, &err),
			    0);
		} else if (how == CLOSED) {
			pipeline_close(at.p);
			place_open(&at);
		}
		buf_clear(&log);
		burst_part(&log, i, i + PART);
		place_feed(&at, buf_cstr(&log));
		place_commit(&at);
	}
	list(&at, ret);
	buf_done(&log);
	place_done(&at);
}

static void
test_a_restart_changes_nothing(void **state)
{
	struct buf	quiet = { 0 }, other = { 0 };

	(void)state;
	play(QUIET, &quiet);
	assert_non_null(strstr(buf_cstr(&quiet), "bob@example.org"));
	for (enum how how = KILLED; how <= DAMAGED; how++) {
		buf_clear(&other);
		play(how, &other);
		assert_string_equal(buf_cstr(&other), buf_cstr(&quiet));
	}
	buf_done(&quiet);
	buf_done(&other);
}

/* How many stored events a new engine has to fold. */
static int64_t
left_to_learn(struct place *at)
{
	struct engine_sink	 sink = { 0 };
	struct engine_options	 o;
	struct engine		*e;
	struct error		 err = { "" };
	int64_t			 n = -1;

	engine_options_init(&o);
	o.hash_key = store_hash_key(pipeline_store(at->p));
	e = engine_new(&o, pipeline_policy(at->p), &sink);
	engine_options_done(&o);
	assert_int_equal(statistics_load(pipeline_store(at->p), e, &n, &err),
	    0);
	engine_free(e);
	return n;
}

/* After a clean end nothing is folded again. */
static void
test_a_checkpoint_is_used(void **state)
{
	struct place	at;
	struct buf	log = { 0 };

	(void)state;
	place_init(&at, POLICY);
	place_open(&at);
	burst_past(&log);
	place_feed(&at, buf_cstr(&log));
	place_commit(&at);
	/* Of each message the login, itself and the pair. */
	assert_int_equal(left_to_learn(&at), 3 * 2 * BURST_DAYS);
	pipeline_close(at.p);
	place_open(&at);
	assert_int_equal(left_to_learn(&at), 0);
	buf_done(&log);
	place_done(&at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_restart_changes_nothing),
		cmocka_unit_test(test_a_checkpoint_is_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
