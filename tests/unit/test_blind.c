/* SPDX-License-Identifier: Apache-2.0 */
/* Silences against a source's own rhythm, unknown lines, losses, the clock. */
#include "daemon_util.h"

#include "weir/blind.h"
#include "weir/usec.h"

#define T0	INT64_C(1795435200000000)	/* 2026-11-23 12:00 UTC */
#define MIN(n)	((n) * USEC_PER_MIN)

static const struct blind_options options = { true, MIN(15), 5,
	false };

static void
lines(struct blind_source *s, int64_t at, uint64_t n, uint64_t unknown)
{
	struct batch	b = { 0 };

	b.counts.lines = n;
	b.counts.unknown = unknown;
	blind_take(s, &b, at);
}

/* Days with a line each so often, and a quiet night. */
static int64_t
live(struct blind_source *s, int64_t at, int days, int64_t every,
    int64_t night)
{
	for (; days > 0; days--) {
		int64_t	morning = at + USEC_PER_DAY;

		for (; at < morning - night; at += every)
			lines(s, at, 1, 0);
		at = morning;
	}
	return at;
}

static void
patience_is_the_sources_own(void **state)
{
	struct blind_source	s = { 0 };
	int64_t			at;

	(void)state;
	blind_begin(&s, T0);
	lines(&s, T0 + MIN(1), 1, 0);
	assert_int_equal(blind_patience(&s, &options, T0 + MIN(600)), 0);
	/* Busy day and night: the least counts. */
	at = live(&s, T0 + MIN(1), 2, MIN(1), 0);
	assert_int_equal(blind_patience(&s, &options, at), MIN(15));
	/* Six quiet hours each night: twice that. */
	at = live(&s, at, 3, MIN(1), MIN(360));
	lines(&s, at, 1, 0);
	assert_in_range(blind_patience(&s, &options, at), MIN(720),
	    MIN(724));
	/* Two weeks later that is forgotten. */
	at = live(&s, at, 16, MIN(1), 0);
	lines(&s, at, 1, 0);
	assert_int_equal(blind_patience(&s, &options, at), MIN(15));
}

static void
what_is_kept_comes_back(void **state)
{
	struct blind_source	s = { 0 }, again;
	struct buf		b = { 0 };
	int64_t			at;

	(void)state;
	blind_begin(&s, T0);
	at = live(&s, T0, 3, MIN(1), MIN(60));
	lines(&s, at, 1, 0);
	blind_pack(&b, &s);
	assert_true(blind_unpack(buf_str(&b), &again));
	assert_false(blind_unpack(str_head(buf_str(&b), b.n - 1), &again));
	/* The time without weir is no silence of the source. */
	blind_begin(&again, at + MIN(500));
	lines(&again, at + MIN(501), 1, 0);
	assert_int_equal(blind_patience(&again, &options, at + MIN(501)),
	    blind_patience(&s, &options, at));
	buf_done(&b);
}

static void
shares_need_lines_and_a_usual(void **state)
{
	struct blind_source	s = { 0 };
	int64_t			at = T0;
	int			i;

	(void)state;
	blind_begin(&s, at);
	lines(&s, at, 499, 499);
	assert_true(blind_share(&s) < 0);
	memset(&s, 0, sizeof(s));
	blind_begin(&s, at);
	for (i = 0; i < 12; i++, at += MIN(10))
		lines(&s, at, 1000, 10);
	assert_true(blind_share(&s) > 0.0099 && blind_share(&s) < 0.0101);
	assert_true(s.usual > 0);
	for (i = 0; i < 6; i++, at += MIN(10))
		lines(&s, at, 1000, 300);
	assert_true(blind_share(&s) > 0.29);
	assert_true(s.usual < 0.09);
}

static int
count_alert(void *ctx, const struct alert *a)
{
	(void)a;
	++*(size_t *)ctx;
	return 0;
}

static size_t
open_alerts(struct place *at, const char *key)
{
	struct alert_filter	f = { .states = 1u << ALERT_OPEN };
	struct error		err;
	size_t			n = 0;

	strcpy(f.detector, "blind");
	strcpy(f.key, key);
	assert_int_equal(store_each_alert(pipeline_store(at->p), &f,
	    count_alert, &n, NULL, &err), 0);
	return n;
}

static void
judge(struct place *at, struct blind_source *s, int64_t now)
{
	blind_judge(s, &options, "maillog", "/var/log/mail.log", "mx1", at->p,
	    now);
	place_commit(at);
}

static void
alerts_open_and_resolve(void **state)
{
	struct blind_source	s = { 0 };
	struct batch		b = { 0 };
	struct place		at;
	int64_t			now;
	int			i;

	(void)state;
	place_init(&at, POLICY);
	place_open(&at);
	blind_begin(&s, T0);
	now = live(&s, T0, 2, MIN(1), 0);
	judge(&at, &s, now);
	assert_int_equal(open_alerts(&at, "maillog"), 0);
	judge(&at, &s, now + MIN(16));
	judge(&at, &s, now + MIN(17));
	assert_int_equal(open_alerts(&at, "maillog"), 1);
	lines(&s, now + MIN(18), 1, 0);
	judge(&at, &s, now + MIN(19));
	assert_int_equal(open_alerts(&at, "maillog"), 0);

	now += MIN(20);
	for (i = 0; i < 12; i++, now += MIN(10))
		lines(&s, now, 1000, 1);
	judge(&at, &s, now);
	assert_int_equal(open_alerts(&at, "maillog:unknown"), 0);
	for (i = 0; i < 4; i++, now += MIN(10))
		lines(&s, now, 1000, 500);
	judge(&at, &s, now);
	assert_int_equal(open_alerts(&at, "maillog:unknown"), 1);
	for (i = 0; i < 8; i++, now += MIN(10))
		lines(&s, now, 1000, 1);
	judge(&at, &s, now);
	assert_int_equal(open_alerts(&at, "maillog:unknown"), 0);

	b.counts.lost = 7;
	blind_take(&s, &b, now);
	judge(&at, &s, now);
	assert_int_equal(open_alerts(&at, "maillog:loss"), 1);
	judge(&at, &s, now + USEC_PER_DAY);
	assert_int_equal(open_alerts(&at, "maillog:loss"), 0);
	place_done(&at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patience_is_the_sources_own),
		cmocka_unit_test(what_is_kept_comes_back),
		cmocka_unit_test(shares_need_lines_and_a_usual),
		cmocka_unit_test(alerts_open_and_resolve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
