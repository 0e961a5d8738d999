/* SPDX-License-Identifier: Apache-2.0 */
/* Children and parents: what each learns of the other late, or never. */
#include "correlate_util.h"

/* Learnt late, it reaches the child whether or not the engine was restarted. */
static void
a_late_cause_outlives_a_restart(void **state)
{
	const struct event	*e;
	struct fold		 f;

	(void)state;
	start(&f);
	fold_say(&f, MS(1), "postfix/local", 14,
	    "4A1F00D2: to=<u@example.org>, relay=local, delay=0.1, "
	    "delays=0/0/0/0.1, dsn=2.0.0, status=sent "
	    "(forwarded as 4A1F00D3)");
	fold_say(&f, MS(4000), "postfix/qmgr", 12,
	    "4A1F00D1: from=<u@example.org>, status=expired, returned to "
	    "sender");
	engine_flush(f.engine);
	fold_say(&f, MS(4001), "postfix/bounce", 15,
	    "4A1F00D1: sender non-delivery notification: 4A1F00D2");
	engine_flush(f.engine);
	engine_free(f.engine);
	fold_start(&f);
	fold_say(&f, MS(4002), "postfix/smtp", 13,
	    "4A1F00D3: to=<u@else.example>, relay=mx.else.example"
	    "[203.0.113.2]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, "
	    "status=sent (250 ok)");
	e = delivery(&f, "u@else.example");
	assert_non_null(e);
	assert_int_equal(e->class, CLASS_FORWARDED);
	assert_true(str_eq(e->cause_queue_id, STR("4A1F00D1")));
	fold_done(&f);
}

/*
 * Through a filter and out before the client has said goodbye: the session's
 * count comes after both messages are gone from the queue.
 */
static void
a_late_goodbye_counts(void **state)
{
	const struct event	*e;
	struct fold		 f;

	(void)state;
	start(&f);
	fold_say(&f, MS(0), "postfix/smtpd", 10,
	    "connect from unknown[198.51.100.7]");
	fold_say(&f, MS(1), "postfix/smtpd", 10,
	    "4A1F00D1: client=unknown[198.51.100.7]");
	fold_say(&f, MS(2), "postfix/qmgr", 12,
	    "4A1F00D1: from=<x@spam.example>, size=5, nrcpt=2 (queue active)");
	fold_say(&f, MS(3), "postfix/smtpd", 20,
	    "5B2F00D2: client=localhost[127.0.0.1]");
	fold_say(&f, MS(4), "postfix/qmgr", 12,
	    "5B2F00D2: from=<x@spam.example>, size=9, nrcpt=2 (queue active)");
	fold_say(&f, MS(5), "postfix/smtp", 13,
	    "4A1F00D1: to=<u@example.org>, relay=127.0.0.1[127.0.0.1]:10024, "
	    "delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: "
	    "queued as 5B2F00D2)");
	fold_say(&f, MS(6), "postfix/smtp", 13,
	    "4A1F00D1: to=<v@far.example>, relay=127.0.0.1[127.0.0.1]:10024, "
	    "delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: "
	    "queued as 5B2F00D2)");
	fold_say(&f, MS(7), "postfix/local", 22,
	    "5B2F00D2: to=<u@example.org>, relay=local, delay=0, delays="
	    "0/0/0/0, dsn=2.0.0, status=sent (delivered to maildir)");
	fold_say(&f, MS(8), "postfix/qmgr", 12, "4A1F00D1: removed");
	fold_say(&f, MS(9), "postfix/smtpd", 10, "disconnect from unknown"
	    "[198.51.100.7] ehlo=1 mail=1 rcpt=2 data=1 quit=1 commands=6");
	fold_say(&f, MS(10), "postfix/smtp", 13,
	    "5B2F00D2: to=<v@far.example>, relay=mx.far.example[203.0.113.2]"
	    ":25, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (250 ok)");
	fold_say(&f, MS(11), "postfix/qmgr", 12, "5B2F00D2: removed");
	engine_finish(f.engine);
	e = delivery(&f, "v@far.example");
	assert_non_null(e);
	assert_int_equal(e->class, CLASS_OPEN_RELAY);
	assert_int_equal(f.nalerts, 1);
	/* Nothing of it is left behind but what is to be forgotten later. */
	assert_int_equal(engine_stats(f.engine)->messages, 0);
	fold_done(&f);
}

