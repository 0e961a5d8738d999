/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/book.h"

struct told {
	int		 transitions[TRANSITION_COUNT];
	struct alert	*last;
};

static void
on_alert(void *ctx, const struct alert *a, enum alert_transition t)
{
	struct told *told = ctx;

	told->transitions[t]++;
	alert_free(told->last);
	told->last = alert_copy(a);
}

static struct event
relay(const char *client, uint8_t n)
{
	struct event e;

	event_init(&e);
	e.kind = EVENT_DELIVERY;
	e.class = CLASS_OPEN_RELAY;
	e.status = STATUS_SENT;
	e.first = true;
	e.at = 1000 + n;
	e.id[0] = n;
	e.host = STR("mx1");
	e.client_address = str_of(client);
	e.recipient = STR("v@far.example");
	e.queue_id = STR("4A1");
	return e;
}

struct fixture {
	struct told		 told;
	struct policy		*policy;
	struct book		*book;
	const struct detector	*d;
};

static void
set_up(struct fixture *f)
{
	struct book_out out = { &f->told, on_alert };

	memset(f, 0, sizeof(*f));
	f->policy = policy_new(HASH_KEY_FIXED);
	f->book = book_new(HASH_KEY_FIXED, &out);
	f->d = detector_find(STR("open-relay"));
	assert_non_null(f->d);
}

static void
tear_down(struct fixture *f)
{
	alert_free(f->told.last);
	book_free(f->book);
	policy_free(f->policy);
}

/* As the engine does it. */
static void
show(struct fixture *f, const struct event *e)
{
	char		key[KEY_TEXT_MAX];
	struct report	r = { .detector = f->d, .event = e,
			    .lines = STR("raw line"), .policy = f->policy };

	if (!f->d->concerns(e, &r.key_type, key))
		return;
	r.key = str_of(key);
	book_report(f->book, &r);
}

static void
find(struct fixture *f, const char *client, uint8_t n)
{
	struct event e = relay(client, n);

	show(f, &e);
}

/* What the scan found of a login, as a detector does. */
struct spike {
	const char		*detector, *user;
	uint32_t		 observed;
	double			 margin;
	bool			 shadow;
	const struct exemption	*exemption;
	int64_t			 at;
};

static void
report_spike(struct fixture *f, const struct spike *s)
{
	const struct detector	*d = detector_find(str_of(s->detector));
	struct hit		 h = { .detector = d,
				    .measure = &d->measures[0],
				    .span = WINDOW_1H,
				    .observed = s->observed,
				    .margin = s->margin, .per_week = 0.01,
				    .shadow = s->shadow,
				    .exemption = s->exemption };
	struct facts		 facts = { 0 };
	struct event		 e;
	struct report		 r = { .detector = d, .event = &e,
				    .key_type = KEY_SASL_USERNAME,
				    .key = str_of(s->user), .hit = &h,
				    .facts = &facts, .shadow = s->shadow,
				    .exemption = s->exemption };

	event_init(&e);
	e.host = STR("mx1");
	e.sasl_username = str_of(s->user);
	e.at = s->at;
	e.id[0] = (uint8_t)s->observed;
	h.key = facts.keys[KEY_SASL_USERNAME] = key_make(HASH_KEY_FIXED,
	    KEY_SASL_USERNAME, STR_NONE, str_of(s->user));
	facts.known = 1u << KEY_SASL_USERNAME;
	book_report(f->book, &r);
}

#define OPENED(f)	((f).told.transitions[TRANSITION_OPENED])

