/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/str.h"

#define assert_str(got, want) do {					\
	struct str g_ = (got), w_ = (want);				\
									\
	if (!str_eq(g_, w_) || str_known(g_) != str_known(w_))		\
		fail_msg("got '%.*s', want '%.*s'", STRF(g_), STRF(w_)); \
} while (0)

static void
parts(void **state)
{
	struct str s = STR("queue");

	(void)state;
	assert_str(str_head(s, 2), STR("qu"));
	assert_str(str_head(s, 99), STR("queue"));
	assert_str(str_head(s, STR_NPOS), STR("queue"));
	assert_str(str_tail(s, 2), STR("eue"));
	assert_str(str_tail(s, 5), STR(""));
	assert_str(str_tail(s, STR_NPOS), STR(""));
	assert_str(str_tail(STR_NONE, 3), STR_NONE);
	assert_str(str_head(STR_NONE, 3), STR_NONE);
	assert_str(str_of(NULL), STR_NONE);
	assert_str(str_of(""), STR(""));
	assert_true(str_eq(STR_NONE, STR("")));
	assert_true(str_starts(s, STR("qu")) && str_starts(s, STR("")));
	assert_false(str_starts(s, STR("queues")));
	assert_true(str_ends(s, STR("ue")) && str_ends(s, s));
	assert_false(str_ends(s, STR("uf")));
	assert_true(str_starts(STR_NONE, STR("")));
}

static void
order(void **state)
{
	(void)state;
	assert_true(str_cmp(STR("a"), STR("b")) < 0);
	assert_true(str_cmp(STR("b"), STR("a")) > 0);
	assert_true(str_cmp(STR("a"), STR("ab")) < 0);
	assert_true(str_cmp(STR("\xff"), STR("a")) > 0);
	assert_int_equal(str_cmp(STR(""), STR_NONE), 0);
	assert_true(str_eq_nocase(STR("Example.ORG"), STR("eXAMPLE.org")));
	assert_false(str_eq_nocase(STR("a"), STR("ab")));
	/* Only letters have a case: '@' and '`' differ by the same bit. */
	assert_false(str_eq_nocase(STR("@"), STR("`")));
	assert_false(str_eq_nocase(STR("\xc4"), STR("\xe4")));
}

static void
searching(void **state)
{
	struct str s = STR("a=b, a=c\0a=");

	(void)state;
	assert_int_equal(str_find(s, STR("a=")), 0);
	assert_int_equal(str_find(s, STR("a=c")), 5);
	assert_int_equal(str_find(s, STR("x")), STR_NPOS);
	assert_int_equal(str_find(s, STR("")), 0);
	assert_int_equal(str_rfind(s, STR("a=")), 9);
	assert_int_equal(str_rfind(s, STR("a=b")), 0);
	assert_int_equal(str_rfind(s, STR("a=d")), STR_NPOS);
	assert_int_equal(str_rfind(s, STR("")), s.n);
	assert_int_equal(str_find(STR("a"), STR("ab")), STR_NPOS);
	assert_int_equal(str_rfind(STR("a"), STR("ab")), STR_NPOS);
	assert_int_equal(str_find(STR_NONE, STR("a")), STR_NPOS);
	assert_int_equal(str_find_char(s, 'b'), 2);
	assert_int_equal(str_rfind_char(s, 'a'), 9);
	assert_int_equal(str_find_char(s, 'z'), STR_NPOS);
	assert_int_equal(str_find_char(STR_NONE, 'z'), STR_NPOS);
	assert_int_equal(str_rfind_char(STR_NONE, 'z'), STR_NPOS);
}

static void
cutting(void **state)
{
	struct str rest = STR("a,,b,"), head;

	(void)state;
	assert_true(str_cut(&rest, ',', &head));
	assert_str(head, STR("a"));
	assert_true(str_cut(&rest, ',', &head));
	assert_str(head, STR(""));
	assert_true(str_cut(&rest, ',', &head));
	assert_str(head, STR("b"));
	assert_false(str_cut(&rest, ',', &head));
	rest = STR("whole");
	assert_true(str_cut(&rest, ',', &head));
	assert_str(head, STR("whole"));
	assert_str(rest, STR(""));
	rest = STR_NONE;
	assert_false(str_cut(&rest, ',', &head));
	assert_str(str_trim(STR(" \t a b\r\n")), STR("a b"));
	assert_str(str_trim(STR(" \n")), STR(""));
	assert_str(str_trim(STR_NONE), STR_NONE);
}

static void
numbers(void **state)
{
	static const struct {
		struct str	text;
		bool		ok;
		int64_t		want;
	} cases[] = {
		{ STR("0"), true, 0 }, { STR("-0"), true, 0 },
		{ STR("42"), true, 42 }, { STR("-42"), true, -42 },
		{ STR("9223372036854775807"), true, INT64_MAX },
		{ STR("-9223372036854775808"), true, INT64_MIN },
		{ STR("9223372036854775808"), false, 0 },
		{ STR("-9223372036854775809"), false, 0 },
		{ STR(""), false, 0 }, { STR("-"), false, 0 },
		{ STR("+1"), false, 0 }, { STR(" 1"), false, 0 },
		{ STR("1x"), false, 0 }, { STR("--1"), false, 0 },
	};
	uint64_t u = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int64_t got = 7;

		if (str_to_i64(cases[i].text, &got) != cases[i].ok ||
		    got != (cases[i].ok ? cases[i].want : 7))
			fail_msg("'%.*s' gave %jd", STRF(cases[i].text),
			    (intmax_t)got);
	}
	assert_true(str_to_u64(STR("18446744073709551615"), &u));
	assert_true(u == UINT64_MAX);
	assert_false(str_to_u64(STR("18446744073709551616"), &u));
	assert_false(str_to_u64(STR("99999999999999999999"), &u));
	assert_false(str_to_u64(STR("-1"), &u));
	assert_false(str_to_u64(STR_NONE, &u));
	assert_true(u == UINT64_MAX);
}

static void
copies(void **state)
{
	char small[4] = "zzz", *c;

	(void)state;
	str_copy(STR("abcdef"), small, sizeof(small));
	assert_string_equal(small, "abc");
	str_copy(STR_NONE, small, sizeof(small));
	assert_string_equal(small, "");
	c = str_dup(str_head(STR("abcdef"), 2));
	assert_string_equal(c, "ab");
	free(c);
	c = str_dup(STR_NONE);
	assert_string_equal(c, "");
	free(c);
}

static void
domains(void **state)
{
	(void)state;
	assert_str(str_domain(STR("a@example.org")), STR("example.org"));
	assert_str(str_domain(STR("\"a@b\"@c.example")), STR("c.example"));
	assert_str(str_domain(STR("a@")), STR(""));
	assert_str(str_domain(STR("root")), STR_NONE);
	assert_str(str_domain(STR("")), STR_NONE);
	assert_str(str_domain(STR_NONE), STR_NONE);
}

static void
names_have_an_index(void **state)
{
	static const char *const names[] = { "one", "two" };

	(void)state;
	assert_int_equal(str_name_index(names, 2, STR("two")), 1);
	assert_int_equal(str_name_index(names, 2, STR("tw")), 2);
	assert_int_equal(str_name_index(names, 2, STR_NONE), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_have_an_index),
		cmocka_unit_test(parts),
		cmocka_unit_test(order),
		cmocka_unit_test(searching),
		cmocka_unit_test(cutting),
		cmocka_unit_test(numbers),
		cmocka_unit_test(copies),
		cmocka_unit_test(domains),
	};

	return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
