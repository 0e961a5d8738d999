/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/window.h"

#define EVENTS	4000
#define ROUNDS	40

/* SplitMix64 (Steele et al. 2014): the same numbers in each run. */
static uint64_t
next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void
names(void **state)
{
	(void)state;
	assert_string_equal(window_name(WINDOW_5M), "5 min");
	assert_true(window_us(WINDOW_5M) == 5 * USEC_PER_MIN);
	assert_true(window_us(WINDOW_1H) == USEC_PER_HOUR);
	assert_true(window_us(WINDOW_24H) == USEC_PER_DAY);
	assert_true(window_us(WINDOW_4D) == 4 * USEC_PER_DAY);
}

/* What a recount over the same twelve slices gives. */
static uint32_t
recount(enum window_span s, const int64_t *at, const uint32_t *n, size_t count,
    int64_t newest)
{
	int64_t slice = window_us(s) / WINDOW_SLICES;
	uint32_t sum = 0;

	for (size_t i = 0; i < count; i++)
		if (newest / slice - at[i] / slice < WINDOW_SLICES)
			sum += n[i];
	return sum;
}

static void
equals_a_recount(void **state)
{
	static int64_t at[EVENTS];
	static uint32_t n[EVENTS];
	uint64_t seed = 1;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		enum window_span s = (enum window_span)(round %
		    WINDOW_SPAN_COUNT);
		struct window w = { 0 };
		int64_t newest = 0;
		/* From much within a slice to little within a window. */
		uint64_t over = (uint64_t)window_us(s) * (1u << round / 4) /
		    16;

		for (size_t i = 0; i < EVENTS; i++) {
			at[i] = INT64_C(1700000000) * USEC_PER_SEC +
			    (int64_t)(next(&seed) % over);
			n[i] = (uint32_t)(next(&seed) % 100);
			newest = at[i] > newest ? at[i] : newest;
			window_add(&w, s, at[i], n[i]);
			if (i % 97 == 0)
				assert_int_equal(window_sum(&w, s, newest),
				    recount(s, at, n, i + 1, newest));
		}
		assert_int_equal(window_sum(&w, s, newest),
		    recount(s, at, n, EVENTS, newest));
	}
}

/* The same bytes in any order, with what is late by no more than a window. */
static void
order_is_nothing(void **state)
{
	struct window one, other;
	int64_t at[50], swap;
	uint64_t seed = 2;
	size_t j;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		memset(&one, 0, sizeof(one));
		memset(&other, 0, sizeof(other));
		for (size_t i = 0; i < 50; i++) {
			at[i] = 7 * USEC_PER_DAY + (int64_t)(next(&seed) %
			    (10 * USEC_PER_MIN));
			window_add(&one, WINDOW_1H, at[i], 1);
		}
		for (size_t i = 49; i > 0; i--) {
			j = next(&seed) % (i + 1);
			swap = at[i];
			at[i] = at[j];
			at[j] = swap;
		}
		for (size_t i = 0; i < 50; i++)
			window_add(&other, WINDOW_1H, at[i], 1);
		assert_memory_equal(&one, &other, sizeof(one));
	}
}

static void
edges(void **state)
{
	struct window w = { 0 };

	(void)state;
	/* A count does not wrap. */
	window_add(&w, WINDOW_1H, USEC_PER_DAY, UINT32_MAX);
	window_add(&w, WINDOW_1H, USEC_PER_DAY, 1);
	assert_int_equal(window_sum(&w, WINDOW_1H, USEC_PER_DAY), UINT32_MAX);
	/* It is over after twelve slices, not before. */
	assert_int_equal(window_sum(&w, WINDOW_1H, USEC_PER_DAY +
	    USEC_PER_HOUR - 1), UINT32_MAX);
	assert_int_equal(window_sum(&w, WINDOW_1H, USEC_PER_DAY +
	    USEC_PER_HOUR), 0);
	/* Before its newest slice there is nothing to ask for. */
	window_add(&w, WINDOW_1H, 2 * USEC_PER_DAY, 3);
	assert_int_equal(window_sum(&w, WINDOW_1H, USEC_PER_DAY), 3);
	window_add(&w, WINDOW_1H, USEC_PER_DAY, 5);
	assert_int_equal(window_sum(&w, WINDOW_1H, 2 * USEC_PER_DAY), 3);
	/* No time is out of bounds. */
	window_add(&w, WINDOW_5M, INT64_MIN, 1);
	window_add(&w, WINDOW_5M, INT64_MAX, 1);
	assert_int_equal(window_sum(&w, WINDOW_5M, INT64_MAX), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(equals_a_recount),
		cmocka_unit_test(order_is_nothing),
		cmocka_unit_test(edges),
	};

	return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
