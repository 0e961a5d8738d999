/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/policy.h"

static bool
trusts(const struct policy *p, const char *address)
{
	struct ip ip;

	assert_true(ip_parse(str_of(address), &ip));
	return policy_trusts(p, &ip);
}

static int
add(struct policy *p, enum policy_key k, enum policy_source s,
    const char *value)
{
	struct error err = { "" };
	int rc = policy_add(p, k, s, str_of(value), &err);

	assert_true(rc != -1 || err.text[0] != '\0');
	return rc;
}

static void
private_networks_are_trusted_until_told(void **state)
{
	struct policy *p = policy_new(HASH_KEY_FIXED);

	(void)state;
	assert_true(trusts(p, "127.0.0.1"));
	assert_true(trusts(p, "10.1.2.3"));
	assert_true(trusts(p, "fd00::1"));
	assert_false(trusts(p, "198.51.100.7"));
	policy_declare(p, POLICY_TRUSTED_NETWORKS, POLICY_CONFIGURED);
	assert_false(trusts(p, "10.1.2.3"));
	assert_int_equal(add(p, POLICY_TRUSTED_NETWORKS, POLICY_CONFIGURED,
	    "10.0.0.0/8"), 1);
	assert_true(trusts(p, "10.1.2.3"));
	/* A lower rank is noted, and does not govern. */
	assert_int_equal(add(p, POLICY_TRUSTED_NETWORKS, POLICY_FOUND,
	    "192.168.0.0/16"), 0);
	assert_false(trusts(p, "192.168.1.1"));
	/* What was confirmed counts on top. */
	assert_int_equal(add(p, POLICY_TRUSTED_NETWORKS, POLICY_CONFIRMED,
	    "203.0.113.0/24"), 1);
	assert_true(trusts(p, "203.0.113.9"));
	policy_free(p);
}

static void
wide_public_networks_are_not_believed(void **state)
{
	static const struct {
		enum policy_source s;
		const char *value;
		int want;
	} cases[] = {
		{ POLICY_FOUND, "0.0.0.0/0", -1 },
		{ POLICY_FOUND, "::/0", -1 },
		{ POLICY_FOUND, "198.51.0.0/16", -1 },
		{ POLICY_FOUND, "198.51.100.0/24", 1 },
		{ POLICY_FOUND, "2001:db8::/32", -1 },
		{ POLICY_FOUND, "2001:db8:1:2::/64", 1 },
		{ POLICY_FOUND, "192.168.0.0/16", 1 },
		{ POLICY_FOUND, "192.0.0.0/22", 1 },	/* an interface */
		{ POLICY_LEARNT, "198.51.100.0/24", -1 },
		{ POLICY_LEARNT, "10.1.2.0/24", 0 },	/* found governs */
		{ POLICY_CONFIGURED, "0.0.0.0/0", 1 },
		{ POLICY_CONFIGURED, "example.org", -1 },
	};
	struct policy	*p = policy_new(HASH_KEY_FIXED);
	struct ip	 own;
	size_t		 i;

	(void)state;
	assert_true(ip_parse(STR("192.0.2.25"), &own));
	policy_add_own(p, &own, 22);
	policy_declare(p, POLICY_TRUSTED_NETWORKS, POLICY_FOUND);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int got = add(p, POLICY_TRUSTED_NETWORKS, cases[i].s,
		    cases[i].value);

		if (got != cases[i].want)
			print_error("%s: got %d, want %d\n", cases[i].value,
			    got, cases[i].want);
		assert_int_equal(got, cases[i].want);
	}
	policy_free(p);
}

