/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "flood.h"

#include <cmocka.h>

#define MEGABYTE	((size_t)1 << 20)

/* The hits of this one event, in words. */
static const char *
told(struct flood *f, const struct event *e)
{
	static char	 words[8192];
	struct hit	 hits[SCAN_HITS_MAX];
	struct facts	 facts;
	struct finding	 found;
	size_t		 n = scan_event(f->scan, f->policy, e, &facts, hits);
	int		 at = 0;

	words[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		finding_init(&found);
		scan_describe(&hits[i], e, &found);
		at += snprintf(words + at, sizeof(words) - (size_t)at,
		    "%s %s\n", found.detector, buf_cstr(&found.title));
		assert_true(at < (int)sizeof(words));
		assert_true(found.runbook.n > 0);
		finding_done(&found);
	}
	return words;
}

/* Every measure of every detector is counted, and watched alone. */
static void
tables(void **state)
{
	struct scan_options o;
	const struct detector *d;

	(void)state;
	scan_options_init(&o);
	/* It is a matter of assertions within. */
	scan_free(scan_new(&o));
	for (size_t i = 0; (d = detector_at(i)) != NULL; i++)
		for (size_t m = 0; m < d->nmeasures; m++) {
			if (!(tally_of_key(d->measures[m].key) >>
			    d->measures[m].tally & 1))
				fail_msg("%s %s is never counted", d->name,
				    d->measures[m].name);
			assert_true(d->measures[m].floor > 0);
			assert_true(d->measures[m].share > 0 ||
			    d->measures[m].judging == JUDGE_COUNT);
		}
	scan_options_done(&o);
}

/* A quiet week is no alarm; then both incidents are, in a flood or not. */
static void
week_and_hour(uint64_t keys, size_t max_bytes, bool often)
{
	struct flood f;
	struct profile_stats s;

	flood_init(&f, max_bytes);
	flood_week(&f);
	assert_false(f.stolen);
	assert_false(f.machine);
	s = scan_stats(f.scan);
	flood_hour(&f, keys, often);
	assert_true(f.stolen);
	assert_true(f.machine);
	assert_true(f.most_bytes <= max_bytes);
	assert_true(scan_stats(f.scan).bytes <= max_bytes);
	if (keys >= 100000) {
		assert_true(scan_stats(f.scan).refused > s.refused);
		assert_true(!often || scan_stats(f.scan).evicted > s.evicted);
	}
	flood_done(&f);
}

static void
alone(void **state)
{
	(void)state;
	week_and_hour(FLOOD_ABUSE, 16 * MEGABYTE, false);
}

static void
flooded(void **state)
{
	(void)state;
	week_and_hour(1000000, 16 * MEGABYTE, true);
	week_and_hour(200000, 4 * MEGABYTE, false);
}

/* A campaign of the machine, until it is a hit. */
static const char *
until_told(struct flood *f, const char *detector, int64_t step)
{
	const char *words = "";
	struct event e = flood_event(f, EVENT_DELIVERY);

	e.client_address = STR(FLOOD_MACHINE);
	e.class = CLASS_AUTHORISED_RELAY;
	e.status = STATUS_SENT;
	e.first = e.counted = true;
	e.recipient = (struct str){ f->to, 0 };
	for (int i = 0; i < 20000; i++) {
		e.at += step;
		e.recipient.n = (size_t)snprintf(f->to, sizeof(f->to),
		    "v%d@prey.example", i);
		words = told(f, &e);
		if (strstr(words, detector) != NULL)
			break;
	}
	f->at = e.at;
	return words;
}

static void
says_how_many(void **state)
{
	struct flood f;
	const char *words, *some;
	int n;

	(void)state;
	flood_init(&f, 16 * MEGABYTE);
	flood_week(&f);
	words = until_told(&f, "relay-spike", USEC_PER_SEC / 10);
	words = strstr(words, "relay-spike");
	assert_non_null(words);
	some = strstr(words, "(some ");
	if (some == NULL)
		fail_msg("%s", words);
	/* All of them differ: as many as were counted, give or take. */
	n = atoi(some + strlen("(some "));
	assert_in_range(n, 100, 20000);
	assert_non_null(strstr(words, " different in a day)"));
	flood_done(&f);
}

/* Far more is refused than usual, and most of it is one machine's. */
static void
says_whose(void **state)
{
	struct flood f;
	const char *words = "";
	struct event e;

	(void)state;
	flood_init(&f, 16 * MEGABYTE);
	flood_week(&f);
	e = flood_event(&f, EVENT_DELIVERY);
	e.class = CLASS_AUTHORISED_RELAY;
	e.status = STATUS_BOUNCED;
	e.first = true;
	e.code = 554;
	e.reply = STR("554 5.7.1 blocked using zen.spamhaus.org");
	for (int i = 0; i < 100 && strstr(words, "block-listed") == NULL;
	    i++) {
		e.at += USEC_PER_SEC;
		e.client_address = i % 5 == 4 ? STR("198.51.100.9") :
		    STR(FLOOD_MACHINE);
		e.recipient = i % 2 == 0 ? STR("v@gmail.example") :
		    STR("v@other.example");
		words = told(&f, &e);
	}
	assert_non_null(strstr(words, "block-listed"));
	assert_non_null(strstr(words, "; most of it: " FLOOD_MACHINE " ("));
	assert_non_null(strstr(words, "gmail.example ("));
	flood_done(&f);
}