/* A trial hides nothing, and what is told of does not hide a trial. */
static void
shadow_and_told_never_meet(void **state)
{
	struct fixture	 f;
	struct alert	*shadow, *told;
	struct spike	 trial = { "compromised-account", "joe", 40, 2, true,
			    NULL, 1000 };
	struct spike	 real = { "account-spike", "joe", 50, 2, false,
			    NULL, 2000 };

	(void)state;
	set_up(&f);
	report_spike(&f, &trial);
	assert_int_equal(OPENED(f), 1);
	assert_true(f.told.last->shadow);
	assert_null(f.told.last->exempt);
	shadow = alert_copy(f.told.last);
	/* The same login, found by one that people hear of. */
	report_spike(&f, &real);
	assert_int_equal(OPENED(f), 2);
	assert_false(f.told.last->shadow);
	assert_int_equal(f.told.last->count, 50);
	told = alert_copy(f.told.last);
	/* Each goes on in its own. */
	trial.observed = 60;
	report_spike(&f, &trial);
	book_flush(f.book);
	assert_memory_equal(f.told.last->id, shadow->id, EVENT_ID_SIZE);
	assert_int_equal(f.told.last->count, 60);
	real.observed = 70;
	report_spike(&f, &real);
	book_flush(f.book);
	assert_memory_equal(f.told.last->id, told->id, EVENT_ID_SIZE);
	assert_int_equal(f.told.last->count, 70);
	assert_int_equal(OPENED(f), 2);
	assert_int_equal(book_count(f.book), 2);
	/* Taken up from the store they are apart again. */
	book_free(f.book);
	f.book = book_new(HASH_KEY_FIXED, &(struct book_out){ &f.told,
	    on_alert });
	book_add(f.book, shadow);
	book_add(f.book, told);
	report_spike(&f, &real);
	report_spike(&f, &trial);
	assert_int_equal(OPENED(f), 2);
	assert_int_equal(book_count(f.book), 2);
	alert_free(shadow);
	alert_free(told);
	tear_down(&f);
}

/* Attempts found in earnest are not over because a trial found abuse. */
static void
a_trial_ends_no_attempts(void **state)
{
	struct fixture	f;
	struct spike	guess = { "password-guessing", "joe", 40, 2, false,
			    NULL, 1000 };
	struct spike	trial = { "account-spike", "joe", 40, 2, true, NULL,
			    2000 };

	(void)state;
	set_up(&f);
	report_spike(&f, &guess);
	report_spike(&f, &trial);
	assert_int_equal(f.told.transitions[TRANSITION_RESOLVED], 0);
	assert_int_equal(OPENED(f), 2);
	trial.shadow = false;
	report_spike(&f, &trial);
	assert_int_equal(f.told.transitions[TRANSITION_RESOLVED], 1);
	assert_int_equal(OPENED(f), 3);
	tear_down(&f);
}

static void
exempt_says_why_and_stays_info(void **state)
{
	struct fixture		f;
	struct exempt		*x = exempt_new();
	const struct exemption	*m = exempt_add(x, "news", "the newsletter");
	struct spike		s = { "account-spike", "news", 40, 0.1, false,
				    m, 1000 };

	(void)state;
	set_up(&f);
	report_spike(&f, &s);
	assert_true(f.told.last->shadow);
	assert_string_equal(f.told.last->exempt, "the newsletter");
	assert_int_equal(f.told.last->severity, SEVERITY_INFO);
	assert_true(str_starts(str_of(f.told.last->title), STR("Exempt (the "
	    "newsletter): ")));
	/* Graver by far: still nothing to tell. */
	s.observed = 4000;
	s.margin = 9;
	report_spike(&f, &s);
	assert_int_equal(f.told.transitions[TRANSITION_UPDATED], 0);
	book_flush(f.book);
	assert_int_equal(f.told.last->count, 4000);
	assert_int_equal(f.told.last->severity, SEVERITY_INFO);
	/* It is over: the next is told. */
	s.exemption = NULL;
	report_spike(&f, &s);
	assert_int_equal(OPENED(f), 2);
	assert_false(f.told.last->shadow);
	assert_null(f.told.last->exempt);
	assert_int_equal(f.told.last->severity, SEVERITY_CRITICAL);
	exempt_free(x);
	tear_down(&f);
}

static void
it_is_over_when_the_setting_says(void **state)
{
	struct fixture	f;
	struct spike	s = { "account-spike", "joe", 40, 2, false, NULL,
			    1000 };

	(void)state;
	set_up(&f);
	report_spike(&f, &s);
	book_advance(f.book, 1000 + BOOK_QUIET_US, false);
	assert_int_equal(book_count(f.book), 1);
	book_set_spans(f.book, 90 * USEC_PER_MIN, BOOK_PAUSE_US);
	book_advance(f.book, 1001 + 90 * USEC_PER_MIN, false);
	assert_int_equal(book_count(f.book), 0);
	assert_string_equal(f.told.last->resolved_reason,
	    "nothing more was seen for 90 minutes");
	tear_down(&f);
}

