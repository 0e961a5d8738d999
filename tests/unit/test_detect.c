/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/detect.h"

static void
detectors_are_found_by_name(void **state)
{
	const struct detector	*d;
	size_t			 i;

	(void)state;
	for (i = 0; (d = detector_at(i)) != NULL; i++) {
		assert_ptr_equal(detector_find(str_of(d->name)), d);
		assert_non_null(d->summary);
	}
	assert_true(i > 0);
	assert_null(detector_find(STR("open relay")));
}

static struct event
relay(void)
{
	struct event e;

	event_init(&e);
	e.kind = EVENT_DELIVERY;
	e.class = CLASS_OPEN_RELAY;
	e.status = STATUS_SENT;
	e.first = true;
	e.host = STR("mx1");
	e.client_address = STR("198.51.100.7");
	e.recipient = STR("o'neil`id`@far.example");
	e.relay_host = STR("mx.far.example");
	e.queue_id = STR("4A1'; rm -rf /");
	return e;
}

static void
open_relay_says_who_what_and_next(void **state)
{
	const struct detector	*d = detector_find(STR("open-relay"));
	struct policy		*p = policy_new(HASH_KEY_FIXED);
	struct event		 e = relay();
	struct finding		 f;
	const char		*runbook;

	(void)state;
	finding_init(&f);
	d->describe(p, &e, &f);
	/* Nobody said what is ours: a warning that says so. */
	assert_int_equal(f.severity, SEVERITY_WARNING);
	assert_non_null(strstr(buf_cstr(&f.title), "policy not known"));
	finding_done(&f);
	policy_declare(p, POLICY_LOCAL_DOMAINS, POLICY_CONFIGURED);
	finding_init(&f);
	d->describe(p, &e, &f);
	assert_int_equal(f.severity, SEVERITY_CRITICAL);
	assert_string_equal(buf_cstr(&f.title), "Open relay: 198.51.100.7 "
	    "sent mail through mx1 to o'neil`id`@far.example without "
	    "logging in (accepted by mx.far.example)");
	runbook = buf_cstr(&f.runbook);
	assert_non_null(strstr(runbook, "198.51.100.0/24"));
	/* Ready to copy: the attacker's text cannot leave its quotes. */
	assert_non_null(strstr(runbook, "'4A1'\\''; rm -rf /'"));
	assert_non_null(strstr(runbook, "weir alerts fine"));
	finding_done(&f);
	policy_free(p);
}

static void
outcomes_are_told(void **state)
{
	static const struct {
		enum event_status	 status;
		const char		*want;
	} cases[] = {
		{ STATUS_SENT, "accepted by mx.far.example" },
		{ STATUS_DEFERRED, "waiting in the queue" },
		{ STATUS_BOUNCED, "taken, but not delivered" },
		{ STATUS_HELD, "on hold in the queue" },
	};
	const struct detector	*d = detector_find(STR("open-relay"));
	struct policy		*p = policy_new(HASH_KEY_FIXED);
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct event	e = relay();
		struct finding	f;

		e.status = cases[i].status;
		finding_init(&f);
		d->describe(p, &e, &f);
		assert_non_null(strstr(buf_cstr(&f.title), cases[i].want));
		finding_done(&f);
	}
	policy_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(detectors_are_found_by_name),
		cmocka_unit_test(open_relay_says_who_what_and_next),
		cmocka_unit_test(outcomes_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
