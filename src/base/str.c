/* SPDX-License-Identifier: Apache-2.0 */
/* Slices: searching, cutting and numbers, without locale and without NUL. */
#include <assert.h>

#include "weir/mem.h"
#include "weir/str.h"

struct str
str_head(struct str s, size_t n)
{
	return (struct str){ s.p, n < s.n ? n : s.n };
}

struct str
str_tail(struct str s, size_t n)
{
	if (s.p == NULL)
		return s;
	if (n > s.n)
		n = s.n;
	return (struct str){ s.p + n, s.n - n };
}

static unsigned char
lower(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 'A' && u <= 'Z' ? (unsigned char)(u | 0x20) : u;
}

bool
str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

int
str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	if (c != 0)
		return c;
	return (a.n > b.n) - (a.n < b.n);
}

size_t
str_find(struct str s, struct str needle)
{
	const char *hit;

	if (needle.n == 0)
		return 0;
	if (s.n < needle.n)
		return STR_NPOS;
	hit = memmem(s.p, s.n, needle.p, needle.n);
	return hit == NULL ? STR_NPOS : (size_t)(hit - s.p);
}

size_t
str_rfind(struct str s, struct str needle)
{
	if (needle.n == 0)
		return s.n;
	if (s.n < needle.n)
		return STR_NPOS;
	for (size_t i = s.n - needle.n + 1; i-- > 0; )
		if (s.p[i] == needle.p[0] &&
		    memcmp(s.p + i, needle.p, needle.n) == 0)
			return i;
	return STR_NPOS;
}

size_t
str_find_char(struct str s, char c)
{
	const char *hit = s.n == 0 ? NULL : memchr(s.p, c, s.n);

	return hit == NULL ? STR_NPOS : (size_t)(hit - s.p);
}

size_t
str_rfind_char(struct str s, char c)
{
	const char *hit = s.n == 0 ? NULL : memrchr(s.p, c, s.n);

	return hit == NULL ? STR_NPOS : (size_t)(hit - s.p);
}

bool
str_cut(struct str *rest, char delim, struct str *ret_head)
{
	struct str s = *rest;
	size_t at;

	if (s.n == 0)
		return false;
	at = str_find_char(s, delim);
	if (at == STR_NPOS) {
		*ret_head = s;
		*rest = str_tail(s, s.n);
	} else {
		*ret_head = str_head(s, at);
		*rest = str_tail(s, at + 1);
	}
	return true;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str
str_trim(struct str s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		s = str_tail(s, 1);
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool
str_to_u64(struct str s, uint64_t *ret)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' ||
		    __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return false;
	}
	*ret = v;
	return true;
}

bool
str_to_i64(struct str s, int64_t *ret)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	uint64_t v;

	if (!str_to_u64(negative ? str_tail(s, 1) : s, &v) ||
	    v > (uint64_t)INT64_MAX + negative)
		return false;
	if (negative)
		*ret = v == 0 ? 0 : -(int64_t)(v - 1) - 1;
	else
		*ret = (int64_t)v;
	return true;
}

char *
str_dup(struct str s)
{
	char *c = xmalloc(s.n + 1);

	if (s.n != 0)
		memcpy(c, s.p, s.n);
	c[s.n] = '\0';
	return c;
}

void
str_copy(struct str s, char *dst, size_t size)
{
	assert(size > 0);
	s = str_head(s, size - 1);
	if (s.n != 0)
		memcpy(dst, s.p, s.n);
	dst[s.n] = '\0';
}

struct str
str_domain(struct str address)
{
	size_t at = str_rfind_char(address, '@');

	return at == STR_NPOS ? STR_NONE : str_tail(address, at + 1);
}

size_t
str_name_index(const char *const *names, size_t n, struct str name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_eq(str_of(names[i]), name))
			break;
	return i;
}