static void
one_alert_for_one_network(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	find(&f, "198.51.100.7", 1);
	assert_int_equal(f.told.transitions[TRANSITION_OPENED], 1);
	assert_string_equal(f.told.last->key, "198.51.100.0/24");
	assert_string_equal(f.told.last->evidence[0].line, "raw line");
	find(&f, "198.51.100.8", 2);
	find(&f, "198.51.100.9", 3);
	/* Counts are told at the commit, once. */
	assert_int_equal(f.told.transitions[TRANSITION_COUNTED], 0);
	book_flush(f.book);
	assert_int_equal(f.told.transitions[TRANSITION_COUNTED], 1);
	assert_int_equal(f.told.last->count, 3);
	assert_int_equal(f.told.last->version, 1);
	book_flush(f.book);
	assert_int_equal(f.told.transitions[TRANSITION_COUNTED], 1);
	find(&f, "2001:db8:bad:1::1", 4);
	/* Another network: the hole is the host's, and stays one alert. */
	assert_int_equal(f.told.transitions[TRANSITION_OPENED], 2);
	assert_int_equal(f.told.last->key_type, KEY_HOST);
	assert_string_equal(f.told.last->key, "mx1");
	assert_string_equal(f.told.last->related[0].key, "2001:db8:bad:1::/64");
	find(&f, "192.0.2.1", 5);
	find(&f, "203.0.113.1", 6);
	assert_int_equal(f.told.transitions[TRANSITION_OPENED], 2);
	assert_int_equal(book_count(f.book), 2);
	tear_down(&f);
}

static void
the_last_one_taken_back_resolves(void **state)
{
	struct fixture	f;
	struct event	e;

	(void)state;
	set_up(&f);
	find(&f, "198.51.100.7", 1);
	find(&f, "198.51.100.7", 2);
	e = relay("198.51.100.7", 1);
	book_take_back(f.book, f.d, &e, "reclassified");
	assert_int_equal(f.told.transitions[TRANSITION_RESOLVED], 0);
	book_take_back(f.book, f.d, &e, "reclassified");
	assert_int_equal(f.told.transitions[TRANSITION_RESOLVED], 1);
	assert_int_equal(f.told.last->state, ALERT_RESOLVED);
	assert_string_equal(f.told.last->resolved_reason, "reclassified");
	assert_int_equal(book_count(f.book), 0);
	/* Abuse that begins anew is a new alert. */
	find(&f, "198.51.100.7", 3);
	assert_int_equal(f.told.transitions[TRANSITION_OPENED], 2);
	tear_down(&f);
}

static void
commands_change_what_is_open(void **state)
{
	struct fixture	 f;
	struct error	 err;
	struct alert	*a;

	(void)state;
	set_up(&f);
	find(&f, "198.51.100.7", 1);
	a = alert_copy(f.told.last);
	assert_int_equal(book_acknowledge(f.book, a, "alice", &err), 0);
	assert_int_equal(f.told.last->state, ALERT_ACKNOWLEDGED);
	assert_string_equal(f.told.last->acknowledged_by, "alice");
	assert_int_equal(book_resolve(f.book, a, "alice", "closed the hole",
	    &err), 0);
	assert_string_equal(f.told.last->resolved_reason,
	    "closed the hole (alice)");
	assert_int_equal(f.told.last->version, 3);
	assert_int_equal(book_resolve(f.book, a, "alice", "again", &err), -1);
	assert_non_null(strstr(err.text, "not open"));
	alert_free(a);
	tear_down(&f);
}

/* What no alert may come of. */
static void
others_do_not_concern(void **state)
{
	struct fixture	f;
	struct event	e;

	(void)state;
	set_up(&f);
	e = relay("198.51.100.7", 1);
	e.class = CLASS_AUTHORISED_RELAY;
	show(&f, &e);
	e = relay("198.51.100.7", 1);
	e.first = false;
	show(&f, &e);
	e = relay("198.51.100.7", 1);
	e.status = STATUS_DISCARDED;
	show(&f, &e);
	assert_int_equal(book_count(f.book), 0);
	tear_down(&f);
}

