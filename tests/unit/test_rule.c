/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/mem.h"
#include "weir/rule.h"

/* One rule and what it makes of a text: fields in the order of the enum. */
static const struct {
	const char	*pattern, *text, *want;
} cases[] = {
	{ "removed", "removed", "" },
	{ "removed", "removed ", NULL },
	{ "removed", "remove", NULL },
	{ "removed", "", NULL },
	/* queue ids: short, long; what is none */
	{ QID ": removed", "0B5D8: removed", "queue_id=0B5D8" },
	{ QID ": removed", "0B5D: removed", NULL },
	{ QID ": removed", "ABCDEF: removed", "queue_id=ABCDEF" },
	{ QID ": removed", "abcdef: removed", NULL },
	{ QID ": removed", "4YqJ3k0Bhjz7sXv: removed",
	    "queue_id=4YqJ3k0Bhjz7sXv" },
	{ QID ": removed", "4YqJ3k0Bh: removed", NULL },
	{ QID ": removed", "zYqJ3k0Bhjz7sXv: removed", NULL },
	{ QID ": removed", "4YqJ3k0Bhiz7sXv: removed", NULL },
	{ QID ": removed", "NOQUEUE: removed", NULL },
	{ ANY_QID ": x", "NOQUEUE: x", "" },
	{ ANY_QID ": x", "0B5D8: x", "queue_id=0B5D8" },
	/* hosts */
	{ CLIENT, "a.example[192.0.2.1]",
	    "client_name=a.example client_address=192.0.2.1" },
	{ CLIENT, "a.example[192.0.2.1]:25",
	    "client_name=a.example client_address=192.0.2.1 client_port=25" },
	{ CLIENT, "[2001:db8::1]:25",
	    "client_address=2001:db8::1 client_port=25" },
	{ CLIENT ": x", "unknown[unknown]: x", "client_name=unknown" },
	{ CLIENT ": x", "a[192.0.2.1]:unknown: x",
	    "client_name=a client_address=192.0.2.1" },
	{ CLIENT ";", "local;", "" },
	{ CLIENT, "localhost", NULL },
	{ CLIENT, "a b[192.0.2.1]", NULL },
	{ CLIENT, "a[192.0.2.1", NULL },
	{ CLIENT, "a[192 0 2 1]", NULL },
	{ ORIG_CLIENT, "a[192.0.2.1]:25",
	    "orig_client_name=a orig_client_address=192.0.2.1" },
	/* addresses */
	{ SENDER, "<>", "sender=" },
	{ SENDER, "<a@example.org>", "sender=a@example.org" },
	{ SENDER " x", "a@example.org x", "sender=a@example.org" },
	{ SENDER ", x", "<\"a>, x\"@example.org>, x",
	    "sender=\"a>, x\"@example.org" },
	{ SENDER ", x", "<\"a\\\">, x\"@example.org>, x",
	    "sender=\"a\\\">, x\"@example.org" },
	{ SENDER ", x", "<a b@example.org>, x", "sender=a b@example.org" },
	{ SENDER ", x", "<a b@example.org", NULL },
	{ "from=" SENDER, "from=", NULL },
	/* out of quoted form: known as long as nothing hostile follows */
	{ SENDER ", " PAIRS, "<a\">, size=1>, size=2",
	    "sender=a\">, size=1 size=2" },
	{ SENDER " (" REPLY ")", "<a\"> (x> (y)", "ambiguous" },
	{ SENDER " " RECIPIENT, "<a\"b> <c>", "ambiguous" },
	{ SENDER " " RECIPIENT, "<a> <b\"c>", "sender=a recipient=b\"c" },
	{ HELO, "<[192.0.2.1]>", "helo_name=[192.0.2.1]" },
	{ HELO, "", NULL },
	{ "x" HELO, "x", "" },
	{ HELO, "<a<b>", NULL },
	/* pairs */
	{ PAIRS " x", "size=1, nrcpt=2 x", "size=1 recipient_count=2" },
	{ PAIRS "status=" STATUS, "dsn=2.0.0, new=7, status=sent",
	    "status=sent dsn=2.0.0" },
	{ PAIRS, "delay=1 dsn=2.0.0", "delay=1 dsn=2.0.0" },
	{ PAIRS, "delay=1, no pair", NULL },
	{ PAIRS, "delay=1, ds", "delay=1" },
	/* spans */
	{ UID, "110", "local_user=110" },
	{ UID, "11a", NULL },
	{ METHOD " x", "CRAM-MD5 x", "sasl_method=CRAM-MD5" },
	{ ADDRESS ": x", "192.0.2.1: x", "client_address=192.0.2.1" },
	{ ADDRESS, "2001:db8::1", "client_address=2001:db8::1" },
	{ FUNCTION ": x", "dict_ldap2_open: x", "" },
	{ FUNCTION ": x", "dict: x", NULL },
	{ FUNCTION ": x", "12345: x", NULL },
	{ FUNCTION ": x", "Dict_open: x", NULL },
	/* free text: first, last, and back again */
	{ REASON ", u=" USERNAME, "r, u=a, u=b",
	    "sasl_username=a, u=b reason=r" },
	{ REPLY ";" OPT(" from=" SENDER), "a; b; from=<c>",
	    "sender=c reply=a; b" },
	{ REPLY ";" OPT(" from=" SENDER), "a; b; from=<c> d", NULL },
	{ REPLY ";" OPT(" from=" SENDER), "a; from=<\"b; from=<c>\"@d>",
	    "sender=\"b; from=<c>\"@d reply=a" },
	{ ANY " from " CLIENT, "x from y from z[192.0.2.1]",
	    "client_name=z client_address=192.0.2.1" },
	{ STAGE " from " CLIENT, "A<B from z[192.0.2.1]", NULL },
	{ OPT(WORD " ") "x" OPT(": " REMARK), "a x: b", "reason=b" },
	{ OPT(WORD " ") "x" OPT(": " REMARK), "x", "" },
	{ OPT(WORD " ") "x" OPT(": " REMARK), "x: <b>", NULL },
};

