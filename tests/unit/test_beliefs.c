/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon_util.h"

#include "weir/beliefs.h"

/* An MTA that says what the test wants. */
static const char *found_network;

static int
find(void *ctx, void (*tell)(void *, enum policy_key, struct str),
    void *tell_ctx, struct error *err)
{
	(void)ctx;
	if (found_network == NULL)
		return error_set(err, "no mail server");
	tell(tell_ctx, POLICY_TRUSTED_NETWORKS, str_of(found_network));
	tell(tell_ctx, POLICY_RELAY_DOMAINS, STR_NONE);
	return 0;
}

static const struct beliefs_finder finder = { NULL, find };

static struct policy *
load(struct place *at, const struct beliefs_finder *f,
    const struct config *c, struct buf *doubts)
{
	struct beliefs_options	 o = { .config = c, .finder = f, .now = 1 };
	struct error		 err = { "" };
	struct policy		*p;

	pipeline_begin(at->p);
	p = beliefs_load(pipeline_store(at->p), &o, doubts, &err);
	if (p == NULL)
		fail_msg("%s", err.text);
	return p;
}

static bool
trusts(const struct policy *p, const char *address)
{
	struct ip	ip;

	assert_true(ip_parse(str_of(address), &ip));
	return policy_trusts(p, &ip);
}

static void
test_versions(void **state)
{
	struct place	 at;
	struct policy	*p;
	int64_t		 first;

	(void)state;
	place_init(&at, POLICY);
	place_open(&at);
	first = policy_version(pipeline_policy(at.p));
	p = load(&at, NULL, at.config, NULL);
	assert_int_equal(policy_version(p), first);
	assert_true(policy_is_local(p, STR("example.org")));
	assert_int_equal(policy_governs(p, POLICY_LOCAL_DOMAINS),
	    POLICY_CONFIGURED);
	/* What the operator confirms is a new version, and stays. */
	assert_int_equal(policy_add(p, POLICY_TRUSTED_NETWORKS,
	    POLICY_CONFIRMED, STR("192.0.2.0/24"), NULL), 1);
	assert_int_equal(beliefs_changed(pipeline_store(at.p), p, 2, NULL), 0);
	assert_int_equal(policy_version(p), first + 1);
	policy_free(p);
	p = load(&at, NULL, at.config, NULL);
	assert_int_equal(policy_version(p), first + 1);
	assert_true(trusts(p, "192.0.2.9"));
	/* Mere learning is no new version. */
	assert_int_equal(policy_add(p, POLICY_COPIES, POLICY_LEARNT,
	    STR("archive@example.org"), NULL), 1);
	assert_int_equal(beliefs_keep(pipeline_store(at.p), p, NULL), 0);
	policy_free(p);
	p = load(&at, NULL, at.config, NULL);
	assert_int_equal(policy_version(p), first + 1);
	assert_true(policy_is_copy(p, STR("archive@example.org")));
	policy_free(p);
	place_done(&at);
}

static void
test_found(void **state)
{
	struct buf	 doubts = { 0 };
	struct place	 at;
	struct policy	*p;
	int64_t		 first;

	(void)state;
	place_init(&at, "");
	place_open(&at);
	first = policy_version(pipeline_policy(at.p));
	found_network = "10.1.0.0/16";
	p = load(&at, &finder, at.config, &doubts);
	assert_int_equal(policy_version(p), first + 1);
	assert_true(trusts(p, "10.1.2.3"));
	assert_false(trusts(p, "10.2.2.3"));
	/* It lists no relay domain, and that is the truth. */
	assert_int_equal(policy_governs(p, POLICY_RELAY_DOMAINS),
	    POLICY_FOUND);
	assert_int_equal(doubts.n, 0);
	policy_free(p);
	/* It does not answer, or is not asked: as it was. */
	found_network = NULL;
	p = load(&at, &finder, at.config, &doubts);
	assert_int_equal(policy_version(p), first + 1);
	assert_false(trusts(p, "10.2.2.3"));
	policy_free(p);
	p = load(&at, NULL, at.config, &doubts);
	assert_int_equal(policy_version(p), first + 1);
	assert_true(trusts(p, "10.1.2.3"));
	policy_free(p);
	/* A wide public network is a doubt, not a belief. */
	found_network = "0.0.0.0/0";
	p = load(&at, &finder, at.config, &doubts);
	assert_false(trusts(p, "192.0.2.1"));
	assert_non_null(strstr(buf_cstr(&doubts), "0.0.0.0/0"));
	policy_free(p);
	buf_done(&doubts);
	place_done(&at);
}

static void
test_no_configuration_keeps(void **state)
{
	struct place	 at;
	struct policy	*p;

	(void)state;
	place_init(&at, POLICY);
	place_open(&at);
	p = load(&at, NULL, NULL, NULL);
	assert_true(policy_is_local(p, STR("example.org")));
	assert_int_equal(policy_version(p),
	    policy_version(pipeline_policy(at.p)));
	policy_free(p);
	place_done(&at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_no_configuration_keeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
