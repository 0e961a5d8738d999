/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/zone.h"

/* 2026 in the middle of Europe: 29 March 01:00Z to 25 October 01:00Z. */
#define SPRING	INT64_C(1774746000000000)
#define AUTUMN	INT64_C(1792890000000000)

static const struct zone_span spans[] = {
	{ INT64_MIN, 3600 }, { SPRING, 7200 }, { AUTUMN, 3600 },
};
static const struct zone europe = { "Europe/Berlin", spans, 3 };

/* 2026 west of Greenwich. */
static const struct zone_span west_spans[] = {
	{ INT64_MIN, -5 * 3600 }, { INT64_C(1772953200000000), -4 * 3600 },
	{ INT64_C(1793512800000000), -5 * 3600 },
};
static const struct zone west = { "America/New_York", west_spans, 3 };

static int64_t
at(const char *text)
{
	int64_t ret = 0;

	assert_true(usec_parse(str_of(text), &ret));
	return ret;
}

static void
to_utc(void **state)
{
	static const struct {
		const struct zone *zone;
		const char	*local, *after, *want;
	} cases[] = {
		{ &zone_utc, "2026-03-01T10:00:00Z", "",
		    "2026-03-01T10:00:00Z" },
		{ &europe, "2026-03-01T10:00:00Z", "", "2026-03-01T09:00:00Z" },
		{ &europe, "2026-07-01T10:00:00Z", "", "2026-07-01T08:00:00Z" },
		{ &europe, "2026-03-29T01:59:59Z", "", "2026-03-29T00:59:59Z" },
		{ &europe, "2026-03-29T03:00:00Z", "", "2026-03-29T01:00:00Z" },
		/* 02:30 does not exist: moved forward */
		{ &europe, "2026-03-29T02:30:00Z", "", "2026-03-29T01:30:00Z" },
		/* 02:30 is there twice */
		{ &europe, "2026-10-25T02:30:00Z", "", "2026-10-25T00:30:00Z" },
		{ &europe, "2026-10-25T02:30:00Z", "2026-10-25T00:30:59Z",
		    "2026-10-25T00:30:00Z" },
		{ &europe, "2026-10-25T02:30:00Z", "2026-10-25T00:31:01Z",
		    "2026-10-25T01:30:00Z" },
		{ &europe, "2026-10-25T01:59:59Z", "2026-10-25T03:00:00Z",
		    "2026-10-24T23:59:59Z" },
		{ &europe, "2026-10-25T03:00:00Z", "", "2026-10-25T02:00:00Z" },
		{ &west, "2026-03-08T01:59:59Z", "", "2026-03-08T06:59:59Z" },
		{ &west, "2026-03-08T02:30:00Z", "", "2026-03-08T07:30:00Z" },
		{ &west, "2026-11-01T01:30:00Z", "", "2026-11-01T05:30:00Z" },
		{ &west, "2026-11-01T01:30:00Z", "2026-11-01T05:59:00Z",
		    "2026-11-01T06:30:00Z" },
		{ &west, "2026-12-01T00:00:00Z", "", "2026-12-01T05:00:00Z" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct civil local = usec_to_civil(at(cases[i].local));
		int64_t after = cases[i].after[0] == '\0' ? 0 :
		    at(cases[i].after);
		char got[USEC_TEXT_MAX];

		(void)usec_print(zone_to_utc(cases[i].zone, &local, after),
		    got);
		if (at(got) != at(cases[i].want))
			fail_msg("%s of %s after '%s': got %s, want %s",
			    cases[i].local, cases[i].zone->name,
			    cases[i].after, got, cases[i].want);
	}
}

/* Every quarter of an hour of a year, there and back. */
static void
round_trip(void **state)
{
	int64_t t = at("2026-01-01T00:00:00Z");
	int64_t end = at("2027-01-01T00:00:00Z");
	int64_t last = 0;

	(void)state;
	for (; t < end; t += 15 * USEC_PER_MIN) {
		struct civil c = zone_to_local(&europe, t);

		assert_int_equal(zone_to_utc(&europe, &c, last), t);
		last = t;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(to_utc),
		cmocka_unit_test(round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
