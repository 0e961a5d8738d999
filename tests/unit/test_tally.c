/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/profile.h"

struct fixture {
	struct profile	*p;
	struct policy	*policy;
	struct facts	 f;
};

static int
set_up(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	x->p = profile_new(HASH_KEY_FIXED, 4 << 20);
	x->policy = policy_new(HASH_KEY_FIXED);
	assert_int_equal(policy_add(x->policy, POLICY_TRUSTED_NETWORKS,
	    POLICY_CONFIGURED, STR("198.51.100.0/24"), NULL), 1);
	assert_int_equal(policy_add(x->policy, POLICY_LOCAL_DOMAINS,
	    POLICY_CONFIGURED, STR("home.example"), NULL), 1);
	*state = x;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *x = *state;

	profile_free(x->p);
	policy_free(x->policy);
	free(x);
	return 0;
}

/* A message or delivery that a login handed in. */
static struct event
sent(enum event_kind kind, const char *user, const char *client,
    const char *sender, const char *recipient)
{
	struct event e;

	event_init(&e);
	e.kind = kind;
	e.origin = ORIGIN_CLIENT;
	e.at = INT64_C(1700000000) * USEC_PER_SEC;
	e.host = STR("mx.home.example");
	e.sasl_username = user == NULL ? STR_NONE : str_of(user);
	e.client_address = str_of(client);
	e.sender = str_of(sender);
	e.recipient = recipient == NULL ? STR_NONE : str_of(recipient);
	if (kind == EVENT_DELIVERY) {
		e.class = user != NULL ? CLASS_AUTHENTICATED_RELAY :
		    CLASS_INBOUND;
		e.status = STATUS_SENT;
		e.first = e.counted = true;
	}
	return e;
}

static uint32_t
tally(struct fixture *x, const struct event *e, enum tally t)
{
	tally_event(x->p, x->policy, e, ~0u, &x->f);
	for (int i = 0; i < TALLY_COUNT; i++)
		assert_int_equal(x->f.n[i] > 0, x->f.present >> i & 1);
	return x->f.n[t];
}

static void
out(void **state)
{
	struct fixture *x = *state;
	struct event m = sent(EVENT_MESSAGE, "ann@home.example", "192.0.2.1",
	    "ann@home.example", NULL);
	struct event d = sent(EVENT_DELIVERY, "ann@home.example", "192.0.2.1",
	    "ann@home.example", "v@far.example");

	m.size = 1025;
	assert_int_equal(tally(x, &m, TALLY_MESSAGES), 1);
	assert_int_equal(x->f.actor, KEY_SASL_USERNAME);
	assert_int_equal(x->f.n[TALLY_KILOBYTES], 2);
	assert_int_equal(x->f.n[TALLY_FOREIGN], 0);
	/* The first network of all is not new. */
	assert_int_equal(x->f.n[TALLY_NEW_NETS], 0);
	assert_true(x->f.proven);
	assert_int_equal(tally(x, &d, TALLY_RECIPIENTS), 1);
	assert_int_equal(x->f.n[TALLY_NEW_RECIPIENTS], 1);
	assert_int_equal(tally(x, &d, TALLY_NEW_RECIPIENTS), 0);
	m.client_address = STR("203.0.113.9");
	assert_int_equal(tally(x, &m, TALLY_NEW_NETS), 1);
	assert_int_equal(tally(x, &m, TALLY_NEW_NETS), 0);
	assert_int_equal(x->f.n[TALLY_NEW_NET_MESSAGES], 1);
	/* After two days it is known. */
	m.at += 49 * USEC_PER_HOUR;
	assert_int_equal(tally(x, &m, TALLY_NEW_NET_MESSAGES), 0);
	m.size = INT64_MAX;
	assert_true(tally(x, &m, TALLY_KILOBYTES) == UINT32_MAX);
}

