/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "weir/buf.h"

static void
grows(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_true(str_eq(buf_str(&b), STR("")));
	assert_string_equal(buf_cstr(&b), "");
	for (int i = 0; i < 10000; i++) {
		buf_add_char(&b, (char)('a' + i % 26));
		buf_add(&b, NULL, 0);
	}
	assert_int_equal(b.n, 10000);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(b.p[i], 'a' + i % 26);
	buf_clear(&b);
	buf_addf(&b, "%s=%d", "x", 42);
	buf_add_str(&b, STR("!"));
	buf_addf(&b, "%0200d", 7);
	assert_int_equal(b.n, 205);
	assert_memory_equal(b.p, "x=42!000", 8);
	assert_int_equal(buf_cstr(&b)[205], '\0');
	buf_done(&b);
	assert_null(b.p);
	buf_done(&b);
}

static void
packs(void **state)
{
	struct buf b = { 0 };
	struct buf_reader r;
	struct str s;

	(void)state;
	buf_put_u8(&b, 0xfe);
	buf_put_u32(&b, 0x01020304);
	buf_put_u64(&b, UINT64_MAX - 1);
	buf_put_str(&b, STR("text"));
	buf_put_str(&b, STR(""));
	buf_put_str(&b, STR_NONE);
	assert_memory_equal(b.p, "\xfe\x04\x03\x02\x01\xfe\xff", 7);

	r = (struct buf_reader){ .rest = buf_str(&b) };
	assert_int_equal(buf_get_u8(&r), 0xfe);
	assert_int_equal(buf_get_u32(&r), 0x01020304);
	assert_true(buf_get_u64(&r) == UINT64_MAX - 1);
	assert_true(str_eq(buf_get_str(&r), STR("text")));
	s = buf_get_str(&r);
	assert_true(str_known(s) && s.n == 0);
	assert_false(str_known(buf_get_str(&r)));
	assert_false(r.bad);
	assert_int_equal(r.rest.n, 0);
	assert_int_equal(buf_get_u8(&r), 0);
	assert_true(r.bad);
	buf_done(&b);
}

/* Every cut of a blob is told, and nothing behind it is read. */
static void
cut_blobs(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_put_u32(&b, 1);
	buf_put_str(&b, STR("a longer text"));
	buf_put_u64(&b, 2);
	for (size_t n = 0; n < b.n; n++) {
		struct buf_reader r = { .rest = str_head(buf_str(&b), n) };

		buf_get_u32(&r);
		buf_get_str(&r);
		assert_int_equal(buf_get_u64(&r), 0);
		assert_true(r.bad);
		assert_int_equal(buf_get_u8(&r), 0);
		assert_false(str_known(buf_get_str(&r)));
	}
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows),
		cmocka_unit_test(packs),
		cmocka_unit_test(cut_blobs),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
