/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Docker's json-file (daemon/logger/jsonfilelog):
 *
 *	{"log":"Jan  8 19:42:13 mx postfix/qmgr[659]: 1F5A2194AA9: from=
 *	\u003ca@b.example\u003e\n","stream":"stdout","time":
 *	"2026-01-08T19:42:13.583442113Z"}
 *
 * in one line, with "attrs" between perhaps.  A line longer than 16 KiB comes
 * in pieces, of which all but the last are without the line feed.  Nothing
 * else is JSON here, so this reads just as much of it as Docker writes.
 */
#include "weir/jsonlog.h"

#define DEPTH_MAX	8

/* The string at *rest, without its quotes and with its escapes. */
static bool
take_string(struct str *rest, struct str *ret)
{
	size_t i = 1;

	if (rest->n < 2 || rest->p[0] != '"')
		return false;
	while (i < rest->n && rest->p[i] != '"')
		i += 1 + (rest->p[i] == '\\');
	if (i >= rest->n)
		return false;
	*ret = (struct str){ rest->p + 1, i - 1 };
	*rest = str_tail(*rest, i + 1);
	return true;
}

static bool
take_char(struct str *rest, char c)
{
	if (rest->n == 0 || rest->p[0] != c)
		return false;
	*rest = str_tail(*rest, 1);
	return true;
}

/* Whatever value stands there: a string, or anything up to ',' or '}'. */
static bool
skip_value(struct str *rest)
{
	struct str none;
	int depth = 0;

	while (rest->n > 0) {
		char c = rest->p[0];

		if (c == '"') {
			if (!take_string(rest, &none))
				return false;
			continue;
		}
		if (depth == 0 && (c == ',' || c == '}'))
			return true;
		depth += (c == '{' || c == '[') - (c == '}' || c == ']');
		if (depth > DEPTH_MAX)
			return false;
		*rest = str_tail(*rest, 1);
	}
	return false;
}

bool
jsonlog_scan(struct str line, struct jsonlog *ret)
{
	struct jsonlog j = { 0 };
	struct str rest = line, key;

	if (!str_starts(rest, STR("{\"log\":")))
		return false;
	do {
		rest = str_tail(rest, 1);
		if (!take_string(&rest, &key) || !take_char(&rest, ':'))
			return false;
		if (str_eq(key, STR("log"))) {
			if (!take_string(&rest, &j.log))
				return false;
		} else if (str_eq(key, STR("time"))) {
			if (!take_string(&rest, &j.time))
				return false;
		} else if (str_eq(key, STR("stream"))) {
			if (!take_string(&rest, &j.stream))
				return false;
		} else if (!skip_value(&rest)) {
			return false;
		}
	} while (rest.n > 0 && rest.p[0] == ',');
	if (rest.n == 0 || rest.p[0] != '}' || j.time.n < 19 ||
	    !str_known(j.log))
		return false;
	j.is_partial = !str_ends(j.log, STR("\\n"));
	*ret = j;
	return true;
}

/* Four hexadecimal digits, or -1. */
static int
hex4(struct str s)
{
	int v = 0;

	if (s.n < 4)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		char c = s.p[i];

		if (c >= '0' && c <= '9')
			v = v * 16 + (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v = v * 16 + ((c | 0x20) - 'a' + 10);
		else
			return -1;
	}
	return v;
}

/* The character as UTF-8; it is never longer than its escape. */
static size_t
put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* "\u003c", or two of them for one character; returns how much was read. */
static size_t
take_unicode(struct str s, uint32_t *ret)
{
	int c = hex4(str_tail(s, 2)), low;

	if (c < 0) {
		*ret = '?';
		return 2;
	}
	*ret = (uint32_t)c;
	if (c < 0xd800 || c > 0xdfff)
		return 6;
	*ret = 0xfffd;
	low = str_starts(str_tail(s, 6), STR("\\u")) ?
	    hex4(str_tail(s, 8)) : -1;
	if (c > 0xdbff || low < 0xdc00 || low > 0xdfff)
		return 6;
	*ret = 0x10000 + ((uint32_t)(c - 0xd800) << 10) +
	    (uint32_t)(low - 0xdc00);
	return 12;
}

size_t
jsonlog_decode(const struct jsonlog *j, char *to)
{
	static const char from[] = "ntrbf", means[] = "\n\t\r\b\f";
	struct str s = j->log;
	const char *plain;
	size_t n = 0, skip;
	uint32_t c;

	while (s.n > 0) {
		plain = memchr(s.p, '\\', s.n);
		skip = plain == NULL ? s.n : (size_t)(plain - s.p);
		memmove(to + n, s.p, skip);
		n += skip;
		s = str_tail(s, skip);
		if (s.n < 2)
			break;
		if (s.p[1] == 'u') {
			skip = take_unicode(s, &c);
			s = str_tail(s, skip);
			n += put_utf8(to + n, c);
			continue;
		}
		plain = memchr(from, s.p[1], sizeof(from) - 1);
		to[n++] = plain == NULL ? s.p[1] : means[plain - from];
		s = str_tail(s, 2);
	}
	return n;
}
