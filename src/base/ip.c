/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses: reading is strict (four decimal parts without leading zeros; RFC
 * 4291, section 2.2), writing is RFC 5952.  A link-local address may carry a
 * zone ("fe80::1%eth0"), which is not kept.
 */
#include "weir/ip.h"

static const uint8_t v4_prefix[12] = { [10] = 0xff, [11] = 0xff };
static const struct ip ip_loopback_v6 = { { [15] = 1 } };

/* One decimal part of at most `max`; the digits read go off *s. */
static bool
take_decimal(struct str *s, unsigned max, unsigned *ret)
{
	unsigned v = 0;
	size_t n = 0;

	for (; n < s->n && s->p[n] >= '0' && s->p[n] <= '9'; n++) {
		v = v * 10 + (unsigned)(s->p[n] - '0');
		if (v > max || (n > 0 && s->p[0] == '0'))
			return false;
	}
	*s = str_tail(*s, n);
	*ret = v;
	return n > 0;
}

static bool
parse_v4(struct str s, uint8_t ret[4])
{
	unsigned v;

	for (int i = 0; i < 4; i++) {
		if (i > 0) {
			if (s.n == 0 || s.p[0] != '.')
				return false;
			s = str_tail(s, 1);
		}
		if (!take_decimal(&s, 255, &v))
			return false;
		ret[i] = (uint8_t)v;
	}
	return s.n == 0;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* One to four digits; their count, or 0. */
static size_t
hex_group(struct str s, unsigned *ret)
{
	unsigned v = 0;
	size_t n = 0;

	for (; n < s.n && hex_digit(s.p[n]) >= 0; n++) {
		if (n == 4)
			return 0;
		v = v << 4 | (unsigned)hex_digit(s.p[n]);
	}
	*ret = v;
	return n;
}

/*
 * Groups up to the end or to "::".  Writes 2 bytes a group and moves *s behind
 * what it took.  -1: malformed, or more than `room` bytes.
 */
static int
parse_groups(struct str *s, uint8_t *ret, size_t room)
{
	size_t used = 0, n;
	unsigned v;

	if (s->n == 0 || str_starts(*s, STR("::")))
		return 0;
	for (;;) {
		n = hex_group(*s, &v);
		if (n < s->n && s->p[n] == '.') {
			if (used + 4 > room || !parse_v4(*s, ret + used))
				return -1;
			*s = str_tail(*s, s->n);
			return (int)used + 4;
		}
		if (n == 0 || used + 2 > room)
			return -1;
		ret[used++] = (uint8_t)(v >> 8);
		ret[used++] = (uint8_t)v;
		*s = str_tail(*s, n);
		if (s->n == 0 || str_starts(*s, STR("::")))
			return (int)used;
		if (s->p[0] != ':')
			return -1;
		*s = str_tail(*s, 1);
	}
}

static bool
parse_v6(struct str s, uint8_t ret[16])
{
	uint8_t head[16] = { 0 }, tail[16] = { 0 };
	int nhead, ntail;

	nhead = parse_groups(&s, head, sizeof(head));
	if (nhead < 0)
		return false;
	if (s.n == 0) {
		memcpy(ret, head, 16);
		return nhead == 16;
	}
	s = str_tail(s, 2);
	/* "::" stands for at least one group. */
	if (nhead > 14)
		return false;
	ntail = parse_groups(&s, tail, (size_t)(14 - nhead));
	if (ntail < 0 || s.n != 0)
		return false;
	memcpy(ret, head, 16);
	memcpy(ret + 16 - ntail, tail, (size_t)ntail);
	return true;
}

static bool
is_zone(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == ']')
			return false;
	return s.n > 0 && s.n < 16;
}

bool
ip_parse(struct str s, struct ip *ret)
{
	struct ip ip = { { 0 } };
	size_t zone;

	if (s.n >= 5 && s.p[4] == ':' &&
	    str_eq_nocase(str_head(s, 5), STR("IPv6:")))
		s = str_tail(s, 5);
	if (str_find_char(str_head(s, 5), ':') == STR_NPOS) {
		memcpy(ip.b, v4_prefix, sizeof(v4_prefix));
		if (!parse_v4(s, ip.b + 12))
			return false;
	} else {
		zone = str_find_char(s, '%');
		if (!parse_v6(str_head(s, zone), ip.b))
			return false;
		if (zone != STR_NPOS && (ip.b[0] != 0xfe ||
		    (ip.b[1] & 0xc0) != 0x80 ||
		    !is_zone(str_tail(s, zone + 1))))
			return false;
	}
	*ret = ip;
	return true;
}

/* The longest run of two or more zero groups; RFC 5952, section 4.2. */
static int
longest_zeros(const uint8_t b[16], int *ret_n)
{
	int best = -1, best_n = 1, run = 0;

	for (int i = 0; i < 8; i++) {
		run = b[2 * i] == 0 && b[2 * i + 1] == 0 ? run + 1 : 0;
		if (run > best_n) {
			best_n = run;
			best = i - run + 1;
		}
	}
	*ret_n = best_n;
	return best;
}

