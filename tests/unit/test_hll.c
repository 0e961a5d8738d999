/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "weir/hash.h"
#include "weir/hll.h"

#define TRIALS	200

static uint64_t
thing(uint32_t trial, uint32_t i)
{
	uint32_t b[2] = { trial, i };

	return hash_64(HASH_KEY_FIXED, (struct str){ (const char *)b,
	    sizeof(b) });
}

/*
 * The root of the mean square of the relative error over many sets is the
 * standard error: 6.5 % where registers are full, less below.
 */
static void
error_is_as_stated(void **state)
{
	static const uint32_t sizes[] = { 20, 100, 300, 600, 1000, 3000,
		50000 };

	(void)state;
	for (size_t k = 0; k < sizeof(sizes) / sizeof(*sizes); k++) {
		double sum = 0;
		/* Of 200 trials the estimate itself is off by 5 %. */
		double most = 0.065 * 1.15;

		for (uint32_t t = 0; t < TRIALS; t++) {
			struct hll h = { .half = 1 };
			double e;

			for (uint32_t i = 0; i < sizes[k]; i++)
				hll_add(&h, 1, thing(t, i));
			e = hll_count(&h, 1) / sizes[k] - 1;
			sum += e * e;
		}
		if (sqrt(sum / TRIALS) > most)
			fail_msg("of %u: error %.3f", sizes[k],
			    sqrt(sum / TRIALS));
	}
}

static void
same_is_one(void **state)
{
	struct hll h = { 0 };

	(void)state;
	assert_true(hll_count(&h, 0) == 0);
	for (int i = 0; i < 1000; i++)
		hll_add(&h, 5, thing(0, 1));
	assert_true(hll_count(&h, 5) > 0.9 && hll_count(&h, 5) < 1.1);
}

static double
of(const struct hll *h, uint32_t half)
{
	return floor(hll_count(h, half) / 100 + 0.5) * 100;
}

static void
slides(void **state)
{
	struct hll h = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		hll_add(&h, 10, thing(0, i));
	for (uint32_t i = 100; i < 300; i++)
		hll_add(&h, 11, thing(0, i));
	assert_true(of(&h, 11) == 300);
	/* Asked in the next half it is what this one holds ... */
	assert_true(of(&h, 12) == 200);
	assert_true(hll_count(&h, 13) == 0);
	/* ... and asked late, the newest. */
	assert_true(of(&h, 10) == 300);
	/* Late by one half counts there, by two nowhere. */
	for (uint32_t i = 300; i < 400; i++)
		hll_add(&h, 10, thing(0, i));
	assert_true(of(&h, 11) == 400);
	assert_true(of(&h, 12) == 200);
	for (uint32_t i = 400; i < 800; i++)
		hll_add(&h, 9, thing(0, i));
	assert_true(of(&h, 11) == 400);
	hll_add(&h, 12, thing(1, 1));
	assert_true(of(&h, 12) == 200);
	hll_add(&h, 20, thing(1, 1));
	assert_true(of(&h, 20) == 0);
}

static void
packs(void **state)
{
	struct hll h = { 0 }, g;
	struct buf b = { 0 };
	struct buf_reader r;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		hll_add(&h, 3 + i / 500, thing(0, i));
	hll_pack(&b, &h);
	r = (struct buf_reader){ buf_str(&b), false };
	assert_true(hll_unpack(&r, &g));
	assert_memory_equal(&h, &g, sizeof(h));
	for (size_t n = 0; n < b.n; n++) {
		r = (struct buf_reader){ str_head(buf_str(&b), n), false };
		assert_false(hll_unpack(&r, &g));
	}
	b.p[100] = 60;	/* no register is that high */
	r = (struct buf_reader){ buf_str(&b), false };
	assert_false(hll_unpack(&r, &g));
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(error_is_as_stated),
		cmocka_unit_test(same_is_one),
		cmocka_unit_test(slides),
		cmocka_unit_test(packs),
	};

	return cmocka_run_group_tests_name("hll", tests, NULL, NULL);
}
