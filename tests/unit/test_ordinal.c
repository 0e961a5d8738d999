/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/ordinal.h"
#include "weir/usec.h"

static uint32_t
next(struct ordinals *o, int64_t at, uint64_t line)
{
	uint8_t digest[16] = {0};

	memcpy(digest, &line, sizeof(line));
	return ordinals_next(o, at, digest);
}

static void
identical_lines_are_numbered(void **state)
{
	struct ordinals *o = ordinals_new();

	(void)state;
	assert_int_equal(next(o, 1000000, 1), 0);
	assert_int_equal(next(o, 1000000, 1), 1);
	assert_int_equal(next(o, 1000000, 2), 0);
	assert_int_equal(next(o, 1000001, 1), 0);
	/* A stamp that falls back a second goes on counting. */
	assert_int_equal(next(o, 2000000, 1), 0);
	assert_int_equal(next(o, 1000000, 1), 2);
	ordinals_free(o);
}

static void
counts_outlive_the_process(void **state)
{
	struct ordinals	*o = ordinals_new(), *back = ordinals_new();
	struct buf	 b = {0};

	(void)state;
	for (uint64_t i = 0; i < 5000; i++)
		assert_int_equal(next(o, 7 * USEC_PER_SEC, i % 2500),
		    i / 2500);
	assert_true(ordinals_changed(o));
	ordinals_pack(o, &b);
	assert_false(ordinals_changed(o));
	assert_true(ordinals_unpack(back, buf_str(&b)));
	for (uint64_t i = 0; i < 2500; i++)
		assert_int_equal(next(back, 7 * USEC_PER_SEC, i), 2);
	/* A stamp that fell back further than is kept does so there, too. */
	assert_int_equal(next(o, 1 * USEC_PER_SEC, 1), 0);
	b.n = 0;
	ordinals_pack(o, &b);
	ordinals_free(back);
	back = ordinals_new();
	assert_true(ordinals_unpack(back, buf_str(&b)));
	assert_int_equal(next(o, 1 * USEC_PER_SEC, 1), 1);
	assert_int_equal(next(back, 1 * USEC_PER_SEC, 1), 1);
	b.n -= 3;
	assert_false(ordinals_unpack(back, buf_str(&b)));
	buf_done(&b);
	ordinals_free(o);
	ordinals_free(back);
}

/* A flood of different lines in one instant stays within the cap. */
static void
memory_is_bounded(void **state)
{
	struct ordinals	*o = ordinals_new();
	struct buf	 b = {0};

	(void)state;
	for (uint64_t i = 0; i < 300000; i++)
		(void)next(o, (int64_t)(i / 1000), i);
	ordinals_pack(o, &b);
	assert_true(b.n <= 65536 * 20);
	buf_done(&b);
	ordinals_free(o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identical_lines_are_numbered),
		cmocka_unit_test(counts_outlive_the_process),
		cmocka_unit_test(memory_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
