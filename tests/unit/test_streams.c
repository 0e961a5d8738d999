/* SPDX-License-Identifier: Apache-2.0 */
#include "source_util.h"

#include "../../src/source/streams.h"

static void
begins_as_the_options_say(void **state)
{
	struct source_options o = { .host = "h", .year = 2024 };
	struct stream st = { .id = 3, .offset = 9 };
	char host[256];

	(void)state;
	streams_begin(&st, &o, "/x", 9);
	assert_int_equal(st.id, 0);
	assert_int_equal(st.offset, 0);
	assert_int_equal(st.year, 2024);
	assert_int_equal(st.chain, 9);
	assert_string_equal(st.name, "/x");
	assert_string_equal(st.host, "h");
	assert_string_equal(st.zone, "UTC");

	o.host = NULL;
	streams_begin(&st, &o, "/x", 9);
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	assert_string_equal(st.host, host);
}

static void
gives_ids(void **state)
{
	struct streams known = { 0 };
	struct stream st = { .id = 7, .offset = 1 };
	int i;

	(void)state;
	assert_int_equal(streams_put(&known, &st), 7);
	st.id = 2;
	assert_int_equal(streams_put(&known, &st), 2);
	st.id = 0;
	for (i = 8; i < 40; i++)
		assert_int_equal(streams_put(&known, &st), i);
	/* One that has an id takes its own place. */
	st.id = 7;
	st.offset = 77;
	assert_int_equal(streams_put(&known, &st), 7);
	assert_int_equal(known.n, 34);
	assert_int_equal(known.v[0].offset, 77);
	streams_done(&known);
	assert_int_equal(known.n, 0);
}

/* A zone that is gone from this host leaves the one of the options. */
static void
knows_zones(void **state)
{
	struct streams known = { 0 };
	struct stream st = { .id = 1 };
	const char *const names[] = { "Europe/Berlin", "", "No/Where",
	    "Europe/Berlin" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(st.zone, sizeof(st.zone), "%s", names[i]);
		streams_add(&known, &st);
	}
	assert_int_equal(known.nzones, 1);
	assert_string_equal(streams_zone(&known, &st, &zone_utc)->name,
	    "Europe/Berlin");
	snprintf(st.zone, sizeof(st.zone), "No/Where");
	assert_ptr_equal(streams_zone(&known, &st, &zone_utc), &zone_utc);
	snprintf(st.zone, sizeof(st.zone), "UTC");
	assert_ptr_equal(streams_zone(&known, &st, &zone_utc), &zone_utc);
	streams_done(&known);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_as_the_options_say),
		cmocka_unit_test(gives_ids),
		cmocka_unit_test(knows_zones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
