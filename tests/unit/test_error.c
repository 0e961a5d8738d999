/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "weir/error.h"

static void
sentences(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(error_set(&err, "no such key '%s'", "x"), -1);
	assert_string_equal(err.text, "no such key 'x'");
	assert_int_equal(error_add(&err, "%s:%d", "weir.conf", 7), -1);
	assert_string_equal(err.text, "weir.conf:7: no such key 'x'");
	/* The sentence itself may be an argument. */
	error_set(&err, "again: %s", err.text);
	assert_string_equal(err.text, "again: weir.conf:7: no such key 'x'");
	assert_int_equal(error_set(NULL, "nobody asks"), -1);
	assert_int_equal(error_add(NULL, "nobody asks"), -1);
}

static void
too_long(void **state)
{
	struct error err;
	char text[2 * sizeof(err.text)];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	error_set(&err, "%s", text);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	error_add(&err, "front");
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_memory_equal(err.text, "front: xxx", 10);
	error_add(&err, "%s", text);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sentences),
		cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
