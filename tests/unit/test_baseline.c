/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "weir/baseline.h"

#define HOUR(h)	((int64_t)(h) * USEC_PER_HOUR)

/*
 * log10 P(X >= x), from sums of all terms with 80 decimal digits (Python's
 * decimal): t[0] = (r / (m + r))^r, t[k + 1] = t[k] m / (m + r) (k + r) /
 * (k + 1), from x on until a term is 1e-30 of the sum.
 */
static const struct {
	uint32_t	x;
	double		mean, size, want;
} tails[] = {
	{ 1, 0.5, 2, -0.443697499 },
	{ 5, 0.1, 0.3, -3.913196033 },
	{ 3, 5, 1, -0.237543738 },
	{ 40, 2.5, 0.8, -5.093339832 },
	{ 200, 30, 4, -7.472461987 },
	{ 1000, 12, 0.45, -17.145298644 },
	{ 1, 10000, 1, -0.000043427 },
	{ 11000, 10000, 1000, -2.775417296 },
	{ 1100, 1000, 10000, -2.804297571 },
	{ 300, 0.06, 0.32, -242.570235366 },
	{ 50, 49.9, 3, -0.368150198 },
	{ 2000000, 1000, 5, -4317.512212598 },
};

static void
tail(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(tails) / sizeof(*tails); i++) {
		double got = baseline_tail(tails[i].x, tails[i].mean,
		    tails[i].size);

		if (fabs(got - tails[i].want) > 1e-6 *
		    (1 - tails[i].want))
			fail_msg("tail(%u, %g, %g) is %.9f, not %.9f",
			    tails[i].x, tails[i].mean, tails[i].size, got,
			    tails[i].want);
	}
	assert_true(baseline_tail(0, 5, 1) == 0);
	assert_true(isinf(baseline_tail(1, 0, 1)));
	/* More is never likelier. */
	for (uint32_t x = 1; x < 3000; x++)
		assert_true(baseline_tail(x + 1, 700, 0.4) <=
		    baseline_tail(x, 700, 0.4) + 1e-12);
}

static void
rate(void **state)
{
	struct season s;
	struct baseline b = { 0 };
	double shape, mean;

	(void)state;
	season_init(&s);
	/* Nothing known: the prior. */
	mean = baseline_expect(&b, &s, HOUR(1000), USEC_PER_HOUR, 0, &shape);
	assert_true(fabs(mean - 0.05) < 1e-9 && fabs(shape - 0.3) < 1e-9);
	/* Six an hour for twelve weeks. */
	for (uint32_t h = 1000; h < 1000 + 12 * 168; h++)
		baseline_add(&b, &s, HOUR(h), 6, false);
	mean = baseline_expect(&b, &s, HOUR(1000 + 12 * 168), USEC_PER_HOUR,
	    0, &shape);
	assert_true(mean > 5.9 && mean < 6.05);
	mean = baseline_expect(&b, &s, HOUR(1000 + 12 * 168),
	    5 * USEC_PER_MIN, 0, &shape);
	assert_true(mean > 0.49 && mean < 0.51);
	/* A day, the last one of which is not part of it. */
	mean = baseline_expect(&b, &s, HOUR(1000 + 12 * 168), USEC_PER_DAY,
	    24 * 6, &shape);
	assert_true(mean > 24 * 5.8 && mean < 24 * 6.1);
}

/* A burst does not teach itself: two hours on it is not part of it. */
static void
guard(void **state)
{
	struct season s;
	struct baseline b = { 0 };
	double before, after, shape;

	(void)state;
	season_init(&s);
	for (uint32_t h = 1000; h < 1500; h++)
		baseline_add(&b, &s, HOUR(h), 1, false);
	before = baseline_expect(&b, &s, HOUR(1500), USEC_PER_HOUR, 0, &shape);
	baseline_add(&b, &s, HOUR(1500), 100000, false);
	after = baseline_expect(&b, &s, HOUR(1501), USEC_PER_HOUR, 0, &shape);
	assert_true(after < before * 1.01);
	/* Slow abuse over days: what the window holds is taken out. */
	for (uint32_t h = 1501; h < 1501 + 24; h++)
		baseline_add(&b, &s, HOUR(h), 1, false);
	after = baseline_expect(&b, &s, HOUR(1525), USEC_PER_DAY,
	    100000 + 24, &shape);
	assert_true(after < 24 * before * 1.1);
}

static void
tame(void **state)
{
	struct season s;
	struct baseline wild = { 0 }, tamed = { 0 };
	double shape;

	(void)state;
	season_init(&s);
	for (uint32_t h = 1000; h < 1500; h++) {
		baseline_add(&wild, &s, HOUR(h), h < 1490 ? 1 : 1000, false);
		baseline_add(&tamed, &s, HOUR(h), h < 1490 ? 1 : 1000,
		    h >= 1490);
	}
	assert_true(baseline_expect(&wild, &s, HOUR(1500), USEC_PER_HOUR, 0,
	    &shape) > 10);
	assert_true(baseline_expect(&tamed, &s, HOUR(1500), USEC_PER_HOUR, 0,
	    &shape) < 1.2);
}

/* Shuffled by up to ten minutes it learns the same, to the last bit. */
static void
order_is_nothing(void **state)
{
	struct season s;
	struct baseline one, other;
	int64_t at[1000], swap;

	(void)state;
	season_init(&s);
	srand(1);
	for (int round = 0; round < 50; round++) {
		memset(&one, 0, sizeof(one));
		memset(&other, 0, sizeof(other));
		for (int i = 0; i < 1000; i++)
			at[i] = HOUR(500000 + round) + i * 20 * USEC_PER_SEC;
		for (int i = 0; i < 1000; i++)
			baseline_add(&one, &s, at[i], 1, false);
		/* 30 of them are ten minutes. */
		for (int i = 0; i < 1000; i += 30)
			for (int j = i + 29; j > i; j--) {
				int k = i + rand() % (j - i + 1);

				if (j >= 1000 || k >= 1000)
					continue;
				swap = at[j];
				at[j] = at[k];
				at[k] = swap;
			}
		for (int i = 0; i < 1000; i++)
			baseline_add(&other, &s, at[i], 1, false);
		assert_memory_equal(&one, &other, sizeof(one));
	}
}

/* A long silence at once is the same as hour by hour. */
static void
silence(void **state)
{
	struct season s;
	struct baseline one = { 0 }, other = { 0 };

	(void)state;
	season_init(&s);
	baseline_add(&one, &s, HOUR(1000), 50, false);
	baseline_add(&other, &s, HOUR(1000), 50, false);
	for (uint32_t h = 1001; h <= 1600; h++)
		baseline_add(&one, &s, HOUR(h), 0, false);
	baseline_add(&other, &s, HOUR(1600), 0, false);
	assert_true(fabsf(one.events - other.events) < 1e-3F);
	/* The weight of the silence decays as a whole: less than half off. */
	assert_true(other.hours <= one.hours);
	assert_true(other.hours > one.hours / 2);
	/* No time and no count is out of bounds. */
	baseline_add(&one, &s, INT64_MAX, UINT32_MAX, false);
	baseline_add(&one, &s, INT64_MAX, UINT32_MAX, true);
	baseline_add(&one, &s, INT64_MIN, 1, false);
	assert_int_equal(one.n[0], UINT32_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tail),
		cmocka_unit_test(rate),
		cmocka_unit_test(guard),
		cmocka_unit_test(tame),
		cmocka_unit_test(order_is_nothing),
		cmocka_unit_test(silence),
	};

	return cmocka_run_group_tests_name("baseline", tests, NULL, NULL);
}
