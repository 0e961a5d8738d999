/* SPDX-License-Identifier: Apache-2.0 */
/* libc is the other opinion: its localtime over the same zone. */
#include "source_util.h"

#include <time.h>

static void
agrees_with_libc(void **state)
{
	static const char *const names[] = { "UTC", "Europe/Berlin",
	    "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata",
	    "Africa/Casablanca", "America/Sao_Paulo" };
	struct error err;
	struct zone z;
	size_t i;
	time_t t;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		setenv("TZ", "Asia/Tokyo", 1);
		if (zone_load(names[i], &z, &err) == -1)
			fail_msg("%s: %s", names[i], err.text);
		assert_string_equal(z.name, names[i]);
		assert_int_equal(z.spans[0].since, INT64_MIN);
		/* As it was. */
		assert_string_equal(getenv("TZ"), "Asia/Tokyo");
		t = 0;
		assert_int_equal(localtime(&t)->tm_hour, 9);

		setenv("TZ", names[i], 1);
		tzset();
		for (t = 0; t < 2208000000; t += 7919 * 61) {
			struct civil c = zone_to_local(&z, t * USEC_PER_SEC);
			struct tm tm = *localtime(&t);

			if (c.year != tm.tm_year + 1900 ||
			    c.month != tm.tm_mon + 1 ||
			    c.day != tm.tm_mday || c.hour != tm.tm_hour ||
			    c.minute != tm.tm_min || c.second != tm.tm_sec)
				fail_msg("%s at %lld", names[i],
				    (long long)t);
		}
		zone_done(&z);
		assert_int_equal(z.n, 0);
	}
	unsetenv("TZ");
	tzset();
}

/* To the second, where libc's data has them. */
static void
transitions(void **state)
{
	struct error err;
	struct zone z;
	size_t i;

	(void)state;
	assert_int_equal(zone_load("Europe/Berlin", &z, &err), 0);
	for (i = 0; i < z.n; i++)
		if (z.spans[i].since == INT64_C(1774746000) * USEC_PER_SEC)
			break;
	assert_true(i < z.n);
	assert_int_equal(z.spans[i].offset, 7200);
	assert_int_equal(z.spans[i - 1].offset, 3600);
	zone_done(&z);
}

static void
own(void **state)
{
	struct error err;
	struct zone z, again;
	size_t i;

	(void)state;
	setenv("TZ", ":Europe/Berlin", 1);
	tzset();
	assert_int_equal(zone_load(NULL, &z, &err), 0);
	assert_string_equal(z.name, "Europe/Berlin");
	assert_true(z.n > 100);
	zone_done(&z);
	/* A rule instead of a name. */
	setenv("TZ", "ABC-3", 1);
	tzset();
	assert_int_equal(zone_load(NULL, &z, &err), 0);
	assert_string_equal(z.name, "localtime");
	assert_int_equal(z.n, 1);
	assert_int_equal(z.spans[0].offset, 3 * 3600);
	zone_done(&z);
	unsetenv("TZ");
	tzset();
	/* What it is named loads it again. */
	assert_int_equal(zone_load(NULL, &z, &err), 0);
	assert_int_equal(zone_load(z.name, &again, &err), 0);
	assert_int_equal(z.n, again.n);
	for (i = 0; i < z.n; i++)
		assert_int_equal(z.spans[i].offset, again.spans[i].offset);
	zone_done(&z);
	zone_done(&again);
}

static void
unknown(void **state)
{
	static const char *const names[] = { "Europe/Berln", "", "../passwd",
	    "/etc/passwd", "Europe", "CET-1CEST", "zone.tab",
	    "a/name/that/is/longer/than/any/zone/can/have/and/than/its/room" };
	struct zone z = { .n = 77 };
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		err.text[0] = '\0';
		if (zone_load(names[i], &z, &err) != -1)
			fail_msg("%s was loaded", names[i]);
		assert_non_null(strstr(err.text, names[i]));
	}
	assert_int_equal(z.n, 77);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_libc),
		cmocka_unit_test(transitions), cmocka_unit_test(own),
		cmocka_unit_test(unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
