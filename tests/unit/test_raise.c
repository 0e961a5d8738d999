/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon_util.h"

#include "weir/raise.h"

static void
test_life(void **state)
{
	struct raise	 r = { "source", "mx1", "/var/log/mail.log",
			    SEVERITY_CRITICAL, KEY_SOURCE, "source_silent",
			    "it may not be read", "chmod", false };
	struct buf	 keys = { 0 };
	struct place	 at;
	struct alert	*a;
	struct snapshot	 s = { 0 };

	(void)state;
	place_init(&at, POLICY);
	place_open(&at);
	raise_open(at.p, &r);
	raise_open(at.p, &r);
	place_commit(&at);
	/* After a restart it is still the same alert. */
	assert_int_equal(pipeline_restart(at.p, &at.o, NULL), 0);
	raise_open(at.p, &r);
	place_commit(&at);
	pipeline_snapshot(at.p, &s);
	assert_int_equal(s.store.alerts_open, 1);
	assert_int_equal(s.store.events, 1);
	raise_keys(at.p, "source", &keys);
	assert_string_equal(buf_cstr(&keys), "/var/log/mail.log\n");
	assert_false(raise_resolve(at.p, "source", "/else", "x"));
	assert_true(raise_resolve(at.p, "source", r.key, "it can be"));
	place_commit(&at);
	a = place_alert(&at, "source");
	assert_int_equal(a->state, ALERT_RESOLVED);
	assert_non_null(strstr(a->resolved_reason, "it can be"));
	assert_string_equal(a->runbook, "chmod");
	assert_int_equal(a->nevidence, 1);
	alert_free(a);
	assert_false(raise_resolve(at.p, "source", r.key, "it can be"));
	buf_clear(&keys);
	raise_keys(at.p, "source", &keys);
	assert_int_equal(keys.n, 0);
	buf_done(&keys);
	place_done(&at);
}

/* On trial: it is kept, and counts for nobody. */
static void
test_shadow(void **state)
{
	struct raise	 r = { "source", "mx1", "/var/log/mail.log",
			    SEVERITY_CRITICAL, KEY_SOURCE, "source_silent",
			    "it may not be read", "chmod", true };
	struct place	 at;
	struct alert	*a;
	struct snapshot	 s = { 0 };

	(void)state;
	place_init(&at, POLICY);
	place_open(&at);
	raise_open(at.p, &r);
	place_commit(&at);
	pipeline_snapshot(at.p, &s);
	assert_int_equal(s.store.alerts_open, 0);
	a = place_alert(&at, "source");
	assert_true(a->shadow);
	alert_free(a);
	assert_true(raise_resolve(at.p, "source", r.key, "it can be"));
	place_done(&at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_shadow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