static void
foreign(void **state)
{
	static const struct {
		const char	*sender;
		uint32_t	 want;
	} cases[] = {
		{ "ann@home.example", 0 },
		{ "ann@HOME.example", 0 },
		{ "ann@work.example", 0 },	/* the login's own */
		{ "root@mx.home.example", 0 },	/* the host's */
		{ "root@a.mx.home.example", 0 },
		{ "x@evilmx.home.example", 1 },	/* ends like the host's */
		{ "x@far.example", 1 },
		{ "", 0 },
	};
	struct fixture *x = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct event m = sent(EVENT_MESSAGE, "ann@work.example",
		    "192.0.2.1", cases[i].sender, NULL);

		if (tally(x, &m, TALLY_FOREIGN) != cases[i].want)
			fail_msg("%s", cases[i].sender);
		m.host = STR("");
		if (i > 5)
			assert_int_equal(tally(x, &m, TALLY_FOREIGN),
			    cases[i].want);
	}
}

static void
outcomes(void **state)
{
	struct fixture *x = *state;
	struct event d = sent(EVENT_DELIVERY, "ann@home.example", "192.0.2.1",
	    "ann@home.example", "v@far.example");

	d.status = STATUS_BOUNCED;
	d.code = 550;
	d.reply = STR("550 5.7.1 blocked using zen.spamhaus.org");
	assert_int_equal(tally(x, &d, TALLY_BOUNCES), 1);
	assert_int_equal(x->f.n[TALLY_BLOCKED], 1);
	d.status = STATUS_DEFERRED;
	assert_int_equal(tally(x, &d, TALLY_DEFERRALS), 1);
	assert_int_equal(x->f.n[TALLY_BLOCKED], 1);
	d.first = false;
	assert_int_equal(tally(x, &d, TALLY_DEFERRALS), 0);
	d.local_hop = true;
	assert_int_equal(tally(x, &d, TALLY_BLOCKED), 0);
	d.class = CLASS_OPEN_RELAY;
	d.sasl_username = STR_NONE;
	assert_int_equal(tally(x, &d, TALLY_OPEN_RELAYED), 1);
	assert_int_equal(x->f.n[TALLY_RECIPIENTS], 0);
}

static void
in(void **state)
{
	struct fixture *x = *state;
	struct event m = sent(EVENT_MESSAGE, NULL, "192.0.2.1",
	    "x@far.example", NULL);
	struct event d = sent(EVENT_DELIVERY, NULL, "192.0.2.1", "",
	    "ann@home.example");

	assert_int_equal(tally(x, &m, TALLY_INBOUND), 1);
	assert_int_equal(x->f.actor, KEY_TYPE_COUNT);
	assert_int_equal(x->f.n[TALLY_NEW_ADDRESSES], 1);
	assert_int_equal(tally(x, &m, TALLY_NEW_ADDRESSES), 0);
	assert_int_equal(tally(x, &d, TALLY_NULL_SENDERS), 1);
	/* Its own bounces are not received. */
	d.origin = ORIGIN_BOUNCE;
	d.class = CLASS_BOUNCE;
	assert_int_equal(tally(x, &d, TALLY_NULL_SENDERS), 0);
	assert_int_equal(x->f.present, 0);
	/* A trusted client sends, it is not received from. */
	m.client_address = STR("198.51.100.7");
	assert_int_equal(tally(x, &m, TALLY_INBOUND), 0);
	assert_int_equal(x->f.n[TALLY_MESSAGES], 1);
	assert_int_equal(x->f.actor, KEY_CLIENT_ADDRESS);
}

static void
rejects(void **state)
{
	struct fixture *x = *state;
	struct event r = sent(EVENT_REJECT, NULL, "192.0.2.1",
	    "x@far.example", "nobody@home.example");

	r.class = CLASS_REJECTED;
	r.repeat = 3;
	assert_int_equal(tally(x, &r, TALLY_REJECTS), 3);
	r.dsn = STR("5.1.1");
	assert_int_equal(tally(x, &r, TALLY_UNKNOWN_USERS), 3);
	r.sender = STR("");
	assert_int_equal(tally(x, &r, TALLY_NULL_SENDERS), 3);
	r.class = CLASS_RELAY_DENIED;
	assert_int_equal(tally(x, &r, TALLY_DENIED), 3);
}