static size_t
put_decimal(char *out, unsigned v)
{
	size_t n = 0;

	if (v >= 100)
		out[n++] = (char)('0' + v / 100);
	if (v >= 10)
		out[n++] = (char)('0' + v / 10 % 10);
	out[n++] = (char)('0' + v % 10);
	return n;
}

static size_t
put_group(char *out, unsigned v)
{
	size_t n = 0;

	for (int shift = 12; shift >= 0; shift -= 4)
		if (n > 0 || shift == 0 || v >> shift != 0)
			out[n++] = "0123456789abcdef"[v >> shift & 15];
	return n;
}

struct str
ip_print(const struct ip *ip, char out[IP_TEXT_MAX])
{
	int zeros, nzeros;
	size_t n = 0;

	if (ip_is_v4(ip)) {
		for (int i = 12; i < 16; i++) {
			if (i > 12)
				out[n++] = '.';
			n += put_decimal(out + n, ip->b[i]);
		}
		out[n] = '\0';
		return (struct str){ out, n };
	}
	zeros = longest_zeros(ip->b, &nzeros);
	for (int i = 0; i < 8; i++) {
		if (i == zeros) {
			out[n++] = ':';
			out[n++] = ':';
			i += nzeros - 1;
			continue;
		}
		if (i > 0 && out[n - 1] != ':')
			out[n++] = ':';
		n += put_group(out + n,
		    (unsigned)ip->b[2 * i] << 8 | ip->b[2 * i + 1]);
	}
	out[n] = '\0';
	return (struct str){ out, n };
}

bool
ip_eq(const struct ip *a, const struct ip *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool
ip_is_v4(const struct ip *ip)
{
	return memcmp(ip->b, v4_prefix, sizeof(v4_prefix)) == 0;
}

bool
ip_is_loopback(const struct ip *ip)
{
	return ip_is_v4(ip) ? ip->b[12] == 127 : ip_eq(ip, &ip_loopback_v6);
}

bool
ip_is_private(const struct ip *ip)
{
	const uint8_t *b = ip->b;

	if (!ip_is_v4(ip))
		return (b[0] & 0xfe) == 0xfc ||
		    (b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
	return b[12] == 10 || (b[12] == 172 && (b[13] & 0xf0) == 16) ||
	    (b[12] == 192 && b[13] == 168) ||
	    (b[12] == 100 && (b[13] & 0xc0) == 64) ||
	    (b[12] == 169 && b[13] == 254);
}

/* The bits of byte i that belong to a prefix. */
static uint8_t
mask_byte(int bits, int i)
{
	int n = bits - 8 * i;

	if (n >= 8)
		return 0xff;
	return n <= 0 ? 0 : (uint8_t)(0xff << (8 - n));
}

static struct ip_net
net_make(const struct ip *ip, int bits)
{
	struct ip_net net = { .bits = (uint8_t)bits };

	for (int i = 0; i < 16; i++)
		net.addr.b[i] = ip->b[i] & mask_byte(bits, i);
	return net;
}

bool
ip_net_parse(struct str s, struct ip_net *ret)
{
	size_t slash = str_rfind_char(s, '/');
	struct str addr = str_head(s, slash), rest;
	unsigned bits = 128;
	struct ip ip;
	bool dotted;

	if (addr.n > 2 && addr.p[0] == '[' && addr.p[addr.n - 1] == ']')
		addr = (struct str){ addr.p + 1, addr.n - 2 };
	if (!ip_parse(addr, &ip))
		return false;
	dotted = str_find_char(addr, ':') == STR_NPOS;
	if (slash != STR_NPOS) {
		rest = str_tail(s, slash + 1);
		if (!take_decimal(&rest, dotted ? 32 : 128, &bits) ||
		    rest.n != 0)
			return false;
		if (dotted)
			bits += 96;
	}
	*ret = net_make(&ip, (int)bits);
	return true;
}

bool
ip_net_has(const struct ip_net *net, const struct ip *ip)
{
	/* "::/0" is every IPv6 address and none of IPv4. */
	if (net->bits < 96 && ip_is_v4(ip))
		return false;
	for (int i = 0; i < 16; i++)
		if ((ip->b[i] & mask_byte(net->bits, i)) != net->addr.b[i])
			return false;
	return true;
}

bool
ip_net_eq(const struct ip_net *a, const struct ip_net *b)
{
	return a->bits == b->bits && ip_eq(&a->addr, &b->addr);
}

struct ip_net
ip_net_of(const struct ip *ip, int v4_bits, int v6_bits)
{
	return net_make(ip, ip_is_v4(ip) ? v4_bits + 96 : v6_bits);
}

struct str
ip_net_print(const struct ip_net *net, char out[IP_TEXT_MAX])
{
	bool v4 = net->bits >= 96 && ip_is_v4(&net->addr);
	size_t n = ip_print(&net->addr, out).n;

	out[n++] = '/';
	n += put_decimal(out + n, v4 ? net->bits - 96u : net->bits);
	out[n] = '\0';
	return (struct str){ out, n };
}

void
ip_net_range(const struct ip_net *net, struct ip *ret_first,
    struct ip *ret_last)
{
	*ret_first = net->addr;
	for (int i = 0; i < 16; i++)
		ret_last->b[i] = (uint8_t)(net->addr.b[i] |
		    (uint8_t)~mask_byte(net->bits, i));
}
