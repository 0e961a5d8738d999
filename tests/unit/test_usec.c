/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "weir/usec.h"

/* Days from the year 1 to 9999: back again, and the same as libc's. */
static void
civil_dates(void **state)
{
	struct civil was = { 0 };

	(void)state;
	for (int64_t day = -719162; day < 2932896; day++) {
		int64_t at = day * USEC_PER_DAY + day % 86400 * 1000001;
		struct civil c = usec_to_civil(at);

		assert_true(usec_of_civil(&c) == at);
		assert_true(c.month >= 1 && c.month <= 12);
		assert_true(c.day >= 1 && c.day <= 31);
		if (day % 97 == 0) {
			time_t t = (time_t)(at / USEC_PER_SEC -
			    (at % USEC_PER_SEC < 0));
			struct tm tm;

			assert_non_null(gmtime_r(&t, &tm));
			assert_int_equal(c.year, tm.tm_year + 1900);
			assert_int_equal(c.month, tm.tm_mon + 1);
			assert_int_equal(c.day, tm.tm_mday);
			assert_int_equal(c.hour, tm.tm_hour);
			assert_int_equal(c.second, tm.tm_sec);
		}
		was = c;
	}
	assert_int_equal(was.year, 9999);
}

static void
far_away(void **state)
{
	static const int64_t times[] = { INT64_MAX, INT64_MIN, -1, 0 };
	static const char *const want[] = { "294247-01-10T04:00:54.775807Z",
		"-290308-12-21T19:59:05.224192Z",
		"1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00.000000Z" };
	struct civil c = { .year = 2000000000, .month = 1, .day = 1 };
	char out[USEC_TEXT_MAX];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_string_equal(usec_print(times[i], out).p, want[i]);
	assert_true(usec_of_civil(&c) > 0);
}

/* Text, and what prints; NULL: refused. */
static const char *const stamps[][2] = {
	{ "2026-11-23T18:25:01Z", "2026-11-23T18:25:01.000000Z" },
	{ "2026-11-23T18:25:01.5Z", "2026-11-23T18:25:01.500000Z" },
	{ "2026-11-23T18:25:01.123456789Z", "2026-11-23T18:25:01.123456Z" },
	{ "2026-11-23 18:25:01+01:00", "2026-11-23T17:25:01.000000Z" },
	{ "2026-11-23t18:25:01-0330", "2026-11-23T21:55:01.000000Z" },
	{ "2024-02-29T00:00:00z", "2024-02-29T00:00:00.000000Z" },
	{ "2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000000Z" },
	{ "2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z" },
	{ "2026-01-01T00:00:00+14:00", "2025-12-31T10:00:00.000000Z" },
	{ "2023-02-29T00:00:00Z", NULL }, { "1900-02-29T00:00:00Z", NULL },
	{ "2026-13-01T00:00:00Z", NULL }, { "2026-00-01T00:00:00Z", NULL },
	{ "2026-04-31T00:00:00Z", NULL }, { "2026-01-00T00:00:00Z", NULL },
	{ "2026-01-01T24:00:00Z", NULL }, { "2026-01-01T00:60:00Z", NULL },
	{ "2026-01-01T00:00:61Z", NULL }, { "2026-01-01T00:00:00", NULL },
	{ "2026-01-01T00:00:00.Z", NULL }, { "2026-01-01T00:00Z", NULL },
	{ "2026-01-01T00:00:00Z ", NULL }, { "26-01-01T00:00:00Z", NULL },
	{ "2026-01-01T00:00:00+24:00", NULL }, { "", NULL },
	{ "2026-01-01", NULL }, { "2026-01-01T00:00:00+1", NULL },
};

static void
rfc_3339(void **state)
{
	char out[USEC_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(stamps) / sizeof(*stamps); i++) {
		const char *want = stamps[i][1];
		int64_t at = 42, again;

		if (usec_parse(str_of(stamps[i][0]), &at) != (want != NULL))
			fail_msg("'%s': %s", stamps[i][0],
			    want ? "refused" : "taken");
		if (want == NULL) {
			assert_true(at == 42);
			continue;
		}
		assert_string_equal(usec_print(at, out).p, want);
		assert_true(usec_parse(str_of(out), &again));
		assert_true(at == again);
	}
	assert_false(usec_parse(STR("2026-01-01T00:00:00\0"), &(int64_t){ 0 }));
}

static const struct {
	const char	*text;
	int64_t		 want;	/* -1: refused */
} spans[] = {
	{ "90s", 90 * USEC_PER_SEC }, { "10m", 600 * USEC_PER_SEC },
	{ "4h", 4 * USEC_PER_HOUR }, { "7d", 7 * USEC_PER_DAY },
	{ "2w", 14 * USEC_PER_DAY }, { "30", 30 * USEC_PER_SEC },
	{ "0", 0 }, { "", -1 }, { "s", -1 }, { "1x", -1 }, { "-1s", -1 },
	{ "1 s", -1 }, { "1h30m", -1 }, { "1.5h", -1 },
	{ "99999999999999999d", -1 }, { "18446744073709551615s", -1 },
};

static void
span_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(spans) / sizeof(*spans); i++) {
		int64_t got = -1;

		if (usec_parse_span(str_of(spans[i].text), &got) !=
		    (spans[i].want >= 0) || got != spans[i].want)
			fail_msg("'%s' gave %jd", spans[i].text,
			    (intmax_t)got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(civil_dates),
		cmocka_unit_test(far_away),
		cmocka_unit_test(rfc_3339),
		cmocka_unit_test(span_texts),
	};

	return cmocka_run_group_tests_name("usec", tests, NULL, NULL);
}
