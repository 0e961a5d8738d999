/* SPDX-License-Identifier: Apache-2.0 */
/* See print.h; libsmartcols lays out the tables. */
#include <assert.h>
#include <inttypes.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "weir/mem.h"
#include "weir/print.h"

struct print_table {
	struct libscols_table	*table;
	struct libscols_line	*row;
	size_t			 ncolumns, nrows;
	bool			*used;		/* columns with some text */
};

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

static const struct {
	const char *name, *escape;
} colours[] = {
	[SEVERITY_INFO] = { "cyan", "\033[36m" },
	[SEVERITY_WARNING] = { "yellow", "\033[33m" },
	[SEVERITY_CRITICAL] = { "red", "\033[1;31m" },
};

const char *
print_colour(enum alert_severity s)
{
	return colour_wanted() ? colours[s].escape : "";
}

const char *
print_colour_end(void)
{
	return colour_wanted() ? "\033[0m" : "";
}

struct print_table *
print_table_new(const struct print_column *columns, size_t n)
{
	struct print_table *t = xcalloc(1, sizeof(*t));

	t->table = scols_new_table();
	assert(t->table != NULL);
	t->ncolumns = n;
	t->used = xcalloc(n, sizeof(*t->used));
	scols_table_enable_colors(t->table, colour_wanted());
	scols_table_set_termforce(t->table, print_on_terminal() ?
	    SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
	for (size_t i = 0; i < n; i++) {
		int flags = columns[i].flags;

		/* No width is asked for: columns share what there is. */
		scols_table_new_column(t->table, columns[i].name, 0,
		    (flags & PRINT_RIGHT ? SCOLS_FL_RIGHT : 0) |
		    (flags & PRINT_CUT ? SCOLS_FL_TRUNC : 0) |
		    (flags & PRINT_WRAP ? SCOLS_FL_WRAP : 0));
	}
	return t;
}

void
print_table_row(struct print_table *t)
{
	t->row = scols_table_new_line(t->table, NULL);
	assert(t->row != NULL);
	t->nrows++;
}

void
print_table_cell(struct print_table *t, size_t column, struct str s)
{
	struct buf b = { 0 };

	assert(column < t->ncolumns);
	if (s.n == 0)
		return;
	print_clean(&b, s);
	scols_line_set_data(t->row, column, buf_cstr(&b));
	t->used[column] = true;
	buf_done(&b);
}

void
print_table_number(struct print_table *t, size_t column, int64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, v);
	print_table_cell(t, column, str_of(text));
}

void
print_table_colour(struct print_table *t, size_t column,
    enum alert_severity s)
{
	scols_cell_set_color(scols_line_get_cell(t->row, column),
	    colours[s].name);
}

void
print_table_end(struct print_table *t)
{
	for (size_t i = 0; i < t->ncolumns; i++) {
		struct libscols_column *c =
		    scols_table_get_column(t->table, i);

		if (!t->used[i])
			scols_column_set_flags(c, SCOLS_FL_HIDDEN);
	}
	if (t->nrows > 0)
		scols_print_table(t->table);
	scols_unref_table(t->table);
	free(t->used);
	free(t);
}
