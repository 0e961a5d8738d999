/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "weir/peaks.h"

static const struct peaks_prior prior = { 0.7, 0.5 };

/* Nothing seen: half a burst in a quarter of a week, of the prior's size. */
static void
prior_alone(void **state)
{
	struct peaks p = { 0 };

	(void)state;
	assert_true(fabs(peaks_per_week(&p, &prior, 0.7, 0, 0) - 2) < 1e-9);
	assert_true(fabs(peaks_per_week(&p, &prior, 0.2, 0, 0) - 2) < 1e-9);
	assert_true(fabs(peaks_per_week(&p, &prior, 1.2, 0, 0) -
	    2 * exp(-1)) < 1e-9);
	/* Over several steps, and beyond the last one. */
	assert_true(fabs(peaks_per_week(&p, &prior, 10.7, 0, 0) -
	    2 * exp(-20)) < 1e-12);
	assert_true(fabs(peaks_per_week(&p, &prior, 1.2, 0, 3.75) -
	    exp(-1) / 8) < 1e-9);
}

/* Bursts of an exponential tail: it is found again. */
static void
finds_the_tail(void **state)
{
	struct peaks p = { 0 };
	double y, got, want, sizes[] = { 1, 2, 3, 4 };
	unsigned seed = 1;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		seed = seed * 1103515245u + 12345u;
		y = 0.7 - log(((seed >> 8) + 1) / 16777217.0) * 0.8;
		peaks_add(&p, &prior, 0, y);
	}
	for (int i = 0; i < 4; i++) {
		got = peaks_per_week(&p, &prior, sizes[i], 0, 40);
		want = 100 * exp(-(sizes[i] - 0.7) / 0.8);
		assert_true(got > want * 0.75 && got < want * 1.33);
	}
}

/* A burst that grows is one burst, and it does not count against itself. */
static void
grows(void **state)
{
	struct peaks grown = { 0 }, whole = { 0 }, none = { 0 };
	struct buf b[2] = { { 0 }, { 0 } };

	(void)state;
	peaks_add(&grown, &prior, 0, 0.5);
	peaks_add(&grown, &prior, 0.5, 1.0);
	peaks_add(&grown, &prior, 1.0, 4.0);
	peaks_add(&whole, &prior, 0, 4.0);
	assert_true(fabs(peaks_per_week(&grown, &prior, 5, 0, 1) -
	    peaks_per_week(&whole, &prior, 5, 0, 1)) < 1e-6);
	assert_true(fabs(peaks_per_week(&grown, &prior, 4, 4.0, 1) -
	    peaks_per_week(&none, &prior, 4, 0, 1)) < 1e-6);
	/* Taking one away that never came leaves nothing below zero. */
	peaks_add(&none, &prior, 3, 0);
	peaks_pack(&b[0], &none);
	none = (struct peaks){ 0 };
	peaks_pack(&b[1], &none);
	assert_memory_equal(b[0].p, b[1].p, b[0].n);
	buf_done(&b[0]);
	buf_done(&b[1]);
}

static void
more_is_rarer(void **state)
{
	struct peaks p = { 0 };

	(void)state;
	for (int i = 0; i < 30; i++)
		peaks_add(&p, &prior, 0, 0.8 + i * 0.15);
	for (double y = 0.1; y < 12; y += 0.05)
		assert_true(peaks_per_week(&p, &prior, y + 0.05, 0, 2) <=
		    peaks_per_week(&p, &prior, y, 0, 2));
}

static void
packs(void **state)
{
	struct peaks p = { 0 }, q;
	struct buf b = { 0 };
	struct buf_reader r;

	(void)state;
	peaks_add(&p, &prior, 0, 3.3);
	peaks_pack(&b, &p);
	r = (struct buf_reader){ buf_str(&b), false };
	peaks_unpack(&r, &q);
	assert_false(r.bad);
	assert_memory_equal(&p, &q, sizeof(p));
	r = (struct buf_reader){ str_head(buf_str(&b), b.n - 1), false };
	peaks_unpack(&r, &q);
	assert_true(r.bad);
	memcpy(b.p, "\0\0\x80\xbf", 4);	/* -1 */
	r = (struct buf_reader){ buf_str(&b), false };
	peaks_unpack(&r, &q);
	assert_true(r.bad);
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prior_alone),
		cmocka_unit_test(finds_the_tail),
		cmocka_unit_test(grows),
		cmocka_unit_test(more_is_rarer),
		cmocka_unit_test(packs),
	};

	return cmocka_run_group_tests_name("peaks", tests, NULL, NULL);
}
