/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small stories by hand: what is held, for how long, and what late truth does.
 * The recorded ones are in tests/stories.
 */
#include "correlate_util.h"

static void
direct_mail_is_never_held(void **state)
{
	struct fold f;

	(void)state;
	start(&f);
	stranger_hands_in(&f);
	fold_say(&f, MS(9), "postfix/smtp", 13,
	    "4A1F00D1: to=<v@far.example>, relay=mx.far.example[203.0.113.2]:25"
	    ", delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status=sent"
	    " (250 2.0.0 Ok: queued as FAR1)");
	assert_non_null(delivery(&f, "v@far.example"));
	assert_int_equal(f.nalerts, 1);
	assert_int_equal(messages(&f), 1);
	fold_done(&f);
}

static void
filtered_mail_has_its_first_client(void **state)
{
	const struct event	*e;
	struct fold		 f;

	(void)state;
	start(&f);
	stranger_hands_in(&f);
	filter_gives_back(&f, 100);
	assert_null(delivery(&f, "v@far.example"));	/* held */
	first_hop_tells(&f, 150);
	e = delivery(&f, "v@far.example");
	assert_non_null(e);
	assert_int_equal(e->class, CLASS_OPEN_RELAY);
	assert_true(str_eq(e->client_address, STR("198.51.100.7")));
	assert_true(str_eq(e->origin_queue_id, STR("4A1F00D1")));
	assert_int_equal(messages(&f), 1);
	assert_int_equal(f.nalerts, 1);
	assert_int_equal(f.nrevisions, 0);
	fold_done(&f);
}

/* The first hop's line comes ten seconds late: a revision opens the alert. */
static void
late_truth_is_a_revision(void **state)
{
	const struct event	*e;
	struct fold		 f;

	(void)state;
	start(&f);
	stranger_hands_in(&f);
	filter_gives_back(&f, 100);
	fold_say(&f, MS(5000), "postfix/anvil", 30, "statistics: x");
	e = delivery(&f, "v@far.example");
	assert_non_null(e);
	assert_int_equal(e->class, CLASS_AUTHORISED_RELAY);
	assert_int_equal(f.nalerts, 0);
	first_hop_tells(&f, 10000);
	assert_int_equal(e->class, CLASS_OPEN_RELAY);
	assert_true(str_eq(e->client_address, STR("198.51.100.7")));
	assert_int_equal(f.nrevisions, 1);
	assert_int_equal(f.nalerts, 1);
	fold_done(&f);
}

/* The filter is another host that we trust: the same, by its address. */
static void
filters_on_other_hosts_are_followed(void **state)
{
	const struct event	*e;
	struct fold		 f;

	(void)state;
	start(&f);
	fold_believe(&f, POLICY_TRUSTED_NETWORKS, "10.20.0.0/24");
	stranger_hands_in(&f);
	fold_say(&f, MS(100), "postfix/smtpd", 20,
	    "5B2F00D2: client=scan[10.20.0.5]");
	fold_say(&f, MS(101), "postfix/cleanup", 21,
	    "5B2F00D2: message-id=<1@spam.example>");
	fold_say(&f, MS(102), "postfix/qmgr", 12,
	    "5B2F00D2: from=<x@spam.example>, size=9, nrcpt=1 (queue active)");
	fold_say(&f, MS(103), "postfix/smtp", 22,
	    "5B2F00D2: to=<v@far.example>, relay=far[203.0.113.2]:25,"
	    " delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status=sent (250 Ok)");
	fold_say(&f, MS(104), "postfix/qmgr", 12, "5B2F00D2: removed");
	e = delivery(&f, "v@far.example");
	assert_non_null(e);
	assert_int_equal(e->class, CLASS_AUTHORISED_RELAY);
	fold_say(&f, MS(150), "postfix/smtp", 13,
	    "4A1F00D1: to=<v@far.example>, relay=scan[10.20.0.5]:25,"
	    " delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status=sent"
	    " (250 2.0.0 Ok: queued as 5B2F00D2)");
	assert_int_equal(e->class, CLASS_OPEN_RELAY);
	assert_true(str_eq(e->client_address, STR("198.51.100.7")));
	assert_int_equal(f.nalerts, 1);
	fold_done(&f);
}