static void
domains_match_whole_or_below(void **state)
{
	struct policy	*p = policy_new(HASH_KEY_FIXED);
	struct ip	 own;

	(void)state;
	add(p, POLICY_LOCAL_DOMAINS, POLICY_CONFIGURED, "Example.org");
	add(p, POLICY_RELAY_DOMAINS, POLICY_CONFIGURED, ".example.net");
	assert_true(policy_is_local(p, STR("eXample.ORG")));
	assert_true(policy_is_local(p, STR("example.org.")));
	assert_false(policy_is_local(p, STR("sub.example.org")));
	assert_false(policy_is_local(p, STR("badexample.org")));
	assert_true(policy_is_relay(p, STR("a.b.example.net")));
	assert_false(policy_is_relay(p, STR("example.net")));
	assert_false(policy_is_local(p, STR("")));
	assert_false(policy_is_local(p, STR("[192.0.2.25]")));
	assert_true(ip_parse(STR("192.0.2.25"), &own));
	policy_add_own(p, &own, 24);
	assert_true(policy_is_local(p, STR("[192.0.2.25]")));
	assert_false(policy_is_local(p, STR("[192.0.2.26]")));
	policy_free(p);
}

static void
routes_are_told_from_local_parts(void **state)
{
	(void)state;
	assert_true(policy_is_routed(STR("u%far.example@example.org")));
	assert_true(policy_is_routed(STR("far.example!u@example.org")));
	assert_true(policy_is_routed(STR("\"u@far.example\"@example.org")));
	assert_false(policy_is_routed(STR("u@example.org")));
	assert_false(policy_is_routed(STR("u+tag=x@example.org")));
	assert_false(policy_is_routed(STR("")));
}

/* Who sends what where: every question of the classifier. */
static const struct {
	const char		*client, *user, *recipient, *original;
	enum event_origin	 origin;
	bool			 local_hop;
	enum event_class	 want;
} pairs[] = {
	{ "198.51.100.7", NULL, "bob@example.org", NULL, ORIGIN_CLIENT, true,
	    CLASS_INBOUND },
	{ "198.51.100.7", NULL, "bob@example.org", NULL, ORIGIN_CLIENT, false,
	    CLASS_INBOUND },
	{ "198.51.100.7", NULL, "v@far.example", NULL, ORIGIN_CLIENT, false,
	    CLASS_OPEN_RELAY },
	{ "198.51.100.7", "bob", "v@far.example", NULL, ORIGIN_CLIENT, false,
	    CLASS_AUTHENTICATED_RELAY },
	{ "10.20.0.9", NULL, "v@far.example", NULL, ORIGIN_CLIENT, false,
	    CLASS_AUTHORISED_RELAY },
	{ "198.51.100.7", NULL, "p@backup.example.net", NULL, ORIGIN_CLIENT,
	    false, CLASS_RELAY_DOMAIN },
	{ "198.51.100.7", NULL, "u%far.example@backup.example.net", NULL,
	    ORIGIN_CLIENT, false, CLASS_OPEN_RELAY },
	{ "198.51.100.7", NULL, "x@far.example", "alias@example.org",
	    ORIGIN_CLIENT, false, CLASS_FORWARDED },
	{ "198.51.100.7", NULL, "v@far.example", "v%far.example@example.org",
	    ORIGIN_CLIENT, false, CLASS_OPEN_RELAY },
	{ "198.51.100.7", NULL, "v@far.example", "far.example!v@example.org",
	    ORIGIN_CLIENT, false, CLASS_OPEN_RELAY },
	{ "198.51.100.7", NULL, "v@far.example",
	    "\"v@far.example\"@example.org", ORIGIN_CLIENT, false,
	    CLASS_OPEN_RELAY },
	{ "198.51.100.7", NULL, "v@far.example", "V@Far.Example",
	    ORIGIN_CLIENT, false, CLASS_OPEN_RELAY },
	{ "198.51.100.7", NULL, "v@far.example", "w@other.example",
	    ORIGIN_CLIENT, false, CLASS_OPEN_RELAY },
	{ NULL, NULL, "x@far.example", NULL, ORIGIN_FORWARD, false,
	    CLASS_FORWARDED },
	{ NULL, NULL, "x@far.example", NULL, ORIGIN_BOUNCE, false,
	    CLASS_BOUNCE },
	{ NULL, NULL, "bob@example.org", NULL, ORIGIN_BOUNCE, true,
	    CLASS_BOUNCE },
	{ NULL, NULL, "x@far.example", NULL, ORIGIN_LOCAL, false,
	    CLASS_LOCAL_SUBMISSION },
	{ NULL, NULL, "root", NULL, ORIGIN_LOCAL, true, CLASS_INBOUND },
	{ NULL, NULL, "x@far.example", NULL, ORIGIN_UNKNOWN, false,
	    CLASS_UNKNOWN },
	{ "unknown", NULL, "x@far.example", NULL, ORIGIN_CLIENT, false,
	    CLASS_UNKNOWN },
	{ "198.51.100.7", NULL, "archive@vault.example", NULL, ORIGIN_CLIENT,
	    false, CLASS_FORWARDED },
};