/* What comes more than ten minutes late is nothing to the scan. */
static void
late(void **state)
{
	struct flood f;
	struct event e;
	struct hit hits[SCAN_HITS_MAX];
	struct facts facts;

	(void)state;
	flood_init(&f, 4 * MEGABYTE);
	flood_week(&f);
	e = flood_event(&f, EVENT_MESSAGE);
	e.client_address = STR(FLOOD_MACHINE);
	(void)scan_event(f.scan, f.policy, &e, &facts, hits);
	assert_true(facts.present != 0);
	e.at -= 10 * USEC_PER_MIN;
	(void)scan_event(f.scan, f.policy, &e, &facts, hits);
	assert_true(facts.present != 0);
	e.at -= 1;
	assert_int_equal(scan_event(f.scan, f.policy, &e, &facts, hits), 0);
	assert_int_equal(facts.present, 0);
	assert_int_equal(facts.known, 0);
	flood_done(&f);
}

/* What an alarmed source does is its own and not the host's. */
static void
explained(void **state)
{
	struct flood f;
	struct event e;
	struct hit hits[SCAN_HITS_MAX];
	struct facts facts;
	const char *words;

	(void)state;
	flood_init(&f, 16 * MEGABYTE);
	flood_week(&f);
	e = flood_event(&f, EVENT_MESSAGE);
	e.client_address = STR(FLOOD_MACHINE);
	(void)scan_event(f.scan, f.policy, &e, &facts, hits);
	scan_alarm(f.scan, &facts, KEY_CLIENT_ADDRESS);
	words = until_told(&f, "Relay spike: mx1", USEC_PER_SEC / 100);
	assert_null(strstr(words, "mx1.home.example,"));
	flood_done(&f);
}

/* A detector in the shadow tells all the same, and marks it. */
static void
shadow(void **state)
{
	struct flood f;
	struct hit hits[SCAN_HITS_MAX];
	struct facts facts;
	size_t n = 0, seen = 0;

	(void)state;
	flood_init(&f, 16 * MEGABYTE);
	scan_free(f.scan);
	for (size_t i = 0; i < detector_count(); i++)
		f.o.settings[i].shadow = true;
	f.scan = scan_new(&f.o);
	flood_week(&f);
	for (int i = 0; i < 300; i++) {
		struct event e = flood_event(&f, EVENT_MESSAGE);

		e.at += i * USEC_PER_SEC;
		e.client_address = STR(FLOOD_MACHINE);
		e.sender = STR("win@prize.example");
		n = scan_event(f.scan, f.policy, &e, &facts, hits);
		for (size_t k = 0; k < n; k++)
			assert_true(hits[k].shadow);
		seen += n;
	}
	assert_true(seen > 0);
	flood_done(&f);
}

/* With and without a restart the same follows. */
static void
packs(void **state)
{
	struct flood f, g;
	struct buf b = { 0 }, again = { 0 };
	struct buf_reader r;

	(void)state;
	flood_init(&f, 4 * MEGABYTE);
	flood_week(&f);
	flood_hour(&f, 4000, true);
	scan_pack(&b, f.scan);
	flood_init(&g, 4 * MEGABYTE);
	r = (struct buf_reader){ buf_str(&b), false };
	assert_true(scan_unpack(&r, g.scan));
	assert_int_equal(r.rest.n, 0);
	scan_pack(&again, g.scan);
	assert_int_equal(again.n, b.n);
	assert_memory_equal(again.p, b.p, b.n);
	g.at = f.at;
	g.seed = f.seed;
	flood_hour(&f, 4000, true);
	flood_hour(&g, 4000, true);
	buf_clear(&b);
	buf_clear(&again);
	scan_pack(&b, f.scan);
	scan_pack(&again, g.scan);
	assert_int_equal(again.n, b.n);
	assert_memory_equal(again.p, b.p, b.n);
	/* What is cut short leaves a new one. */
	scan_free(g.scan);
	g.scan = scan_new(&g.o);
	buf_clear(&again);
	scan_pack(&again, g.scan);
	for (size_t n = 0; n < b.n; n += 1 + b.n / 100) {
		struct buf now = { 0 };

		r = (struct buf_reader){ str_head(buf_str(&b), n), false };
		assert_false(scan_unpack(&r, g.scan));
		scan_pack(&now, g.scan);
		assert_true(str_eq(buf_str(&now), buf_str(&again)));
		buf_done(&now);
	}
	buf_done(&b);
	buf_done(&again);
	flood_done(&f);
	flood_done(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables),
		cmocka_unit_test(alone),
		cmocka_unit_test(flooded),
		cmocka_unit_test(says_how_many),
		cmocka_unit_test(says_whose),
		cmocka_unit_test(late),
		cmocka_unit_test(explained),
		cmocka_unit_test(shadow),
		cmocka_unit_test(packs),
	};

	return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
