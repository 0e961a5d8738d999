/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "weir/exempt.h"

struct given {
	const char	*user, *sender, *client, *detector;
	int64_t		 until;
};

/* Found at an event of `login` from `from` at `address`. */
struct found {
	const char		*login, *from, *address;
	enum alert_key_type	 key_type;
	const char		*key;
	bool			 trusted, failed, local;
};

static const struct exemption *
find(const struct given *g, const struct found *f, int64_t at)
{
	static struct exempt	*x;
	struct exempt_case	 c = { .detector = detector_find(
				    STR("account-spike")) };
	struct exemption	*m;
	struct event		 e;
	struct ip_net		 net;

	exempt_free(x);
	x = exempt_new();
	m = exempt_add(x, "a", "known");
	m->until = g->until;
	if (g->user != NULL)
		exempt_add_user(m, str_of(g->user));
	if (g->sender != NULL)
		exempt_add_sender(m, str_of(g->sender));
	if (g->client != NULL && ip_net_parse(str_of(g->client), &net))
		exempt_add_client(m, &net);
	if (g->detector != NULL)
		exempt_add_detector(m, detector_find(str_of(g->detector)));
	event_init(&e);
	e.at = at;
	e.kind = f->failed ? EVENT_AUTH : EVENT_MESSAGE;
	e.status = f->failed ? STATUS_FAILED : STATUS_NONE;
	if (f->local) {
		e.origin = ORIGIN_LOCAL;
		e.local_user = str_of(f->login);
	} else
		e.sasl_username = str_of(f->login);
	e.sender = str_of(f->from);
	e.client_address = str_of(f->address);
	c.event = &e;
	c.key_type = f->key_type;
	c.key = str_of(f->key);
	c.trusted = f->trusted;
	return exempt_find(x, &c);
}

#define USER(u)		.user = u
#define LOGIN(l)	.login = l, .key_type = KEY_SASL_USERNAME, .key = l
#define NET(n)		.key_type = KEY_CLIENT_NETWORK, .key = n
static const struct {
	struct given	given;
	struct found	found;
	bool		want;
} cases[] = {
	{ { USER("joe") }, { LOGIN("joe") }, true },
	{ { USER("joe") }, { LOGIN("JOE") }, true },
	{ { USER("joe") }, { LOGIN("joey") }, false },
	/* At the host, by the event. */
	{ { USER("joe") }, { .login = "joe", .key_type = KEY_HOST,
	    .key = "mx1" }, true },
	{ { USER("www") }, { .login = "www", .local = true,
	    .key_type = KEY_HOST, .key = "mx1" }, true },
	/* Whoever guesses at an account is not the account. */
	{ { USER("joe") }, { .login = "joe", .failed = true,
	    .address = "192.0.2.7", .key_type = KEY_CLIENT_ADDRESS,
	    .key = "192.0.2.7" }, false },
	{ { USER("joe") }, { LOGIN("joe"), .failed = true }, true },
	{ { .sender = "n@example.org" }, { LOGIN("joe"),
	    .from = "N@example.org" }, true },
	{ { .sender = "@example.org" }, { LOGIN("joe"),
	    .from = "n@EXAMPLE.org" }, true },
	{ { .sender = "@example.org" }, { LOGIN("joe"),
	    .from = "n@sub.example.org" }, false },
	/* A stranger may write any sender. */
	{ { .sender = "n@example.org" }, { .from = "n@example.org",
	    .address = "192.0.2.7", NET("192.0.2.0/24") }, false },
	{ { .sender = "n@example.org" }, { .from = "n@example.org",
	    .address = "192.0.2.7", NET("192.0.2.0/24"),
	    .trusted = true }, true },
	{ { .sender = "@example.org" }, { .key_type = KEY_SENDER_DOMAIN,
	    .key = "example.org" }, true },
	{ { .client = "192.0.2.0/24" }, { LOGIN("joe"),
	    .address = "192.0.2.7" }, true },
	{ { .client = "192.0.2.0/24" }, { LOGIN("joe"),
	    .address = "192.0.3.7" }, false },
	{ { .client = "192.0.2.0/23" }, { NET("192.0.2.0/24") }, true },
	{ { .client = "192.0.2.7" }, { NET("192.0.2.0/24") }, false },
	{ { .client = "2001:db8::/32" }, { LOGIN("joe"),
	    .address = "2001:db8:1::5" }, true },
	{ { .client = "0.0.0.0/0" }, { LOGIN("joe") }, false },
	/* All that is given must fit. */
	{ { USER("joe"), .client = "192.0.2.7" }, { LOGIN("joe"),
	    .address = "192.0.2.7" }, true },
	{ { USER("joe"), .client = "192.0.2.7" }, { LOGIN("joe"),
	    .address = "198.51.100.7" }, false },
	{ { USER("joe"), .detector = "account-spike" }, { LOGIN("joe") },
	    true },
	{ { USER("joe"), .detector = "slow-leak" }, { LOGIN("joe") },
	    false },
	/* One that says nobody is nobody's. */
	{ { .detector = "account-spike" }, { LOGIN("joe") }, false },
};

