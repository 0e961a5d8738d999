/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weir/suggest.h"

static void
edits_are_counted(void **state)
{
	static const struct {
		const char	*a, *b;
		size_t		 want;
	} cases[] = {
		{ "sender", "sender", 0 },
		{ "sendr", "sender", 1 },
		{ "treshold", "threshold", 1 },
		{ "csae", "case", 1 },		/* neighbours swapped */
		{ "", "abc", 3 },
		{ "kitten", "sitting", 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(suggest_distance(cases[i].a, cases[i].b),
		    cases[i].want);
		assert_int_equal(suggest_distance(cases[i].b, cases[i].a),
		    cases[i].want);
	}
}

static void
too_long_is_not_compared(void **state)
{
	char longer[SUGGEST_MAX + 20];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(suggest_distance(longer, "x"), SUGGEST_MAX);
}

static void
the_nearest_is_kept(void **state)
{
	static const char *const words[] = { "since", "sender", "status" };
	const char *best = NULL;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		suggest_try("sendr", words[i], &best);
	assert_string_equal(best, "sender");
	best = NULL;
	for (size_t i = 0; i < 3; i++)
		suggest_try("quite-another-word", words[i], &best);
	assert_null(best);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits_are_counted),
		cmocka_unit_test(too_long_is_not_compared),
		cmocka_unit_test(the_nearest_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
