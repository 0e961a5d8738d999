/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/ip.h"

static struct ip
ip_of(const char *text)
{
	struct ip ip;

	if (!ip_parse(str_of(text), &ip))
		fail_msg("'%s' is not taken", text);
	return ip;
}

static struct ip_net
net_of(const char *text)
{
	struct ip_net net;

	if (!ip_net_parse(str_of(text), &net))
		fail_msg("'%s' is not taken", text);
	return net;
}

/* Text, and its canonical form; NULL: refused. */
static const char *const addresses[][2] = {
	{ "192.0.2.1", "192.0.2.1" },
	{ "0.0.0.0", "0.0.0.0" },
	{ "255.255.255.255", "255.255.255.255" },
	{ "::ffff:192.0.2.1", "192.0.2.1" },
	{ "::FFFF:c000:201", "192.0.2.1" },
	{ "IPv6:2001:db8::1", "2001:db8::1" },
	{ "ipv6:::1", "::1" },
	/* RFC 5952, sections 4.1 to 4.3 and 5. */
	{ "2001:0db8::0001", "2001:db8::1" },
	{ "2001:db8:0:0:0:0:2:1", "2001:db8::2:1" },
	{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
	{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
	{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
	{ "2001:DB8::AbCd", "2001:db8::abcd" },
	{ "::", "::" },
	{ "1::", "1::" },
	{ "0:0:0:0:0:0:0:1", "::1" },
	{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
	{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
	{ "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
	{ "1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201" },
	{ "fe80::1%eth0", "fe80::1" },
	{ "", NULL }, { "1", NULL }, { "1.2.3", NULL },
	{ "1.2.3.4.5", NULL }, { "1.2.3.256", NULL },
	{ "01.2.3.4", NULL }, { "1.2.3.04", NULL }, { "1.2.3.", NULL },
	{ "1.2.3.4 ", NULL }, { " 1.2.3.4", NULL }, { "1.2.3.-4", NULL },
	{ "0x1.2.3.4", NULL }, { "1..2.3", NULL },
	{ "99999999999999999999.1.1.1", NULL },
	{ ":", NULL }, { ":::", NULL }, { "1::2::3", NULL },
	{ ":1:2:3:4:5:6:7", NULL }, { "1:2:3:4:5:6:7:", NULL },
	{ "1:2:3:4:5:6:7", NULL }, { "1:2:3:4:5:6:7:8:9", NULL },
	{ "1:2:3:4:5:6:7:8::", NULL }, { "::1:2:3:4:5:6:7:8", NULL },
	{ "1:2:3:4::5:6:7:8", NULL },
	{ "12345::", NULL }, { "g::", NULL }, { "::1.2.3", NULL },
	{ "::1.2.3.4:5", NULL }, { "1:2:3:4:5:6:7:1.2.3.4", NULL },
	{ "[::1]", NULL }, { "::1/128", NULL }, { "unknown", NULL },
	{ "2001:db8::1%eth0", NULL }, { "fe80::1%", NULL },
	{ "fe80::1%a]b", NULL }, { "IPv6:", NULL },
};

static void
there_and_back(void **state)
{
	char out[IP_TEXT_MAX];
	struct ip ip, again;

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		const char *text = addresses[i][0], *want = addresses[i][1];

		if (ip_parse(str_of(text), &ip) != (want != NULL))
			fail_msg("'%s': %s", text,
			    want ? "refused" : "taken");
		if (want == NULL)
			continue;
		assert_string_equal(ip_print(&ip, out).p, want);
		assert_true(ip_parse(str_of(out), &again));
		assert_true(ip_eq(&ip, &again));
	}
}

/* Random texts of the right alphabet: the same verdict as inet_pton. */
static void
against_libc(void **state)
{
	static const char alphabet[] = "0123456789abF::::....";
	uint32_t x = 1;
	int taken = 0;

	(void)state;
	for (int i = 0; i < 300000; i++) {
		char text[24];
		size_t n;
		uint8_t want[16];
		struct ip ip;
		bool ok;

		x = x * 1664525 + 1013904223;
		n = x >> 16 & 15;
		for (size_t j = 0; j < n; j++) {
			x = x * 1664525 + 1013904223;
			text[j] = alphabet[(x >> 16) % (sizeof(alphabet) - 1)];
		}
		text[n] = '\0';
		ok = inet_pton(AF_INET6, text, want) == 1;
		if (!ok && inet_pton(AF_INET, text, want + 12) == 1) {
			memset(want, 0, 10);
			memset(want + 10, 0xff, 2);
			ok = true;
		}
		if (ip_parse(str_of(text), &ip) != ok)
			fail_msg("'%s' should be %s", text,
			    ok ? "taken" : "refused");
		if (ok)
			assert_memory_equal(ip.b, want, 16);
		taken += ok;
	}
	assert_true(taken > 50);
}

static void
kinds(void **state)
{
	static const char *const private[] = { "10.0.0.1", "172.16.0.1",
		"172.31.255.255", "192.168.1.1", "100.64.0.1",
		"100.127.255.255", "169.254.1.1", "fd00::1", "fc00::1",
		"fe80::1", "febf::1" };
	static const char *const public[] = { "172.32.0.1", "172.15.0.1",
		"192.169.0.1", "100.128.0.1", "100.63.0.1", "169.253.0.1",
		"11.0.0.1", "2001:db8::1", "fec0::1", "127.0.0.1", "::1" };
	struct ip ip;

	(void)state;
	for (size_t i = 0; i < sizeof(private) / sizeof(*private); i++) {
		ip = ip_of(private[i]);
		assert_true(ip_is_private(&ip));
		assert_false(ip_is_loopback(&ip));
	}
	for (size_t i = 0; i < sizeof(public) / sizeof(*public); i++) {
		ip = ip_of(public[i]);
		if (ip_is_private(&ip))
			fail_msg("%s is not private", public[i]);
	}
	ip = ip_of("127.255.0.1");
	assert_true(ip_is_loopback(&ip) && ip_is_v4(&ip));
	ip = ip_of("::1");
	assert_true(ip_is_loopback(&ip) && !ip_is_v4(&ip));
	ip = ip_of("::2");
	assert_false(ip_is_loopback(&ip));
}

static const char *const nets[][2] = {
	{ "10.1.2.3/8", "10.0.0.0/8" },
	{ "192.0.2.7", "192.0.2.7/32" },
	{ "192.0.2.7/32", "192.0.2.7/32" },
	{ "0.0.0.0/0", "0.0.0.0/0" },
	{ "192.0.2.255/25", "192.0.2.128/25" },
	{ "[::1]/128", "::1/128" },
	{ "[2001:db8::]/32", "2001:db8::/32" },
	{ "2001:db8:1:2:3::/64", "2001:db8:1:2::/64" },
	{ "::/0", "::/0" },
	{ "[fe80::1%lo]", "fe80::1/128" },
	{ "::ffff:192.0.2.9/120", "192.0.2.0/24" },
	{ "10.0.0.0/33", NULL }, { "::/129", NULL }, { "10.0.0.0/", NULL },
	{ "10.0.0.0/08", NULL }, { "10.0.0.0/-1", NULL }, { "/8", NULL },
	{ "10/8", NULL }, { "10.0.0.0/8 ", NULL }, { "[]", NULL },
	{ "[::1/128", NULL }, { "", NULL }, { "10.0.0.0/8x", NULL },
	{ "10.0.0.0/255.0.0.0", NULL },
};

static void
networks(void **state)
{
	char out[IP_TEXT_MAX];
	struct ip_net net;

	(void)state;
	for (size_t i = 0; i < sizeof(nets) / sizeof(*nets); i++) {
		const char *text = nets[i][0], *want = nets[i][1];

		if (ip_net_parse(str_of(text), &net) != (want != NULL))
			fail_msg("'%s': %s", text,
			    want ? "refused" : "taken");
		if (want != NULL)
			assert_string_equal(ip_net_print(&net, out).p, want);
	}
}

static const struct {
	const char	*net, *ip;
	bool		 want;
} members[] = {
	{ "10.0.0.0/8", "10.255.255.255", true },
	{ "10.0.0.0/8", "11.0.0.0", false },
	{ "0.0.0.0/0", "192.0.2.1", true },
	{ "0.0.0.0/0", "2001:db8::1", false },
	{ "::/0", "2001:db8::1", true },
	{ "::/0", "192.0.2.1", false },
	{ "192.0.2.128/25", "192.0.2.127", false },
	{ "192.0.2.128/25", "192.0.2.128", true },
	{ "2001:db8::/33", "2001:db8:7fff::", true },
	{ "2001:db8::/33", "2001:db8:8000::", false },
	{ "192.0.2.1/32", "::ffff:192.0.2.1", true },
};

static void
membership(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		struct ip_net net = net_of(members[i].net);
		struct ip ip = ip_of(members[i].ip);

		if (ip_net_has(&net, &ip) != members[i].want)
			fail_msg("%s in %s", members[i].ip, members[i].net);
	}
}

static void
ranges(void **state)
{
	struct ip_net net = net_of("192.0.2.64/26"), other;
	struct ip first, last, ip = ip_of("192.0.2.77");
	char out[IP_TEXT_MAX];

	(void)state;
	ip_net_range(&net, &first, &last);
	assert_string_equal(ip_print(&first, out).p, "192.0.2.64");
	assert_string_equal(ip_print(&last, out).p, "192.0.2.127");
	other = ip_net_of(&ip, 26, 64);
	assert_true(ip_net_eq(&net, &other));
	other = ip_net_of(&ip, 27, 64);
	assert_false(ip_net_eq(&net, &other));
	ip = ip_of("2001:db8:1:2:3:4:5:6");
	other = ip_net_of(&ip, 24, 64);
	assert_string_equal(ip_net_print(&other, out).p, "2001:db8:1:2::/64");
	ip_net_range(&other, &first, &last);
	assert_string_equal(ip_print(&last, out).p,
	    "2001:db8:1:2:ffff:ffff:ffff:ffff");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(against_libc),
		cmocka_unit_test(kinds),
		cmocka_unit_test(networks),
		cmocka_unit_test(membership),
		cmocka_unit_test(ranges),
	};

	return cmocka_run_group_tests_name("ip", tests, NULL, NULL);
}
