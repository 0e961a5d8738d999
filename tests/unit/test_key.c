/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/key.h"

#define MAKE(type, host, text)						\
	key_make(HASH_KEY_FIXED, KEY_##type, host, STR(text)).hash

static void
names(void **state)
{
	(void)state;
	for (int k = 0; k < KEY_TYPE_COUNT; k++)
		assert_int_equal(key_type_of(str_of(key_type_name(
		    (enum alert_key_type)k))), k);
	assert_int_equal(key_type_of(STR("nonsense")), KEY_TYPE_COUNT);
}

static void
hashes(void **state)
{
	struct hash_key other = { 1, 2 };

	(void)state;
	assert_true(MAKE(SENDER, STR_NONE, "Bob@Example.org") ==
	    MAKE(SENDER, STR_NONE, "bob@example.ORG"));
	assert_true(MAKE(SENDER, STR_NONE, "a") !=
	    MAKE(SASL_USERNAME, STR_NONE, "a"));
	assert_true(MAKE(LOCAL_USER, STR("mx1"), "www") !=
	    MAKE(LOCAL_USER, STR("mx2"), "www"));
	/* Host and text do not run into each other. */
	assert_true(MAKE(LOCAL_USER, STR("mx1"), "1a") !=
	    MAKE(LOCAL_USER, STR("mx11"), "a"));
	assert_true(key_make(other, KEY_SENDER, STR_NONE, STR("a")).hash !=
	    MAKE(SENDER, STR_NONE, "a"));
}

/* A text that is too long is cut, and so is its hash. */
static void
long_texts(void **state)
{
	char a[600], b[600];
	struct key x, y;

	(void)state;
	memset(a, 'a', sizeof(a));
	memset(b, 'a', sizeof(b));
	b[KEY_TEXT_MAX - 1] = 'b';
	x = key_make(HASH_KEY_FIXED, KEY_SENDER, (struct str){ a, 600 },
	    (struct str){ a, 600 });
	y = key_make(HASH_KEY_FIXED, KEY_SENDER, (struct str){ a, 300 },
	    (struct str){ b, 600 });
	assert_int_equal(x.text.n, KEY_TEXT_MAX - 1);
	assert_true(x.hash == y.hash);
	b[KEY_TEXT_MAX - 2] = 'b';
	y = key_make(HASH_KEY_FIXED, KEY_SENDER, (struct str){ a, 600 },
	    (struct str){ b, 600 });
	assert_true(x.hash != y.hash);
	assert_true(key_pair(&x, 'r', (struct str){ a, 600 }) ==
	    key_pair(&x, 'r', (struct str){ a, 300 }));
}

static void
cuts(void **state)
{
	(void)state;
	assert_int_equal(key_cut(STR("abc"), 3).n, 3);
	assert_int_equal(key_cut(STR("abc"), 2).n, 2);
	assert_int_equal(key_cut(STR("a\xc3\xa4"), 2).n, 1);
	assert_int_equal(key_cut(STR("a\xc3\xa4" "b"), 3).n, 3);
	assert_int_equal(key_cut(STR("\x80\x80\x80"), 2).n, 0);
	assert_false(str_known(key_cut(STR_NONE, 5)));
}

static void
pairs(void **state)
{
	struct hash_key one = { 1, 2 }, other = { 3, 4 };
	struct key k = key_make(one, KEY_LOCAL_USER, STR("mx1"), STR("33"));
	struct key same = key_make(other, KEY_LOCAL_USER, STR("mx1"),
	    STR("33"));
	struct key elsewhere = key_make(one, KEY_LOCAL_USER, STR("mx2"),
	    STR("33"));

	(void)state;
	assert_true(key_pair(&k, 'r', STR("V@far.example")) ==
	    key_pair(&k, 'r', STR("v@far.example")));
	/* The same in every database, but another one on another host. */
	assert_true(key_pair(&k, 'r', STR("v")) ==
	    key_pair(&same, 'r', STR("v")));
	assert_true(key_pair(&k, 'r', STR("v")) !=
	    key_pair(&elsewhere, 'r', STR("v")));
	assert_true(key_pair(&k, 'r', STR("v")) !=
	    key_pair(&k, 'f', STR("v")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(hashes),
		cmocka_unit_test(long_texts),
		cmocka_unit_test(cuts),
		cmocka_unit_test(pairs),
	};

	return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