/* A second "forwarded as" for the same child changes nothing. */
static void
a_forward_has_one_original(void **state)
{
	const struct event	*e;
	struct fold		 f;
	int			 restarts;

	(void)state;
	for (restarts = 0; restarts < 2; restarts++) {
		start(&f);
		fold_say(&f, MS(1), "postfix/smtp", 13,
		    "4A1F00D3: to=<u@else.example>, relay=mx.else.example"
		    "[203.0.113.2]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, "
		    "status=sent (250 ok)");
		fold_say(&f, MS(2), "postfix/local", 14,
		    "4A1F00D2: to=<u@example.org>, relay=local, delay=0.1, "
		    "delays=0/0/0/0.1, dsn=2.0.0, status=sent "
		    "(forwarded as 4A1F00D3)");
		engine_flush(f.engine);
		fold_say(&f, MS(3), "postfix/local", 14,
		    "4A1F00D2: to=<v@else.example>, relay=local, delay=0.1, "
		    "delays=0/0/0/0.1, dsn=2.0.0, status=sent "
		    "(forwarded as 4A1F00D3)");
		engine_flush(f.engine);
		if (restarts > 0) {
			engine_free(f.engine);
			fold_start(&f);
		}
		engine_finish(f.engine);
		e = delivery(&f, "u@else.example");
		assert_non_null(e);
		assert_int_equal(e->class, CLASS_FORWARDED);
		assert_true(str_eq(e->original_recipient,
		    STR("u@example.org")));
		fold_done(&f);
	}
}

/*
 * The host that a forward goes to read in its header where it came from, and
 * says that it queued it under that very id.
 */
static void
nothing_comes_from_itself(void **state)
{
	struct fold f;

	(void)state;
	start(&f);
	fold_say(&f, MS(0), "postfix/smtpd", 20,
	    "5B2F00D2: client=localhost[127.0.0.1]");
	fold_say(&f, MS(1), "postfix/qmgr", 12,
	    "5B2F00D2: from=<x@far.example>, size=9, nrcpt=1 (queue active)");
	fold_say(&f, MS(1000), "postfix/local", 14,
	    "5B2F00D2: to=<u@example.org>, relay=local, delay=1,"
	    " delays=0/0/0/1, dsn=2.0.0, status=sent"
	    " (forwarded as 6C3F00D3)");
	fold_say(&f, MS(1001), "postfix/qmgr", 12, "5B2F00D2: removed");
	fold_say(&f, MS(1002), "postfix/qmgr", 12,
	    "6C3F00D3: from=<x@far.example>, size=9, nrcpt=1 (queue active)");
	fold_say(&f, MS(6000), "postfix/smtp", 22,
	    "6C3F00D3: to=<v@far.example>, relay=far[203.0.113.2]:25, delay=5,"
	    " delays=0/0/0/5, dsn=2.0.0, status=sent"
	    " (250 2.0.0 Ok: queued as 5B2F00D2)");
	engine_finish(f.engine);
	assert_non_null(delivery(&f, "v@far.example"));
	fold_done(&f);
}

/* A filter is followed through a socket too, and however little memory. */
static void
what_was_put_away_is_followed(void **state)
{
	const struct event	*e;
	struct fold		 f;

	(void)state;
	fold_init(&f);
	f.options.messages_max = 2;
	fold_believe(&f, POLICY_TRUSTED_NETWORKS, "127.0.0.0/8");
	fold_believe(&f, POLICY_LOCAL_DOMAINS, "example.org");
	fold_start(&f);
	stranger_hands_in(&f);
	filter_gives_back(&f, 100);
	for (int i = 0; i < 3; i++)
		fold_say(&f, MS(3000 + i), "postfix/pickup", 30 + i, i == 0 ?
		    "6C3F00D3: uid=1000 from=<u@example.org>" : i == 1 ?
		    "6C3F00D4: uid=1000 from=<u@example.org>" :
		    "6C3F00D5: uid=1000 from=<u@example.org>");
	assert_true(engine_stats(f.engine)->evicted > 0);
	e = delivery(&f, "v@far.example");
	assert_non_null(e);
	assert_int_equal(e->class, CLASS_AUTHORISED_RELAY);
	fold_say(&f, MS(4000), "postfix/lmtp", 13,
	    "4A1F00D1: to=<v@far.example>, relay=mx1[private/scan],"
	    " delay=4, delays=0/0/0/4, dsn=2.0.0, status=sent"
	    " (250 2.0.0 Ok: queued as 5B2F00D2)");
	assert_int_equal(e->class, CLASS_OPEN_RELAY);
	assert_true(str_eq(e->client_address, STR("198.51.100.7")));
	assert_int_equal(f.nalerts, 1);
	fold_done(&f);
}