static void
who_is_covered(void **state)
{
	const struct exemption	*m;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		m = find(&cases[i].given, &cases[i].found, 1000);
		if ((m != NULL) != cases[i].want)
			fail_msg("case %zu: got %d", i, m != NULL);
	}
	m = find(&cases[0].given, &cases[0].found, 1000);
	assert_string_equal(m->name, "a");
	assert_string_equal(m->reason, "known");
}

static void
it_ends_in_event_time(void **state)
{
	struct given	g = { .user = "joe", .until = 1000 };
	struct found	f = { LOGIN("joe") };

	(void)state;
	assert_non_null(find(&g, &f, 999));
	assert_null(find(&g, &f, 1000));
}

static void
the_first_that_covers(void **state)
{
	struct exempt		*x = exempt_new();
	struct exempt_case	 c = { .detector = detector_at(0),
				    .key_type = KEY_SASL_USERNAME,
				    .key = STR("b") };
	struct event		 e;

	(void)state;
	event_init(&e);
	c.event = &e;
	assert_null(exempt_find(NULL, &c));
	assert_null(exempt_find(x, &c));
	exempt_add_user(exempt_add(x, "one", "1"), STR("a"));
	exempt_add_user(exempt_add(x, "two", "2"), STR("b"));
	exempt_add_user(exempt_add(x, "three", "3"), STR("b"));
	assert_string_equal(exempt_find(x, &c)->name, "two");
	exempt_free(x);
	exempt_free(NULL);
}

/* What is told to write is what can be read, whatever the key holds. */
static void
advice(void **state)
{
	struct buf	b = { 0 };

	(void)state;
	assert_true(exempt_advise("account-spike", KEY_SASL_USERNAME,
	    STR("joe@example.org"), "; ", &b));
	assert_string_equal(buf_cstr(&b), "[exempt NAME]; user = "
	    "joe@example.org; detectors = account-spike; reason = WHY");
	buf_clear(&b);
	assert_true(exempt_advise("x", KEY_SENDER_DOMAIN, STR("example.org"),
	    "\n", &b));
	assert_non_null(strstr(buf_cstr(&b), "\nsender = @example.org\n"));
	buf_clear(&b);
	assert_true(exempt_advise("x", KEY_SASL_USERNAME, STR("joe, root"),
	    "\n", &b));
	assert_non_null(strstr(buf_cstr(&b), "\nuser = WHO\n"));
	buf_clear(&b);
	assert_true(exempt_advise("x", KEY_SASL_USERNAME, STR("@/etc/passwd"),
	    "\n", &b));
	assert_non_null(strstr(buf_cstr(&b), "\nuser = WHO\n"));
	buf_clear(&b);
	assert_false(exempt_advise("x", KEY_HOST, STR("mx1"), "\n", &b));
	assert_int_equal(b.n, 0);
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_covered),
		cmocka_unit_test(it_ends_in_event_time),
		cmocka_unit_test(the_first_that_covers),
		cmocka_unit_test(advice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