static void
pairs_are_classified(void **state)
{
	struct policy	*p = policy_new(HASH_KEY_FIXED);
	size_t		 i;

	(void)state;
	add(p, POLICY_TRUSTED_NETWORKS, POLICY_CONFIGURED, "10.20.0.0/24");
	add(p, POLICY_LOCAL_DOMAINS, POLICY_CONFIGURED, "example.org");
	add(p, POLICY_RELAY_DOMAINS, POLICY_CONFIGURED, "backup.example.net");
	add(p, POLICY_COPIES, POLICY_CONFIGURED, "archive@vault.example");
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct event		e;
		enum event_class	got;

		event_init(&e);
		e.kind = EVENT_DELIVERY;
		e.status = STATUS_SENT;
		e.origin = pairs[i].origin;
		e.client_address = str_of(pairs[i].client);
		e.sasl_username = str_of(pairs[i].user);
		e.recipient = str_of(pairs[i].recipient);
		e.original_recipient = str_of(pairs[i].original);
		e.local_hop = pairs[i].local_hop;
		got = policy_classify(p, &e);
		if (got != pairs[i].want)
			print_error("%s (%s): got %s, want %s\n",
			    pairs[i].recipient, pairs[i].original == NULL ?
			    "-" : pairs[i].original, event_class_name(got),
			    event_class_name(pairs[i].want));
		assert_int_equal(got, pairs[i].want);
	}
	policy_free(p);
}

static void
beliefs_are_learnt_and_kept(void **state)
{
	struct policy		*p = policy_new(HASH_KEY_FIXED);
	struct policy		*back = policy_new(HASH_KEY_FIXED);
	struct buf		 b = {0};
	struct buf_reader	 r;
	struct event		 e;

	(void)state;
	event_init(&e);
	e.kind = EVENT_DELIVERY;
	e.status = STATUS_SENT;
	e.origin = ORIGIN_CLIENT;
	e.recipient = STR("bob@example.org");
	e.local_hop = true;
	assert_false(policy_is_local(p, STR("example.org")));
	policy_learn(p, &e);
	assert_true(policy_is_local(p, STR("example.org")));
	/* A line that any user could have written teaches nothing. */
	e.recipient = STR("bob@far.example");
	e.provenance = PROVENANCE_LOCAL_USER;
	policy_learn(p, &e);
	assert_false(policy_is_local(p, STR("far.example")));
	add(p, POLICY_TRUSTED_NETWORKS, POLICY_CONFIRMED, "203.0.113.0/24");
	policy_set_version(p, 4);
	policy_pack(p, &b);
	r = (struct buf_reader){ buf_str(&b), false };
	assert_true(policy_unpack(back, &r));
	assert_int_equal(policy_version(back), 4);
	assert_true(policy_is_local(back, STR("example.org")));
	assert_true(trusts(back, "203.0.113.1"));
	buf_done(&b);
	policy_free(p);
	policy_free(back);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(private_networks_are_trusted_until_told),
		cmocka_unit_test(wide_public_networks_are_not_believed),
		cmocka_unit_test(domains_match_whole_or_below),
		cmocka_unit_test(routes_are_told_from_local_parts),
		cmocka_unit_test(pairs_are_classified),
		cmocka_unit_test(beliefs_are_learnt_and_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
