/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "weir/baseline.h"
#include "weir/season.h"

#define MONDAY	((uint32_t)4 * 24)	/* 1970-01-05 00:00 */

/* Office hours: ten an hour from 8 to 17, Monday to Friday. */
static void
fill(struct season *s, uint32_t weeks)
{
	for (uint32_t h = MONDAY; h < MONDAY + weeks * SEASON_SLOTS; h++) {
		uint32_t of_week = (h - MONDAY) % SEASON_SLOTS;

		if (of_week < 5 * 24 && of_week % 24 >= 8 && of_week % 24 < 17)
			for (int i = 0; i < 10; i++)
				season_add(s, h);
	}
	season_add(s, MONDAY + weeks * SEASON_SLOTS);
}

static void
flat_at_first(void **state)
{
	struct season s;

	(void)state;
	season_init(&s);
	for (uint32_t h = 0; h < 2 * SEASON_SLOTS; h++)
		assert_true(fabs(season_weight(&s, h) - 1) < 1e-9);
	assert_true(fabs(season_sum(&s, 17, 500) - 500) < 1e-9);
}

static void
follows_the_week(void **state)
{
	struct season s;
	double all = 0;
	uint32_t next = MONDAY + 6 * SEASON_SLOTS;

	(void)state;
	season_init(&s);
	fill(&s, 6);
	/* Monday 10:00 against Sunday 10:00 and Monday 3:00 */
	assert_true(season_weight(&s, next + 10) > 2);
	assert_true(season_weight(&s, next + 6 * 24 + 10) <
	    season_weight(&s, next + 10) * 0.7);
	assert_true(season_weight(&s, next + 3) < 0.5);
	for (uint32_t i = 0; i < SEASON_SLOTS; i++)
		all += season_weight(&s, i);
	assert_true(fabs(all - SEASON_SLOTS) < 1);
}

static void
sums_are_sums(void **state)
{
	static const uint32_t spans[] = { 0, 1, 23, 24, 167, 168, 169, 1000 };
	struct season s;

	(void)state;
	season_init(&s);
	fill(&s, 2);
	for (uint32_t first = 0; first < 400; first += 13)
		for (size_t i = 0; i < sizeof(spans) / sizeof(*spans); i++) {
			double want = 0;

			for (uint32_t h = 0; h < spans[i]; h++)
				want += season_weight(&s, first + h);
			assert_true(fabs(season_sum(&s, first, spans[i]) -
			    want) < 1e-6);
		}
}

/* Half of a weight's belief is gone after three weeks. */
static void
forgets(void **state)
{
	struct season s;
	float before;

	(void)state;
	season_init(&s);
	fill(&s, 1);
	before = s.n[(MONDAY + 10) % SEASON_SLOTS];
	season_add(&s, s.hour + 504);
	assert_true(fabsf(s.n[(MONDAY + 10) % SEASON_SLOTS] -
	    before / 2) < 1e-4F);
}

/* What comes late by less than an hour is where it belongs an hour later. */
static void
late(void **state)
{
	struct season one, other;

	(void)state;
	season_init(&one);
	season_init(&other);
	fill(&one, 1);
	fill(&other, 1);
	season_add(&one, one.hour);
	season_add(&one, one.hour + 1);
	season_add(&other, other.hour + 1);
	season_add(&other, other.hour - 1);
	/* Two hours late is too late. */
	season_add(&other, other.hour - 2);
	season_add(&one, one.hour + 1);
	season_add(&other, other.hour + 1);
	for (int i = 0; i < SEASON_SLOTS; i++)
		assert_true(fabsf(one.n[i] - other.n[i]) < 1e-4F);
}

static void
packs(void **state)
{
	struct season s, t;
	struct buf b = { 0 }, again = { 0 };
	struct buf_reader r;

	(void)state;
	season_init(&s);
	fill(&s, 3);
	season_add(&s, s.hour);
	season_pack(&b, &s);
	r = (struct buf_reader){ buf_str(&b), false };
	assert_true(season_unpack(&r, &t));
	assert_int_equal(r.rest.n, 0);
	/* It is the same one, with the weights of this very moment. */
	assert_memory_equal(&s, &t, sizeof(s));
	season_pack(&again, &t);
	assert_int_equal(again.n, b.n);
	assert_memory_equal(again.p, b.p, b.n);
	for (size_t n = 0; n < b.n; n += 7) {
		r = (struct buf_reader){ str_head(buf_str(&b), n), false };
		assert_false(season_unpack(&r, &t));
	}
	memcpy(b.p + 12, "\0\0\x80\xbf", 4);	/* -1 */
	r = (struct buf_reader){ buf_str(&b), false };
	assert_false(season_unpack(&r, &t));
	buf_done(&b);
	buf_done(&again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flat_at_first),
		cmocka_unit_test(follows_the_week),
		cmocka_unit_test(sums_are_sums),
		cmocka_unit_test(forgets),
		cmocka_unit_test(late),
		cmocka_unit_test(packs),
	};

	return cmocka_run_group_tests_name("season", tests, NULL, NULL);
}