static void
logins(void **state)
{
	struct fixture *x = *state;
	struct event a = sent(EVENT_AUTH, "ann@home.example", "192.0.2.1",
	    "", NULL);
	struct event m = sent(EVENT_MESSAGE, "ann@home.example", "192.0.2.1",
	    "ann@home.example", NULL);

	a.status = STATUS_FAILED;
	assert_int_equal(tally(x, &a, TALLY_AUTH_FAILURES), 1);
	assert_false(x->f.proven);
	assert_true(x->f.ours);
	assert_int_equal(x->f.n[TALLY_FAILED_NETS], 1);
	assert_int_equal(x->f.n[TALLY_FAILED_USERS], 1);
	assert_int_equal(tally(x, &a, TALLY_FAILED_NETS), 0);
	/* From where she was it is a mistyped password. */
	(void)tally(x, &m, TALLY_MESSAGES);
	assert_int_equal(tally(x, &a, TALLY_AUTH_FAILURES), 1);
	assert_true(x->f.proven);
	assert_int_equal(x->f.known >> KEY_SASL_USERNAME & 1, 0);
	assert_int_equal(x->f.known >> KEY_GLOBAL & 1, 1);
}

/* Only a log that tells of TLS tells by its silence. */
static void
passwords_in_clear(void **state)
{
	struct fixture *x = *state;
	struct event a = sent(EVENT_AUTH, "ann@home.example", "192.0.2.1",
	    "", NULL);

	a.status = STATUS_OK;
	a.sasl_method = STR("PLAIN");
	assert_int_equal(tally(x, &a, TALLY_UNENCRYPTED), 0);
	(void)profile_count(x->p, &x->f.keys[KEY_HOST], TALLY_ENCRYPTED, 3,
	    a.at, true, false);
	assert_int_equal(tally(x, &a, TALLY_UNENCRYPTED), 1);
	a.sasl_method = STR("CRAM-MD5");
	assert_int_equal(tally(x, &a, TALLY_UNENCRYPTED), 0);
	a.sasl_method = STR("login");
	assert_int_equal(tally(x, &a, TALLY_UNENCRYPTED), 1);
	a.client_address = STR("198.51.100.3");
	assert_int_equal(tally(x, &a, TALLY_UNENCRYPTED), 0);
	a.client_address = STR("192.0.2.1");
	a.encryption_protocol = STR("TLSv1.3");
	assert_int_equal(tally(x, &a, TALLY_UNENCRYPTED), 0);
	assert_int_equal(x->f.n[TALLY_ENCRYPTED], 1);
}

