/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/hash.h"
#include "weir/seen.h"

#define DAY		USEC_PER_DAY
#define BYTES		(4 << 20)	/* two filters of two megabytes */
#define HOLDS		(2 * 1024 * 1024 * 8 / 12)

static uint64_t
pair(uint32_t i)
{
	return hash_64(HASH_KEY_FIXED, (struct str){ (const char *)&i,
	    sizeof(i) });
}

static void
knows(void **state)
{
	struct seen *s = seen_new(BYTES, 14 * DAY);

	(void)state;
	assert_true(seen_first(s, pair(1), DAY));
	assert_false(seen_first(s, pair(1), DAY));
	assert_true(seen_first(s, pair(2), DAY));
	/* Told again in the second span: known in the third. */
	assert_false(seen_first(s, pair(1), 20 * DAY));
	assert_false(seen_first(s, pair(1), 32 * DAY));
	/* Not told for two spans: forgotten. */
	assert_true(seen_first(s, pair(2), 48 * DAY));
	seen_free(s);
}

/* To the brim, from small on: nothing is forgotten, one in 100 is mistaken. */
static void
at_capacity(void **state)
{
	struct seen *s = seen_new(BYTES, 14 * DAY);
	unsigned mistaken = 0, forgotten = 0;

	(void)state;
	for (uint32_t i = 0; i < HOLDS; i++)
		mistaken += !seen_first(s, pair(i), DAY + i);
	assert_true(mistaken < HOLDS / 100);
	assert_true(seen_bytes(s) <= BYTES);
	assert_int_equal(seen_early(s), 0);
	for (uint32_t i = 0; i < HOLDS; i += 50)
		forgotten += seen_first(s, pair(i), 2 * DAY);
	assert_int_equal(forgotten, 0);
	/* Both full: what is new now? */
	for (uint32_t i = HOLDS; i < 2 * HOLDS; i++)
		(void)seen_first(s, pair(i), 3 * DAY);
	mistaken = 0;
	for (uint32_t i = 3 * HOLDS; i < 3 * HOLDS + 20000; i++)
		mistaken += !seen_first(s, pair(i), 3 * DAY);
	assert_true(mistaken <= 200);
	/* Beyond that it forgets, and says so. */
	for (uint32_t i = 4 * HOLDS; i < 6 * HOLDS; i++)
		(void)seen_first(s, pair(i), 3 * DAY);
	assert_true(seen_early(s) > 0);
	assert_true(seen_bytes(s) <= BYTES);
	seen_free(s);
}

/* After a quiet span it is small again. */
static void
shrinks(void **state)
{
	struct seen *s = seen_new(BYTES, 14 * DAY);
	size_t full;

	(void)state;
	for (uint32_t i = 0; i < 200000; i++)
		(void)seen_first(s, pair(i), DAY);
	full = seen_bytes(s);
	for (int span = 2; span < 6; span++)
		(void)seen_first(s, pair(1), span * 15 * DAY);
	assert_true(seen_bytes(s) < full / 4);
	seen_free(s);
}

static void
packs(void **state)
{
	struct seen *s = seen_new(BYTES, 14 * DAY), *t;
	struct buf b = { 0 }, again = { 0 };
	struct buf_reader r;

	(void)state;
	for (uint32_t i = 0; i < 70000; i++)
		(void)seen_first(s, pair(i), DAY);
	seen_pack(&b, s);
	t = seen_new(BYTES, 14 * DAY);
	r = (struct buf_reader){ buf_str(&b), false };
	assert_true(seen_unpack(&r, t));
	assert_int_equal(r.rest.n, 0);
	seen_pack(&again, t);
	assert_int_equal(again.n, b.n);
	assert_memory_equal(again.p, b.p, b.n);
	assert_false(seen_first(t, pair(69999), DAY));
	/* What is cut short is refused and leaves it as it was. */
	for (size_t n = 0; n < b.n; n += b.n / 50) {
		r = (struct buf_reader){ str_head(buf_str(&b), n), false };
		assert_false(seen_unpack(&r, t));
		assert_true(r.bad);
	}
	assert_false(seen_first(t, pair(69999), DAY));
	/* So is one of a larger cap. */
	seen_free(t);
	t = seen_new(64 << 10, 14 * DAY);
	r = (struct buf_reader){ buf_str(&b), false };
	assert_false(seen_unpack(&r, t));
	seen_free(t);
	seen_free(s);
	buf_done(&b);
	buf_done(&again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows),
		cmocka_unit_test(at_capacity),
		cmocka_unit_test(shrinks),
		cmocka_unit_test(packs),
	};

	return cmocka_run_group_tests_name("seen", tests, NULL, NULL);
}
