/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses and networks.  IPv4 is kept as IPv4-mapped IPv6 (RFC 4291,
 * section 2.5.5.2), so that one order and one prefix length serve both.
 */
#ifndef WEIR_IP_H
#define WEIR_IP_H

#include <stdint.h>

#include "weir/str.h"

#define IP_TEXT_MAX	56	/* an address with "/128" and NUL */

struct ip {
	uint8_t	b[16];
};

struct ip_net {
	struct ip	addr;	/* host bits are zero */
	uint8_t		bits;	/* 0 to 128; an IPv4 /24 is 120 */
};

/* "192.0.2.1", "2001:db8::1", "IPv6:2001:db8::1", "::ffff:192.0.2.1". */
bool	ip_parse(struct str s, struct ip *ret);
/* Canonical text (RFC 5952; IPv4 dotted). */
struct str	ip_print(const struct ip *ip, char out[IP_TEXT_MAX]);
bool	ip_eq(const struct ip *a, const struct ip *b);
bool	ip_is_v4(const struct ip *ip);
bool	ip_is_loopback(const struct ip *ip);
/* RFC 1918, RFC 6598, RFC 4193, link-local; loopback is not private. */
bool	ip_is_private(const struct ip *ip);

/* "10.0.0.0/8", "[::1]/128", "192.0.2.7"; host bits are cleared. */
bool	ip_net_parse(struct str s, struct ip_net *ret);
bool	ip_net_has(const struct ip_net *net, const struct ip *ip);
bool	ip_net_eq(const struct ip_net *a, const struct ip_net *b);
/* The network of an address: v4_bits (of 32) or v6_bits (of 128). */
struct ip_net	ip_net_of(const struct ip *ip, int v4_bits, int v6_bits);
/* Always with its length: "192.0.2.0/24". */
struct str	ip_net_print(const struct ip_net *net, char out[IP_TEXT_MAX]);
/* First and last address. */
void	ip_net_range(const struct ip_net *net, struct ip *ret_first,
	    struct ip *ret_last);

#endif