/* Wordings of receivers' and lists' own pages, and what only looks alike. */
static const struct {
	bool		 want;
	int64_t		 code;
	const char	*reply;
} replies[] = {
	{ true, 554, "554 5.7.1 Service unavailable; Client host [192.0.2.1] "
	    "blocked using zen.spamhaus.org; https://www.spamhaus.org/query/"
	    "ip/192.0.2.1" },
	{ true, 550, "550 5.7.1 Unfortunately, messages from [192.0.2.1] "
	    "weren't sent. Please contact your Internet service provider "
	    "since part of their network is on our block list (S3150)." },
	{ true, 421, "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily "
	    "deferred due to unexpected volume or user complaints" },
	{ true, 554, "554 Message not allowed - [PH01] Email not accepted for "
	    "policy reasons." },
	{ true, 421, "421-4.7.28 Our system has detected an unusual rate of "
	    "421-4.7.28 unsolicited mail originating from your IP address." },
	{ true, 550, "550-5.7.1 [192.0.2.1] Our system has detected that this "
	    "message is 550-5.7.1 likely unsolicited mail." },
	{ true, 550, "550-5.7.1 likely suspicious due to the very low "
	    "reputation of the sending IP address." },
	{ true, 554, "554-gmx.net (mxgmx116) Nemesis ESMTP Service not "
	    "available 554-No SMTP service 554-IP address is black listed." },
	{ true, 550, "550 Host 192.0.2.1 is listed at psbl.surriel.com as a "
	    "spam source." },
	{ true, 550, "550 Rejected because 192.0.2.1 is in a black list at "
	    "cbl.abuseat.org" },
	{ true, 554, "554 5.7.1 Mail from IP 192.0.2.1 was rejected due to "
	    "listing in Spamhaus SBL." },
	{ true, 550, "550-\"JunkMail rejected - mx [192.0.2.1]:24706 is in an "
	    "RBL: Blocked\"" },
	{ true, 553, "553 5.3.0 flpd DNSBL:RBL 521< 192.0.2.1 >_is_blocked." },
	{ true, 554, "554 mx.b.example ESMTP Service unavailable; 192.0.2.1 "
	    "listed at bl.spamcop.net" },
	{ true, 550, "550 5.7.606 Access denied, banned sending IP "
	    "[192.0.2.1]" },
	{ true, 550, "550 rejected by b.barracudacentral.org" },
	{ true, 550, "550 we do not accept mail from hosts with dynamic IP" },
	/* The list does not answer; the fault is the asker's. */
	{ false, 554, "554 5.7.1 Service unavailable; Client host [192.0.2.1] "
	    "blocked using zen.spamhaus.org; Error: open resolver; "
	    "https://www.spamhaus.org/returnc/pub/" },
	{ false, 554, "554 5.7.1 blocked using zen.spamhaus.org (127.255.255."
	    "254)" },
	{ false, 554, "554 5.7.1 blocked using bl.example; Excessive number "
	    "of queries" },
	/* It passes. */
	{ false, 450, "450 4.2.0 Recipient address rejected: Greylisted, see "
	    "http://postgrey.schweikert.ch/" },
	{ false, 451, "451 4.7.1 Greylisting in action, please come back" },
	{ false, 421, "421 4.7.0 Too many concurrent connections from your "
	    "IP" },
	{ false, 452, "452 4.5.3 Too many recipients" },
	{ false, 450, "450 4.7.1 Error: rate limit exceeded, slow down" },
	{ false, 450, "450 4.2.1 The user you are trying to contact is "
	    "receiving mail too quickly" },
	/* It is about the recipient. */
	{ false, 550, "550 5.1.1 <v@far.example>: User unknown in virtual "
	    "mailbox table" },
	{ false, 550, "550 5.1.1 User v@far.example not listed in Domino "
	    "Directory" },
	{ false, 552, "552 5.2.2 Mailbox full" },
	{ false, 552, "552 5.2.2 The email account is over quota" },
	{ false, 550, "550 No such user <rbl@far.example>" },
	/* It is about DNS, SPF, size, content. */
	{ false, 550, "550-5.7.25 The IP address sending this message does "
	    "not have a PTR record" },
	{ false, 550, "550 5.7.23 SPF: 192.0.2.1 is not allowed to send mail "
	    "from home.example" },
	{ false, 552, "552 5.3.4 Message size exceeds fixed limit" },
	{ false, 550, "550 5.6.0 rejected: marblrbls" },
	/* No reply of anybody, or one of success. */
	{ false, -1, "connect to d1.ess.barracudanetworks.com[192.0.2.9]:25: "
	    "Connection timed out" },
	{ false, -1, "Host or domain name not found: blacklist.example" },
	{ false, 250, "250 2.0.0 Ok: queued by spamhaus.example" },
	{ false, 550, "" },
};

static void
listings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++)
		if (tally_is_listing(replies[i].code, str_of(
		    replies[i].reply)) != replies[i].want)
			fail_msg("%s", replies[i].reply);
}

static void
tables(void **state)
{
	uint32_t all = 0;

	(void)state;
	for (int k = 0; k < KEY_TYPE_COUNT; k++)
		all |= tally_of_key((enum alert_key_type)k);
	assert_int_equal(all, (1u << TALLY_COUNT) - 1);
	for (int t = 0; t < TALLY_COUNT; t++) {
		assert_non_null(tally_name((enum tally)t));
		assert_non_null(tally_plural((enum tally)t));
	}
	assert_true(tally_is_out(TALLY_KILOBYTES));
	assert_false(tally_is_out(TALLY_OPEN_RELAYED));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(out), T(foreign), T(outcomes), T(in), T(rejects), T(logins),
		T(passwords_in_clear),
		cmocka_unit_test(listings),
		cmocka_unit_test(tables),
	};

	return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}
