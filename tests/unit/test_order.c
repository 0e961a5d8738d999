/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon_util.h"

#include "weir/hex.h"
#include "weir/order.h"

/* Work an order off; the answer. */
static json_t *
work_off(struct place *at, json_t *request)
{
	struct order	*o = order_new(request, "anna");
	json_t		*j = NULL;
	int		 rc;

	json_decref(request);
	while ((rc = order_step(o, at->p, &j)) == 1)
		json_decref(j);
	assert_int_equal(rc, 0);
	order_free(o);
	return j;
}

static void
expect(json_t *j, bool ok, const char *words)
{
	const char	*text = json_string_value(json_object_get(j,
			    ok ? "text" : "error"));

	assert_int_equal(json_is_true(json_object_get(j, "ok")), ok);
	if (text == NULL || strstr(text, words) == NULL)
		fail_msg("got '%s', want '%s'", text == NULL ? "" : text,
		    words);
	json_decref(j);
}

static void
open_with_relay(struct place *at, char id[2 * EVENT_ID_SIZE + 1])
{
	struct alert	*a;

	place_init(at, POLICY);
	place_open(at);
	place_feed(at,
	    RELAY_LOG("4ABCDEF012", "192.0.2.66", "v@far.example")
	    RELAY_LOG("4ABCDEF013", "192.0.2.67", "w@far.example"));
	place_commit(at);
	a = place_alert(at, "open-relay");
	assert_non_null(a);
	hex_print(a->id, sizeof(a->id), id);
	alert_free(a);
}

static void
test_acknowledge_and_resolve(void **state)
{
	char		 id[2 * EVENT_ID_SIZE + 1];
	struct place	 at;
	struct alert	*a;

	(void)state;
	open_with_relay(&at, id);
	expect(work_off(&at, json_pack("{s:s, s:s, s:s}", "command",
	    "acknowledge", "id", id, "note", "ticket 12")), true,
	    "acknowledged");
	a = place_alert(&at, "open-relay");
	assert_int_equal(a->state, ALERT_ACKNOWLEDGED);
	assert_string_equal(a->acknowledged_by, "anna (ticket 12)");
	alert_free(a);
	id[8] = '\0';	/* shortened */
	expect(work_off(&at, json_pack("{s:s, s:s}", "command", "resolve",
	    "id", id)), true, "resolved");
	a = place_alert(&at, "open-relay");
	assert_int_equal(a->state, ALERT_RESOLVED);
	assert_string_equal(a->resolved_reason, "resolved by hand (anna)");
	alert_free(a);
	expect(work_off(&at, json_pack("{s:s, s:s}", "command", "resolve",
	    "id", id)), false, "not open");
	expect(work_off(&at, json_pack("{s:s, s:s}", "command", "fine",
	    "id", "zz")), false, "");
	expect(work_off(&at, json_pack("{s:s}", "command", "acknowledge")),
	    false, "");
	place_done(&at);
}

static void
test_fine(void **state)
{
	static const struct {
		const char		*what, *said;
		enum event_class	 class;
	} cases[] = {
		/* All mail was for one domain: that is what is confirmed. */
		{ "", "relay domain far.example", CLASS_RELAY_DOMAIN },
		{ "domain", "relay domain far.example", CLASS_RELAY_DOMAIN },
		{ "network", "trusted network 192.0.2.0/24",
		    CLASS_AUTHORISED_RELAY },
	};
	char		 id[2 * EVENT_ID_SIZE + 1];
	struct place	 at;
	struct alert	*a;
	int64_t		 version;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_with_relay(&at, id);
		version = policy_version(pipeline_policy(at.p));
		assert_int_equal(place_count(&at, CLASS_OPEN_RELAY),
		    2 * RELAY_EVENTS);
		expect(work_off(&at, json_pack("{s:s, s:s, s:s}", "command",
		    "fine", "id", id, "what", cases[i].what)), true,
		    cases[i].said);
		a = place_alert(&at, "open-relay");
		assert_int_equal(a->state, ALERT_RESOLVED);
		assert_string_equal(a->resolved_reason, "reclassified");
		alert_free(a);
		/* The messages go with their deliveries. */
		assert_int_equal(place_count(&at, CLASS_OPEN_RELAY), 0);
		assert_int_equal(place_count(&at, cases[i].class),
		    2 * RELAY_EVENTS);
		assert_int_equal(policy_version(pipeline_policy(at.p)),
		    version + 1);
		place_done(&at);
	}
}

static void
test_reclassify(void **state)
{
	char		id[2 * EVENT_ID_SIZE + 1];
	struct place	at;

	(void)state;
	open_with_relay(&at, id);
	expect(work_off(&at, json_pack("{s:s, s:i}", "command", "reclassify",
	    "since", 0)), true, "2 events judged anew, 0 have");
	pipeline_begin(at.p);
	assert_int_equal(policy_add(pipeline_policy(at.p),
	    POLICY_RELAY_DOMAINS, POLICY_CONFIRMED, STR("far.example"), NULL),
	    1);
	expect(work_off(&at, json_pack("{s:s, s:i}", "command", "reclassify",
	    "since", 0)), true, "2 events judged anew, 2 have");
	place_done(&at);
}

static void
test_knows(void **state)
{
	(void)state;
	assert_true(order_knows("fine"));
	assert_false(order_knows("status"));
	assert_false(order_knows(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_acknowledge_and_resolve),
		cmocka_unit_test(test_fine),
		cmocka_unit_test(test_reclassify),
		cmocka_unit_test(test_knows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
