/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/jsonlog.h"
#include "weir/mem.h"

#define END	"\"stream\":\"stderr\",\"time\":\"2026-01-08T19:42:13Z\"}"

static void
decoded(void **state)
{
	static const struct { const char *line, *want; } cases[] = {
		{ "{\"log\":\"a b\\n\"," END, "a b\n" },
		{ "{\"log\":\"\"," END, "" },
		{ "{\"log\":\"\\u003ca@b\\u003E\\n\"," END, "<a@b>\n" },
		{ "{\"log\":\"\\u00E4\\u20ac\\uD83D\\uDE00\"," END,
		    "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
		/* halves of a pair, and what is no escape */
		{ "{\"log\":\"\\ud83dx\\ude00\\ud83d\\u0041\"," END,
		    "\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd" "A" },
		{ "{\"log\":\"\\uzzzz\\u1\"," END, "?zzzz?1" },
		{ "{\"log\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"," END,
		    "\"\\/\b\f\n\r\t" },
		/* other keys, in any depth that Docker has */
		{ "{\"log\":\"a\",\"attrs\":{\"x\":[1,{\"y\":\"}\"}]},"
		    "\"z\":null," END, "a" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *line = xstrdup(cases[i].line);
		struct jsonlog j;
		struct str got;

		assert_true(jsonlog_scan(str_of(line), &j));
		assert_true(str_eq(j.stream, STR("stderr")));
		assert_true(str_eq(j.time, STR("2026-01-08T19:42:13Z")));
		assert_int_equal(j.is_partial,
		    strstr(cases[i].line, "\\n\"") == NULL);
		/* In place, as it is used. */
		got = (struct str){ line, jsonlog_decode(&j, line) };
		if (!str_eq(got, str_of(cases[i].want)))
			fail_msg("got '%.*s', want '%s'", STRF(got),
			    cases[i].want);
		free(line);
	}
}

static void
refused(void **state)
{
	static const char *const cases[] = {
		"", "{", "{\"log\":", "{\"log\":\"", "{\"log\":\"a",
		"{\"log\":\"a\"", "{\"log\":\"a\"}", "{\"log\":\"a\\\"",
		"{\"log\":1," END, "{\"log\":\"a\",\"time\":1}",
		"{\"log\":\"a\",\"stream\":1," END,
		"{\"log\":\"a\",\"time\":\"2026\"}",
		"{\"log\":\"a\",x:1," END,
		"{\"log\":\"a\",\"x\"1," END, "{\"log\":\"a\",\"x\":\"",
		"{\"log\":\"a\",\"x\":[[[[[[[[[1]]]]]]]]]," END,
		"{\"log\":\"a\",\"time\":\"2026-01-08T19:42:13Z\"",
		"{\"Log\":\"a\"," END,
	};
	struct jsonlog j;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (jsonlog_scan(str_of(cases[i]), &j))
			fail_msg("taken: %s", cases[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decoded), cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
