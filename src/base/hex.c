/* SPDX-License-Identifier: Apache-2.0 */
/* Hexadecimal digits. */
#include "weir/hex.h"

void
hex_print(const uint8_t *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}

/* -1 for what is not a digit. */
static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
hex_parse(struct str s, uint8_t *ret, size_t n)
{
	if (s.n % 2 != 0 || s.n / 2 != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = digit(s.p[2 * i]), low = digit(s.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}
