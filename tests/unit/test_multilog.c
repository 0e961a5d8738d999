/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/multilog.h"

static void
labels(void **state)
{
	static const struct { const char *text, *at, *rest; } cases[] = {
		{ "@400000000000000a00000000", "1970-01-01T00:00:00Z", "" },
		{ "@4000000069b13cf01dcd6500 x", "2026-03-11T09:59:02.5Z",
		    " x" },
		{ "@4000000069b13cf03b9ac9ff.s",
		    "2026-03-11T09:59:02.999999Z", ".s" },
		/* before 1970, after 9999, no nanoseconds, no label */
		{ "@400000000000000900000000", "", "" },
		{ "@7fffffffffffffff00000000", "", "" },
		{ "@4000000069b13cf03b9aca00", "", "" },
		{ "@4000000069B13CF000000000", "", "" },
		{ "@4000000069b13cf00000000", "", "" },
		{ "4000000069b13cf000000000x", "", "" },
		{ "", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str rest = str_of(cases[i].text);
		int64_t got = -1, want = -1;
		bool is = multilog_take_label(&rest, &got);

		(void)usec_parse(str_of(cases[i].at), &want);
		if (got != want || is != (cases[i].at[0] != '\0') ||
		    !str_eq(rest, str_of(is ? cases[i].rest :
		    cases[i].text)))
			fail_msg("%s: got %lld, rest '%.*s'", cases[i].text,
			    (long long)got, STRF(rest));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
