/* SPDX-License-Identifier: Apache-2.0 */
/* See print.h; tables are in print_table.c. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "weir/print.h"

bool
print_format_of(const char *name, enum print_format *ret)
{
	static const char *const names[] = { "table", "jsonl", "csv" };

	for (int i = 0; i < 3; i++)
		if (strcmp(name, names[i]) == 0) {
			*ret = (enum print_format)i;
			return true;
		}
	return false;
}

bool
print_on_terminal(void)
{
	return isatty(STDOUT_FILENO);
}

static bool
colour_wanted(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return print_on_terminal() && (no == NULL || *no == '\0') &&
	    term != NULL && strcmp(term, "dumb") != 0;
}

struct str
print_time(int64_t at, char out[USEC_TEXT_MAX])
{
	time_t t = (time_t)(at / USEC_PER_SEC);
	struct tm tm;

	if (!print_on_terminal() || localtime_r(&t, &tm) == NULL)
		return usec_print(at, out);
	return (struct str){ out,
	    strftime(out, USEC_TEXT_MAX, "%Y-%m-%d %H:%M:%S", &tm) };
}

/* Bytes of the valid, harmless UTF-8 character at the head; 0: none. */
static size_t
char_length(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t c = p[0];

	if (n == 1)
		return c >= 0x20 && c != 0x7f;
	if (p[0] < 0xc2 || p[0] > 0xf4 || s.n < n)
		return 0;
	c &= 0x7fu >> n;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	/* Overlong, C1, surrogates, and marks that turn the line around. */
	if ((n == 3 && c < 0x800) || (n == 4 && (c < 0x10000 ||
	    c > 0x10ffff)) || c < 0xa0 || (c >= 0xd800 && c < 0xe000) ||
	    (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069))
		return 0;
	return n;
}

void
print_clean(struct buf *out, struct str s)
{
	while (s.n > 0) {
		size_t n = char_length(s);

		if (n == 0)
			buf_add_char(out, '?');
		else
			buf_add(out, s.p, n);
		s = str_tail(s, n == 0 ? 1 : n);
	}
}

void
print_text(struct str s)
{
	struct buf b = { 0 };
	struct str line;

	while (s.n > 0) {
		size_t at = str_find_char(s, '\n');

		line = str_head(s, at);
		print_clean(&b, line);
		if (at != STR_NPOS)
			buf_add_char(&b, '\n');
		s = str_tail(s, at == STR_NPOS ? s.n : at + 1);
	}
	fwrite(b.p, 1, b.n, stdout);
	buf_done(&b);
}

static const char *const colours[] = {
	[SEVERITY_INFO] = "\033[36m",
	[SEVERITY_WARNING] = "\033[33m",
	[SEVERITY_CRITICAL] = "\033[1;31m",
};

const char *
print_colour(enum alert_severity s)
{
	return colour_wanted() ? colours[s] : "";
}

const char *
print_colour_end(void)
{
	return colour_wanted() ? "\033[0m" : "";
}

size_t
print_width(void)
{
	struct winsize w;

	if (!print_on_terminal() || ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == -1)
		return 0;
	return w.ws_col;
}
