/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What nobody is told of explains nothing away: the same burst of one login,
 * found by a detector that tells, by one on trial, and of one who is exempt.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "weir/scan.h"

#define AT	(INT64_C(1772460000) * USEC_PER_SEC)
#define DAYS	5

struct outcome {
	size_t	login, login_shadow, login_exempt, host, host_exempt;
};

static void
send_one(struct scan *s, const struct policy *p, const char *user, int64_t at,
    struct outcome *o)
{
	char		 recipient[32];
	struct hit	 hits[SCAN_HITS_MAX];
	struct facts	 f;
	struct event	 e;
	size_t		 n;

	(void)snprintf(recipient, sizeof(recipient), "v%lld@far.example",
	    (long long)(at % 1000003));
	event_init(&e);
	e.kind = EVENT_DELIVERY;
	e.class = CLASS_AUTHENTICATED_RELAY;
	e.status = STATUS_SENT;
	e.counted = e.first = true;
	e.at = at;
	e.host = STR("mx1");
	e.sasl_username = str_of(user);
	e.client_address = STR("203.0.113.7");
	e.sender = str_of(user);
	e.recipient = str_of(recipient);
	n = scan_event(s, p, &e, &f, hits);
	for (size_t i = 0; i < n; i++) {
		bool	login = hits[i].key.type == KEY_SASL_USERNAME;

		o->login += login;
		o->login_shadow += login && hits[i].shadow;
		o->login_exempt += login && hits[i].exemption != NULL;
		o->host += hits[i].key.type == KEY_HOST;
		o->host_exempt += hits[i].key.type == KEY_HOST &&
		    hits[i].exemption != NULL;
	}
}

static struct outcome
burst(bool shadow, struct exempt *exempt)
{
	struct policy		*p = policy_new(HASH_KEY_FIXED);
	struct scan_options	 so;
	struct outcome		 o = { 0 };
	const struct detector	*d;
	struct scan		*s;
	int64_t			 at;

	scan_options_init(&so);
	so.hash_key = HASH_KEY_FIXED;
	so.max_bytes = 4 << 20;
	so.budget = 1000;
	so.exempt = exempt;
	for (size_t i = 0; (d = detector_at(i)) != NULL; i++) {
		bool	spike = strcmp(d->name, "account-spike") == 0;

		so.settings[i].enabled = spike ||
		    strcmp(d->name, "relay-spike") == 0;
		so.settings[i].shadow = spike && shadow;
	}
	s = scan_new(&so);
	for (at = AT; at < AT + DAYS * USEC_PER_DAY; at += USEC_PER_HOUR)
		send_one(s, p, "joe@example.org", at, &o);
	assert_int_equal(o.login + o.host, 0);
	for (int i = 0; i < 400; i++)
		send_one(s, p, "news@example.org", at + i * USEC_PER_SEC / 2,
		    &o);
	scan_free(s);
	scan_options_done(&so);
	policy_free(p);
	return o;
}

static void
what_is_told_explains(void **state)
{
	struct outcome	o = burst(false, NULL);

	(void)state;
	assert_true(o.login > 0);
	assert_int_equal(o.login_shadow, 0);
	assert_int_equal(o.login_exempt, 0);
	assert_int_equal(o.host, 0);
}

static void
a_trial_does_not(void **state)
{
	struct outcome	o = burst(true, NULL);

	(void)state;
	assert_true(o.login > 0);
	assert_int_equal(o.login_shadow, o.login);
	assert_true(o.host > 0);
}

static void
nor_does_what_is_exempt(void **state)
{
	struct exempt		*x = exempt_new();
	struct exemption	*m = exempt_add(x, "news", "the newsletter");
	struct outcome		 o;

	(void)state;
	exempt_add_user(m, STR("news@example.org"));
	o = burst(false, x);
	assert_true(o.login > 0);
	assert_int_equal(o.login_exempt, o.login);
	assert_true(o.host > 0);
	/* The host's, by an event of the exempt one, is exempt as well. */
	assert_int_equal(o.host_exempt, o.host);
	/* For one detector only: the other tells. */
	exempt_add_detector(m, detector_find(STR("account-spike")));
	o = burst(false, x);
	assert_int_equal(o.login_exempt, o.login);
	assert_true(o.host > 0);
	assert_int_equal(o.host_exempt, 0);
	exempt_free(x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_told_explains),
		cmocka_unit_test(a_trial_does_not),
		cmocka_unit_test(nor_does_what_is_exempt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