static void
print(const struct line *l, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	if (l->ambiguous)
		n += (size_t)snprintf(out, size, "ambiguous");
	for (enum field f = 0; f < FIELD_COUNT; f++)
		if (str_known(l->f[f]))
			n += (size_t)snprintf(out + n, size - n, "%s%s=%.*s",
			    n > 0 ? " " : "", line_field_name(f),
			    STRF(l->f[f]));
}

static void
matching(void **state)
{
	char got[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct rule rules[] = {
			{ cases[i].pattern, LINE_QUEUED, false },
			{ NULL, LINE_UNKNOWN, false }
		};
		struct line l = { 0 }, none = { 0 };
		bool read = rule_parse(rules, str_of(cases[i].text), &l);

		print(&l, got, sizeof(got));
		if (read != (cases[i].want != NULL) ||
		    (read && strcmp(got, cases[i].want) != 0))
			fail_msg("case %zu '%s': got %s'%s', want '%s'", i,
			    cases[i].text, read ? "" : "nothing of ", got,
			    cases[i].want == NULL ? "nothing" :
			    cases[i].want);
		if (read)
			assert_ptr_equal(l.rule, &rules[0]);
		else
			assert_memory_equal(&l, &none, sizeof(l));
	}
}

static void
first_wins(void **state)
{
	static const struct rule rules[] = {
		{ "a" ANY, LINE_CONNECT, true },
		{ "ab", LINE_QUEUED, false },
		{ QID ": b", LINE_REMOVED, false },
		{ NULL, LINE_UNKNOWN, false }
	};
	struct line l = { 0 };

	(void)state;
	assert_true(rule_parse(rules, STR("ab"), &l));
	assert_int_equal(l.kind, LINE_CONNECT);
	assert_true(l.ambiguous);
	assert_ptr_equal(l.rule, &rules[0]);
	l = (struct line){ 0 };
	assert_true(rule_parse(rules, STR("ABCDE: b"), &l));
	assert_int_equal(l.kind, LINE_REMOVED);
	assert_false(l.ambiguous);
}

/*
 * A line made to be tried at every place: the count of places is bounded, so
 * that this ends at once; nobody can hide the client by it.
 */
static void
many_places(void **state)
{
	static const struct rule rules[] = {
		{ CLIENT ": " REPLY "; from=" SENDER " x", LINE_REJECT,
		    false },
		{ CLIENT ": " REPLY, LINE_REJECT, false },
		{ NULL, LINE_UNKNOWN, false }
	};
	const size_t n = 1 << 20;
	struct str head = STR("a[192.0.2.1]: ");
	struct str part = STR("; from=<\"");
	char *text = xmalloc(n);
	struct line l = { 0 };

	(void)state;
	for (size_t i = 0; i < n; i++)
		text[i] = i < head.n ? head.p[i] :
		    part.p[(i - head.n) % part.n];
	assert_true(rule_parse(rules, (struct str){ text, n }, &l));
	assert_true(str_eq(l.f[FIELD_CLIENT_ADDRESS], STR("192.0.2.1")));
	assert_false(str_known(l.f[FIELD_SENDER]));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matching),
		cmocka_unit_test(first_wins),
		cmocka_unit_test(many_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
