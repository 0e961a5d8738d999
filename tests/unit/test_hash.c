/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "weir/hash.h"
#include "weir/hex.h"

/* Key 00 01 .. 0f and input 00 01 .., of the reference implementation. */
static const struct hash_key key = { UINT64_C(0x0706050403020100),
	UINT64_C(0x0f0e0d0c0b0a0908) };

static const struct {
	size_t		 n;
	const char	*want_64, *want_128;
} cases[] = {
	{ 0, "310e0edd47db6f72", "a3817f04ba25a8e66df67214c7550293" },
	{ 1, "fd67dc93c539f874", "da87c1d86b99af44347659119b22fc45" },
	{ 7, "37d1018bf50002ab", "a1f1ebbed8dbc153c0b84aa61ff08239" },
	{ 8, "6224939a79f5f593", "3b62a9ba6258f5610f83e264f31497b4" },
	{ 9, "b0e4a90bdf82009e", "264499060ad9baabc47f8b02bb6d71ed" },
	{ 15, "e545be4961ca29a1", "5493e99933b0a8117e08ec0f97cfc3d9" },
	{ 16, "db9bc2577fcc2a3f", "6ee2a4ca67b054bbfd3315bf85230577" },
	{ 63, "724506eb4c328a95", "5150d1772f50834a503e069a973fbd7c" },
};

static void
vectors(void **state)
{
	uint8_t input[64], out[16];
	char text[33];

	(void)state;
	for (int i = 0; i < 64; i++)
		input[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct str s = { (const char *)input, cases[i].n };
		uint64_t h = hash_64(key, s);

		for (int j = 0; j < 8; j++)
			out[j] = (uint8_t)(h >> (8 * j));
		hex_print(out, 8, text);
		assert_string_equal(text, cases[i].want_64);
		hash_128(key, s, out);
		hex_print(out, 16, text);
		assert_string_equal(text, cases[i].want_128);
	}
}

static void
keys_differ(void **state)
{
	(void)state;
	assert_true(hash_64(HASH_KEY_FIXED, STR("x")) !=
	    hash_64(key, STR("x")));
	assert_true(hash_64(key, STR("")) == hash_64(key, STR_NONE));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(keys_differ),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
