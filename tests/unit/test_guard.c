/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses are inside; that the guard holds is test_deliver's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "weir/guard.h"

static void
inside(void **state)
{
	static const struct {
		const char *ip;
		bool want;
	} cases[] = {
		{ "127.0.0.1", true }, { "10.1.2.3", true },
		{ "172.31.0.1", true }, { "172.32.0.1", false },
		{ "192.168.1.1", true }, { "100.64.0.1", true },
		{ "169.254.169.254", true }, { "0.1.2.3", true },
		{ "192.0.0.8", true }, { "255.255.255.255", true },
		{ "239.1.1.1", true }, { "8.8.8.8", false },
		{ "192.0.2.1", false }, { "::1", true }, { "::", true },
		{ "fc00::1", true }, { "fe80::1", true }, { "ff02::1", true },
		{ "2001:4860::8888", false }, { "64:ff9b::10.0.0.1", true },
		{ "64:ff9b::8.8.8.8", false }, { "64:ff9b:1::8.8.8.8", true },
		{ "::ffff:10.0.0.1", true },
	};
	struct ip ip;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(ip_parse(str_of(cases[i].ip), &ip));
		if (guard_is_inside(&ip) != cases[i].want)
			fail_msg("%s", cases[i].ip);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
