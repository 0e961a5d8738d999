/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "weir/hex.h"

static void
there_and_back(void **state)
{
	uint8_t bytes[256], back[256];
	char text[513];

	(void)state;
	for (int i = 0; i < 256; i++)
		bytes[i] = (uint8_t)i;
	hex_print(bytes, 256, text);
	assert_memory_equal(text, "000102", 6);
	assert_string_equal(text + 506, "fdfeff");
	assert_true(hex_parse(str_of(text), back, 256));
	assert_memory_equal(back, bytes, 256);
	hex_print(bytes, 0, text);
	assert_string_equal(text, "");
}

static void
refuses(void **state)
{
	uint8_t b[2];

	(void)state;
	assert_true(hex_parse(STR("aBCd"), b, 2));
	assert_int_equal(b[0], 0xab);
	assert_int_equal(b[1], 0xcd);
	assert_false(hex_parse(STR("abc"), b, 2));
	assert_false(hex_parse(STR("abcde"), b, 2));
	assert_false(hex_parse(STR("abcdef"), b, 2));
	assert_false(hex_parse(STR("abcg"), b, 2));
	assert_false(hex_parse(STR("0x12"), b, 2));
	assert_false(hex_parse(STR_NONE, b, 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests_name("hex", tests, NULL, NULL);
}
