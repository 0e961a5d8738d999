/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "weir/settings.h"

static struct config *
parse(const char *text)
{
	struct buf	 problems = { 0 };
	struct config	*c = config_parse("/x/weir.conf", str_of(text),
			    &problems);

	if (c == NULL)
		fail_msg("%s", buf_cstr(&problems));
	buf_done(&problems);
	return c;
}

/* An empty file changes nothing: the two tables of defaults agree. */
static void
defaults_are_the_engines(void **state)
{
	struct engine_options	 want, got;
	struct config		*c = parse("");

	(void)state;
	engine_options_init(&want);
	engine_options_init(&got);
	settings_engine(c, &got);
	assert_memory_equal(want.scan.settings, got.scan.settings,
	    detector_count() * sizeof(*got.scan.settings));
#define SAME(field) assert_true(want.scan.field == got.scan.field)
	SAME(max_bytes);
	SAME(budget);
	SAME(gate);
	SAME(young_us);
	SAME(half_life_us);
	SAME(record);
	SAME(bounces);
	SAME(joint_most);
	SAME(joint_us);
	SAME(guessing_us);
	SAME(new_source);
	SAME(alarm_us);
#undef SAME
	assert_int_equal(want.hold_us, got.hold_us);
	assert_int_equal(want.quiet_us, got.quiet_us);
	assert_int_equal(want.pause_us, got.pause_us);
	assert_null(got.scan.exempt);
	engine_options_done(&want);
	engine_options_done(&got);
	config_free(c);
}

static size_t
index_of(const char *name)
{
	const struct detector	*d;
	size_t			 i;

	for (i = 0; (d = detector_at(i)) != NULL; i++)
		if (strcmp(d->name, name) == 0)
			return i;
	fail_msg("no detector %s", name);
	return 0;
}

static void
what_is_set_arrives(void **state)
{
	struct engine_options	 eo;
	struct config		*c = parse("[weir]\nbudget = 0.3\n"
	    "statistics-memory = 16M\n[baseline]\ngate = 0.0001\n"
	    "young = 5d\nhalf-life = 30d\njoint-most = 2\nquiet = 6h\n"
	    "record = 0.5\nbounces = 0.1\njoint-within = 3h\n"
	    "joint-guessing = 4h\nnew-source = 0.75\nalarm = 5h\n"
	    "pause = 1h\n[detector account-spike]\nshadow = yes\n"
	    "messages-floor = 99\nrecipients-share = 0.25\n"
	    "[detector snowshoe]\nenabled = false\n");
	struct scan_setting	*s;

	(void)state;
	engine_options_init(&eo);
	settings_engine(c, &eo);
	assert_true(eo.scan.budget == 0.3);
	assert_int_equal(eo.scan.max_bytes, 16 << 20);
	assert_true(eo.scan.gate == 0.0001);
	assert_int_equal(eo.scan.young_us, 5 * USEC_PER_DAY);
	assert_int_equal(eo.scan.half_life_us, 30 * USEC_PER_DAY);
	assert_true(eo.scan.joint_most == 2);
	assert_true(eo.scan.record == 0.5);
	assert_true(eo.scan.bounces == 0.1);
	assert_int_equal(eo.scan.joint_us, 3 * USEC_PER_HOUR);
	assert_int_equal(eo.scan.guessing_us, 4 * USEC_PER_HOUR);
	assert_true(eo.scan.new_source == 0.75);
	assert_int_equal(eo.scan.alarm_us, 5 * USEC_PER_HOUR);
	assert_int_equal(eo.quiet_us, 6 * USEC_PER_HOUR);
	assert_int_equal(eo.pause_us, USEC_PER_HOUR);
	s = &eo.scan.settings[index_of("account-spike")];
	assert_true(s->shadow && s->enabled);
	assert_true(s->floor[0] == 99);
	assert_true(s->share[0] == 1);
	assert_true(s->share[1] == 0.25);
	assert_false(eo.scan.settings[index_of("snowshoe")].enabled);
	assert_false(eo.scan.settings[index_of("snowshoe")].shadow);
	engine_options_done(&eo);
	config_free(c);
}

static void
exemptions(void **state)
{
	struct config		*c = parse("[exempt news]\n"
	    "reason = the newsletter, every Tuesday\nuser = news, nl\n"
	    "client = 192.0.2.7\nnetwork = 10.0.0.0/8\n"
	    "detectors = account-spike\nuntil = 2027-03-31\n");
	struct exempt		*x = settings_exempt(c);
	struct exempt_case	 k = { .key_type = KEY_SASL_USERNAME,
				    .key = STR("nl") };
	const struct exemption	*m;
	struct event		 e;

	(void)state;
	event_init(&e);
	e.at = 1000;
	e.client_address = STR("10.1.2.3");
	k.event = &e;
	k.detector = detector_find(STR("account-spike"));
	m = exempt_find(x, &k);
	assert_non_null(m);
	assert_string_equal(m->name, "news");
	assert_string_equal(m->reason, "the newsletter, every Tuesday");
	e.client_address = STR("192.0.2.8");
	assert_null(exempt_find(x, &k));
	e.client_address = STR("192.0.2.7");
	assert_non_null(exempt_find(x, &k));
	k.detector = detector_find(STR("slow-leak"));
	assert_null(exempt_find(x, &k));
	k.detector = detector_find(STR("account-spike"));
	assert_true(usec_parse(STR("2027-04-01T00:00:00Z"), &e.at));
	assert_null(exempt_find(x, &k));
	e.at--;
	assert_non_null(exempt_find(x, &k));
	exempt_free(x);
	config_free(c);
}

/* One that is over is told, and no mistake. */
static void
what_is_over_is_a_warning(void **state)
{
	struct config	*c = parse("[exempt a]\nreason = x\nuser = a\n"
	    "until = 2020-01-01\n[exempt b]\nreason = x\nuser = a\n"
	    "until = 2900-01-01\n");

	(void)state;
	assert_string_equal(config_warning(c, 0), "/x/weir.conf:4: "
	    "[exempt a] is over, since 2020-01-01; take it out or give it a "
	    "later day");
	assert_null(config_warning(c, 1));
	config_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_the_engines),
		cmocka_unit_test(what_is_set_arrives),
		cmocka_unit_test(exemptions),
		cmocka_unit_test(what_is_over_is_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