/* It may be a filter's host, but not for ever. */
static void
mail_of_trusted_hosts_is_forgotten(void **state)
{
	struct fold f;

	(void)state;
	start(&f);
	fold_believe(&f, POLICY_TRUSTED_NETWORKS, "10.20.0.0/24");
	fold_say(&f, MS(0), "postfix/smtpd", 20,
	    "5B2F00D2: client=pc[10.20.0.5]");
	fold_say(&f, MS(1), "postfix/qmgr", 12,
	    "5B2F00D2: from=<x@example.org>, size=9, nrcpt=1 (queue active)");
	fold_say(&f, MS(2), "postfix/smtp", 22,
	    "5B2F00D2: to=<v@far.example>, relay=far[203.0.113.2]:25,"
	    " delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status=sent (250 Ok)");
	fold_say(&f, MS(3), "postfix/qmgr", 12, "5B2F00D2: removed");
	engine_flush(f.engine);
	assert_int_equal(engine_stats(f.engine)->messages, 1);
	engine_tick(f.engine, MS(31000));
	assert_int_equal(engine_stats(f.engine)->messages, 0);
	assert_null(map_get(f.kept, STR("mmx1\0005B2F00D2")));
	fold_done(&f);
}

/* A remote host that names one of our queue ids gains nothing. */
static void
foreign_queue_ids_are_only_hints(void **state)
{
	struct fold f;

	(void)state;
	start(&f);
	stranger_hands_in(&f);
	fold_say(&f, MS(5), "postfix/smtpd", 40,
	    "6C3F00D3: client=pc[198.51.100.99], sasl_method=PLAIN,"
	    " sasl_username=bob");
	fold_say(&f, MS(9), "postfix/smtp", 13,
	    "4A1F00D1: to=<v@far.example>, relay=mx.far.example[203.0.113.2]:25"
	    ", delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status=sent"
	    " (250 2.0.0 Ok: queued as 6C3F00D3)");
	assert_non_null(delivery(&f, "v@far.example"));
	assert_int_equal(delivery(&f, "v@far.example")->class,
	    CLASS_OPEN_RELAY);
	assert_true(delivery(&f, "v@far.example")->counted);
	fold_done(&f);
	/* Nor is one of ours that came from this host, on the world's word. */
	start(&f);
	stranger_hands_in(&f);
	fold_say(&f, MS(5), "postfix/smtpd", 40,
	    "6C3F00D3: client=localhost[127.0.0.1]");
	fold_say(&f, MS(9), "postfix/smtp", 13,
	    "4A1F00D1: to=<v@far.example>, relay=mx.far.example[203.0.113.2]:25"
	    ", delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status=sent"
	    " (250 2.0.0 Ok: queued as 6C3F00D3)");
	assert_non_null(delivery(&f, "v@far.example"));
	assert_int_equal(delivery(&f, "v@far.example")->class,
	    CLASS_OPEN_RELAY);
	fold_done(&f);
}

/* An unfinished message's deferrals count once; the last attempt is told. */
static void
pairs_are_counted_once(void **state)
{
	struct fold f;
	size_t iter = 0, first = 0, counted = 0, n = 0;
	struct str key;
	void *value;

	(void)state;
	start(&f);
	stranger_hands_in(&f);
	for (int i = 0; i < 5; i++)
		fold_say(&f, MS(1000 * i + 10), "postfix/smtp", 13,
		    i < 4 ? "4A1F00D1: to=<v@far.example>, relay=none, delay=1,"
		    " delays=0/0/1/0, dsn=4.4.1, status=deferred"
		    " (connect to mx.far.example: Connection timed out)" :
		    "4A1F00D1: to=<v@far.example>,"
		    " relay=mx.far.example[203.0.113.200]:25, delay=9,"
		    " delays=0/0/0/9, dsn=2.0.0, status=sent (250 Ok)");
	while (map_next(f.events, &iter, &key, &value)) {
		const struct event *e = &((struct fold_event *)value)->e;

		n += e->kind == EVENT_DELIVERY;
		first += e->first;
		counted += e->counted;
	}
	assert_int_equal(n, 5);
	assert_int_equal(first, 1);
	assert_int_equal(counted, 1);
	assert_int_equal(f.alerts[0]->count, 1);
	fold_done(&f);
}

static void
short_ids_are_used_again(void **state)
{
	struct fold f;

	(void)state;
	start(&f);
	stranger_hands_in(&f);
	fold_say(&f, MS(50), "postfix/smtpd", 10,
	    "4A1F00D1: client=pc[198.51.100.99], sasl_method=PLAIN,"
	    " sasl_username=bob");
	fold_say(&f, MS(51), "postfix/cleanup", 11,
	    "4A1F00D1: message-id=<2@example.org>");
	fold_say(&f, MS(52), "postfix/qmgr", 12,
	    "4A1F00D1: from=<bob@example.org>, size=5, nrcpt=1 (queue active)");
	fold_say(&f, MS(59), "postfix/smtp", 13,
	    "4A1F00D1: to=<v@far.example>, relay=mx.far.example[203.0.113.2]:25"
	    ", delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status=sent (250 Ok)");
	assert_int_equal(delivery(&f, "v@far.example")->class,
	    CLASS_AUTHENTICATED_RELAY);
	assert_int_equal(messages(&f), 2);
	assert_int_equal(f.nalerts, 0);
	fold_done(&f);
}