static void
past_the_cap_the_host_is_the_key(void **state)
{
	struct fixture	f;
	struct event	e = relay("198.51.100.7", 1);
	char		host[32], client[32];

	(void)state;
	set_up(&f);
	for (int i = 0; i <= BOOK_ALERTS_MAX; i++) {
		(void)snprintf(host, sizeof(host), "mx%d", i);
		(void)snprintf(client, sizeof(client), "20.%d.%d.1", i / 256,
		    i % 256);
		e.host = str_of(host);
		e.client_address = str_of(client);
		show(&f, &e);
	}
	assert_int_equal(book_count(f.book), BOOK_ALERTS_MAX + 1);
	assert_int_equal(f.told.last->key_type, KEY_HOST);
	e.client_address = STR("192.0.2.9");
	show(&f, &e);
	book_flush(f.book);
	assert_int_equal(book_count(f.book), BOOK_ALERTS_MAX + 1);
	assert_int_equal(f.told.last->count, 2);
	tear_down(&f);
}

/* What the scan found under a key, of a detector by that name. */
static void
hit(struct fixture *f, const char *name, enum alert_key_type type,
    const char *key, uint8_t n)
{
	const struct detector	*d = detector_find(str_of(name));
	struct event		 e = relay("198.51.100.7", n);
	struct hit		 h = { .detector = d,
				    .measure = &d->measures[0],
				    .key = { type, 1, str_of(key) },
				    .observed = 12 };
	struct report		 r = { .detector = d, .event = &e,
				    .lines = STR("raw"), .hit = &h,
				    .key_type = type, .key = str_of(key) };

	book_report(f->book, &r);
}

static void
an_open_relay_is_no_part_of_what_is_open(void **state)
{
	struct fixture	f;

	(void)state;
	set_up(&f);
	hit(&f, "snowshoe", KEY_CLIENT_NETWORK, "198.51.100.0/24", 1);
	find(&f, "198.51.100.7", 2);
	assert_int_equal(f.told.transitions[TRANSITION_OPENED], 2);
	assert_string_equal(f.told.last->detector, "open-relay");
	find(&f, "198.51.100.7", 3);
	/* But what else is found there from now on is part of it. */
	hit(&f, "snowshoe", KEY_CLIENT_NETWORK, "198.51.100.0/24", 4);
	assert_int_equal(f.told.transitions[TRANSITION_OPENED], 2);
	assert_int_equal(book_count(f.book), 2);
	tear_down(&f);
}

static void
attempts_give_way_and_are_told(void **state)
{
	struct fixture	f;
	struct facts	facts = { .known = 1u << KEY_CLIENT_ADDRESS };
	struct event	e = relay("198.51.100.7", 2);
	char		key[KEY_TEXT_MAX];
	struct report	r = { .event = &e, .lines = STR("raw"),
			    .facts = &facts, .refused = 12 };

	(void)state;
	set_up(&f);
	facts.keys[KEY_CLIENT_ADDRESS].text = STR("198.51.100.7");
	hit(&f, "relay-probe", KEY_CLIENT_ADDRESS, "198.51.100.7", 1);
	assert_int_equal(f.told.last->severity, SEVERITY_INFO);
	r.detector = f.d;
	r.policy = f.policy;
	assert_true(f.d->concerns(&e, &r.key_type, key));
	r.key = str_of(key);
	book_report(f.book, &r);
	assert_int_equal(f.told.transitions[TRANSITION_RESOLVED], 1);
	assert_int_equal(book_count(f.book), 1);
	/* Nobody said what is ours; but the MTA had refused it before. */
	assert_int_equal(f.told.last->severity, SEVERITY_CRITICAL);
	assert_non_null(strstr(f.told.last->title,
	    "; 12 attempts refused before"));
	assert_string_equal(f.told.last->reasons[1].name,
	    "attempts refused before");
	assert_true(f.told.last->reasons[1].observed == 12);
	tear_down(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shadow_and_told_never_meet),
		cmocka_unit_test(a_trial_ends_no_attempts),
		cmocka_unit_test(exempt_says_why_and_stays_info),
		cmocka_unit_test(it_is_over_when_the_setting_says),
		cmocka_unit_test(one_alert_for_one_network),
		cmocka_unit_test(the_last_one_taken_back_resolves),
		cmocka_unit_test(commands_change_what_is_open),
		cmocka_unit_test(others_do_not_concern),
		cmocka_unit_test(past_the_cap_the_host_is_the_key),
		cmocka_unit_test(an_open_relay_is_no_part_of_what_is_open),
		cmocka_unit_test(attempts_give_way_and_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
