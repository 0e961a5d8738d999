/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/line.h"

static void
names(void **state)
{
	(void)state;
	assert_string_equal(line_kind_name(LINE_UNKNOWN), "unknown");
	assert_string_equal(line_kind_name(LINE_DRILL), "drill");
	for (int k = 0; k < LINE_KIND_COUNT; k++)
		assert_true(line_kind_name(k)[0] != '\0');
	assert_string_equal(line_field_name(FIELD_QUEUE_ID), "queue_id");
	assert_int_equal(line_field_of(STR("sasl_username")),
	    FIELD_SASL_USERNAME);
	assert_int_equal(line_field_of(STR("sasl")), FIELD_COUNT);
	assert_int_equal(line_field_of(STR_NONE), FIELD_COUNT);
	for (enum field f = 0; f < FIELD_COUNT; f++)
		assert_int_equal(line_field_of(str_of(line_field_name(f))),
		    f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