/* A flood of sessions and messages stays within the caps. */
static void
memory_is_bounded(void **state)
{
	const struct engine_stats	*s;
	struct fold			 f;
	char				 text[64];

	(void)state;
	fold_init(&f);
	f.options.messages_max = 100;
	fold_start(&f);
	for (unsigned i = 0; i < 20000; i++) {
		(void)snprintf(text, sizeof(text),
		    "%X: client=unknown[%s]", 0x10000 + i,
		    i % 2 ? "198.51.100.7" : "127.0.0.1");
		fold_say(&f, MS(i / 100), "postfix/smtpd", 100 + i, text);
	}
	s = engine_stats(f.engine);
	assert_true(s->messages <= 202);
	assert_true(s->sessions <= 52);
	assert_true(s->evicted > 0);
	fold_done(&f);
}

/* What waits for its row is told in time, however little memory there is. */
static void
rows_are_not_lost(void **state)
{
	struct fold	f;
	char		text[64];

	(void)state;
	fold_init(&f);
	f.options.messages_max = 5;
	fold_start(&f);
	for (unsigned i = 0; i < 10; i++) {
		(void)snprintf(text, sizeof(text),
		    "%X: client=unknown[198.51.100.7]", 0x10000 + i);
		fold_say(&f, MS(i), "postfix/smtpd", 100 + i, text);
		(void)snprintf(text, sizeof(text),
		    "%X: from=<a@far.example>, size=1, nrcpt=1 (queue active)",
		    0x10000 + i);
		fold_say(&f, MS(i), "postfix/qmgr", 7, text);
	}
	engine_finish(f.engine);
	assert_int_equal(messages(&f), 10);
	fold_done(&f);
}

/* A connection makes the process forget the one before, also after a kill. */
static void
sessions_are_fresh(void **state)
{
	struct fold f;

	(void)state;
	start(&f);
	fold_say(&f, MS(0), "postfix/smtpd", 7, "NOQUEUE: discard: RCPT from "
	    "unknown[198.51.100.7]: <v>: gone; from=<x@far.example> "
	    "to=<v@example.org> proto=SMTP helo=<x>");
	engine_flush(f.engine);
	fold_say(&f, MS(1), "postfix/smtpd", 7,
	    "connect from unknown[198.51.100.8]");
	engine_flush(f.engine);
	engine_free(f.engine);
	fold_start(&f);
	fold_say(&f, MS(2), "postfix/smtpd", 7,
	    "4F098B6E9CA: client=unknown[198.51.100.8]");
	engine_finish(f.engine);
	assert_null(delivery(&f, "v@example.org"));
	fold_done(&f);
}

/* smtpd and cleanup say the same; a tag cut to "postfix" tells neither. */
static void
a_message_is_refused_once(void **state)
{
	struct fold	f;
	size_t		iter = 0, n = 0;
	struct str	key;
	void		*value;

	(void)state;
	start(&f);
	fold_say(&f, MS(1), "postfix", 10,
	    "4A1F00D1: client=unknown[198.51.100.7]");
	fold_say(&f, MS(2), "postfix", 10,
	    "warning: 4A1F00D1: queue file size limit exceeded");
	fold_say(&f, MS(3), "postfix", 11,
	    "warning: 4A1F00D1: queue file size limit exceeded");
	while (map_next(f.events, &iter, &key, &value))
		n += ((struct fold_event *)value)->e.kind == EVENT_REJECT;
	assert_int_equal(n, 1);
	fold_done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(direct_mail_is_never_held),
		cmocka_unit_test(filtered_mail_has_its_first_client),
		cmocka_unit_test(late_truth_is_a_revision),
		cmocka_unit_test(filters_on_other_hosts_are_followed),
		cmocka_unit_test(mail_of_trusted_hosts_is_forgotten),
		cmocka_unit_test(foreign_queue_ids_are_only_hints),
		cmocka_unit_test(pairs_are_counted_once),
		cmocka_unit_test(short_ids_are_used_again),
		cmocka_unit_test(a_message_is_refused_once),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(rows_are_not_lost),
		cmocka_unit_test(sessions_are_fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