/* The delivery of a message, or NULL. */
static const struct event *
arrival(const struct fold *f, const char *queue_id)
{
	size_t		 iter = 0;
	struct str	 key;
	void		*value;

	while (map_next(f->events, &iter, &key, &value)) {
		const struct event *e = &((struct fold_event *)value)->e;

		if (e->kind == EVENT_DELIVERY &&
		    str_eq(e->queue_id, str_of(queue_id)))
			return e;
	}
	return NULL;
}

/*
 * From another instance of this host, under an address that is not trusted:
 * what it handed over was delivered and gone before it said so.
 */
static void
an_instance_may_speak_late(void **state)
{
	static const struct {
		const char	*client, *sender;
	} cases[] = {
		/* Its name is the host's; or it is a bounce. */
		{ "mx1.example.org[192.0.2.25]", "x@far.example" },
		{ "out.example.org[192.0.2.25]", "" },
	};
	const struct event	*e;
	struct fold		 f;
	char			 text[256];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		start(&f);
		fold_say(&f, MS(0), "postfix-out/pickup", 9,
		    "4A1F00D1: uid=33 from=<www>");
		(void)snprintf(text, sizeof(text), "4A1F00D1: from=<%s>, "
		    "size=5, nrcpt=1 (queue active)", cases[i].sender);
		fold_say(&f, MS(1), "postfix-out/qmgr", 10, text);
		(void)snprintf(text, sizeof(text), "5B2F00D2: client=%s",
		    cases[i].client);
		fold_say(&f, MS(2), "postfix/smtpd", 11, text);
		(void)snprintf(text, sizeof(text), "5B2F00D2: from=<%s>, "
		    "size=9, nrcpt=1 (queue active)", cases[i].sender);
		fold_say(&f, MS(3), "postfix/qmgr", 12, text);
		fold_say(&f, MS(4), "postfix/smtp", 13,
		    "5B2F00D2: to=<v@far.example>, relay=mx.far.example"
		    "[203.0.113.2]:25, delay=0, delays=0/0/0/0, dsn=2.0.0, "
		    "status=sent (250 2.0.0 Ok)");
		fold_say(&f, MS(5), "postfix/qmgr", 12, "5B2F00D2: removed");
		fold_say(&f, MS(6), "postfix-out/smtp", 14,
		    "4A1F00D1: to=<v@far.example>, relay=192.0.2.25"
		    "[192.0.2.25]:25, delay=0, delays=0/0/0/0, dsn=2.0.0, "
		    "status=sent (250 2.0.0 Ok: queued as 5B2F00D2)");
		engine_finish(f.engine);
		e = arrival(&f, "5B2F00D2");
		assert_non_null(e);
		/* No stranger's: it was handed in on this host. */
		assert_int_equal(e->class, CLASS_LOCAL_SUBMISSION);
		assert_int_equal(f.nrevisions, 1);
		fold_done(&f);
	}
}

/* A line that was cut, or another MTA's way to say it. */
static void
a_forward_needs_a_queue_id(void **state)
{
	struct fold f;

	(void)state;
	start(&f);
	fold_say(&f, MS(1), "postfix/local", 14,
	    "4A1F00D1: to=<u@example.org>, relay=local, delay=0.1,"
	    " delays=0/0/0/0.1, dsn=2.0.0, status=sent (forwarded as )");
	assert_int_equal(engine_stats(f.engine)->messages, 1);
	fold_done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_late_cause_outlives_a_restart),
		cmocka_unit_test(a_late_goodbye_counts),
		cmocka_unit_test(a_forward_has_one_original),
		cmocka_unit_test(nothing_comes_from_itself),
		cmocka_unit_test(what_was_put_away_is_followed),
		cmocka_unit_test(an_instance_may_speak_late),
		cmocka_unit_test(a_forward_needs_a_queue_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
