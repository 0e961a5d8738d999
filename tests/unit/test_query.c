/* SPDX-License-Identifier: Apache-2.0 */
/* Filters as people write them, and the sentences for what is wrong. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "weir/query.h"
#include "weir/usec.h"

#define NOW	"2026-11-23T15:30:00Z"

static int64_t
at(const char *text)
{
	int64_t v = -1;

	if (!usec_parse(str_of(text), &v))
		fail_msg("'%s' is no time", text);
	return v;
}

static void
times(void **state)
{
	/* Berlin is an hour ahead of UTC in winter, two in summer. */
	static const struct {
		const char *value, *want;
	} rows[] = {
		{ "2026-11-23T14:00:00Z", "2026-11-23T14:00:00Z" },
		{ "2026-11-23T14:00:00.25+02:00", "2026-11-23T12:00:00.25Z" },
		{ "2026-11-23 14:00:00Z", "2026-11-23T14:00:00Z" },
		{ "2026-11-23", "2026-11-22T23:00:00Z" },
		{ "2026-11-23 14:00", "2026-11-23T13:00:00Z" },
		{ "2026-11-23T14:00", "2026-11-23T13:00:00Z" },
		{ "2026-11-23 14:00:05", "2026-11-23T13:00:05Z" },
		{ "2026-07-01", "2026-06-30T22:00:00Z" },
		{ "2h", "2026-11-23T13:30:00Z" },
		{ "90s", "2026-11-23T15:28:30Z" },
		{ "7d", "2026-11-16T15:30:00Z" },
		{ "now", NOW },
		{ "today", "2026-11-22T23:00:00Z" },
		{ "yesterday", "2026-11-21T23:00:00Z" },
	};
	static const char *const wrong[] = { "", "tomorrow", "2026-11-31",
	    "2026-13-01", "23.11.2026", "2", "2026", "-2h", "2026-11-23x",
	    "2026-11-23 14:00 CET", "2026-02-29" };
	struct query q;
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		query_init(&q);
		if (query_set(&q, STR("since"), str_of(rows[i].value), at(NOW),
		    &err) == -1)
			fail_msg("%s", err.text);
		if (q.since != at(rows[i].want)) {
			char got[USEC_TEXT_MAX];

			fail_msg("%s: got %.*s, want %s", rows[i].value,
			    STRF(usec_print(q.since, got)), rows[i].want);
		}
		query_done(&q);
	}
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		query_init(&q);
		if (query_set(&q, STR("until"), str_of(wrong[i]), at(NOW),
		    &err) != -1)
			fail_msg("'%s' was taken", wrong[i]);
		assert_non_null(strstr(err.text, "until: '"));
		assert_non_null(strstr(err.text, "is no time"));
		assert_int_equal(q.until, 0);
		query_done(&q);
	}
}

static void
sets_networks_and_texts(void **state)
{
	static const struct {
		const char *name, *value;
	} rows[] = {
		{ "kind", "delivery, reject" }, { "class", "open_relay" },
		{ "status", "sent,deferred" }, { "client", "192.0.2.77/24" },
		{ "user", "alice" }, { "sender", "<>" },
		{ "recipient", "<bob@example.org>" },
		{ "domain", "example.org" }, { "queue-id", "4XbA" },
		{ "message-id", "<m@x>" }, { "relay", "192.0.2.1" },
		{ "mta", "postfix" }, { "host", "mx1" }, { "limit", "0" },
		{ "cursor", "12.34" }, { "host", "mx2" },	/* the last */
	};
	struct query q;
	struct error err;
	char net[IP_TEXT_MAX];
	size_t i;

	(void)state;
	query_init(&q);
	assert_int_equal(q.limit, QUERY_LIMIT_DEFAULT);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (query_set(&q, str_of(rows[i].name), str_of(rows[i].value),
		    0, &err) == -1)
			fail_msg("%s", err.text);
	assert_int_equal(q.kinds, 1 << EVENT_DELIVERY | 1 << EVENT_REJECT);
	assert_int_equal(q.classes, 1 << CLASS_OPEN_RELAY);
	assert_int_equal(q.statuses, 1 << STATUS_SENT | 1 << STATUS_DEFERRED);
	assert_true(q.has_client);
	assert_true(str_eq(ip_net_print(&q.client, net),
	    STR("192.0.2.0/24")));
	assert_string_equal(q.sender, "");
	assert_string_equal(q.recipient, "bob@example.org");
	assert_string_equal(q.message_id, "<m@x>");
	assert_string_equal(q.host, "mx2");
	assert_int_equal(q.limit, 0);
	assert_string_equal(q.cursor, "12.34");
	query_done(&q);
	assert_null(q.host);
}

static void
mistakes_are_explained(void **state)
{
	static const struct {
		const char *name, *value, *want;
	} rows[] = {
		{ "sendr", "x", "unknown filter 'sendr': did you mean "
		    "'sender'?" },
		{ "queueid", "x", "did you mean 'queue-id'?" },
		{ "zzzzzzzzzz", "x", "unknown filter 'zzzzzzzzzz'" },
		{ "class", "open-relay", "class: unknown 'open-relay': did "
		    "you mean 'open_relay'?" },
		{ "class", "sent,qqqqqqqqqqqq", "class: unknown 'sent'" },
		{ "kind", "qqqqqqqqq", "one of message, delivery, reject, "
		    "auth, notice" },
		{ "kind", "", "kind: " },
		{ "status", "", "status: " },
		{ "client", "mail.example.org", "client: 'mail.example.org' "
		    "is neither an address nor a network" },
		{ "client", "192.0.2.0/33", "client: " },
		{ "user", "", "user: a value is missing" },
		{ "limit", "-1", "limit: '-1' is no count" },
		{ "limit", "many", "limit: " },
		{ "limit", "99999999999999999999", "limit: " },
		{ "cursor", "0123456789012345678901234567890123456789"
		    "0123456789012345678901234567890123456789", "cursor: " },
	};
	struct query q;
	struct error err;
	char big[4096];
	size_t i;

	(void)state;
	query_init(&q);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (query_set(&q, str_of(rows[i].name), str_of(rows[i].value),
		    0, &err) != -1)
			fail_msg("%s %s was taken", rows[i].name,
			    rows[i].value);
		if (strstr(err.text, rows[i].want) == NULL)
			fail_msg("got '%s', want '%s'", err.text,
			    rows[i].want);
	}
	memset(big, 'a', sizeof(big));
	assert_int_equal(query_set(&q, STR("host"),
	    (struct str){ big, sizeof(big) }, 0, &err), -1);
	assert_int_equal(query_set(&q, (struct str){ big, sizeof(big) },
	    STR("x"), 0, &err), -1);
	assert_int_equal(query_set(&q, STR("host"), STR("a\0b"), 0, &err), -1);
	assert_null(q.host);
	assert_false(q.has_client);
	assert_int_equal(q.kinds | q.classes | q.statuses, 0);
	query_done(&q);
}

/* Every filter of the contract, each with a help. */
static void
all_filters_are_listed(void **state)
{
	static const char *const want[] = { "since", "until", "kind", "class",
	    "status", "client", "user", "sender", "recipient", "domain",
	    "queue-id", "message-id", "relay", "mta", "host", "limit",
	    "cursor" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_string_equal(query_filter_name(i), want[i]);
		assert_true(strlen(query_filter_help(i)) > 5);
	}
	assert_null(query_filter_name(i));
	assert_null(query_filter_help(i));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times),
		cmocka_unit_test(sets_networks_and_texts),
		cmocka_unit_test(mistakes_are_explained),
		cmocka_unit_test(all_filters_are_listed),
	};

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
