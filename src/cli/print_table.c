/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables.  Cells are kept until the end; then the columns are made to fit:
 * spare ones go, long texts are cut evenly, the last column takes what is
 * left and is broken at blanks.  libsmartcols prints the result.
 */
#include <assert.h>
#include <inttypes.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "weir/mem.h"
#include "weir/print.h"

#define CUT_MIN		8
#define WRAP_MIN	24
#define NO_COLOUR	SEVERITY_COUNT

struct cell {
	char			*text;		/* cleaned; NULL: empty */
	enum alert_severity	 colour;
};

struct print_table {
	const struct print_column *columns;
	size_t			 ncolumns, nrows, cap;
	struct cell		*cells;		/* row by row */
	size_t			*widths;	/* 0: left out */
};

struct print_table *
print_table_new(const struct print_column *columns, size_t n)
{
	struct print_table *t = xcalloc(1, sizeof(*t));

	t->columns = columns;
	t->ncolumns = n;
	t->widths = xcalloc(n, sizeof(*t->widths));
	return t;
}

static struct cell *
cell(const struct print_table *t, size_t row, size_t column)
{
	assert(row < t->nrows && column < t->ncolumns);
	return &t->cells[row * t->ncolumns + column];
}

void
print_table_row(struct print_table *t)
{
	if (t->nrows == t->cap) {
		t->cap = t->cap == 0 ? 64 : t->cap * 2;
		t->cells = xreallocarray(t->cells, t->cap,
		    t->ncolumns * sizeof(*t->cells));
	}
	t->nrows++;
	for (size_t i = 0; i < t->ncolumns; i++)
		*cell(t, t->nrows - 1, i) = (struct cell){ NULL, NO_COLOUR };
}

void
print_table_cell(struct print_table *t, size_t column, struct str s)
{
	struct cell *c = cell(t, t->nrows - 1, column);
	struct buf b = { 0 };

	free(c->text);
	print_clean(&b, s);
	c->text = s.n == 0 ? NULL : xstrdup(buf_cstr(&b));
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
	cell(t, t->nrows - 1, column)->colour = s;
}

/* Columns of the character at p, which is valid UTF-8, and its bytes. */
static size_t
char_width(const char *p, size_t *ret_bytes)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t n = u[0] < 0x80 ? 1 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
	wchar_t c = n == 1 ? u[0] : u[0] & (0x7f >> n);
	int width;

	for (size_t i = 1; i < n; i++)
		c = c << 6 | (u[i] & 0x3f);
	width = wcwidth(c);
	*ret_bytes = n;
	return width < 0 ? 1 : (size_t)width;
}

/* Bytes of the longest head of at most `width` columns. */
static size_t
fitting(const char *text, size_t width)
{
	size_t used = 0, at = 0, n;

	while (text[at] != '\0') {
		used += char_width(text + at, &n);
		if (used > width)
			break;
		at += n;
	}
	return at;
}

static size_t
text_width(const char *text)
{
	size_t used = 0, n;

	for (; *text != '\0'; text += n)
		used += char_width(text, &n);
	return used;
}

/* What each column would like to have. */
static void
measure(struct print_table *t)
{
	for (size_t i = 0; i < t->ncolumns; i++) {
		size_t widest = 0, head = text_width(t->columns[i].name);

		for (size_t row = 0; row < t->nrows; row++) {
			const char *text = cell(t, row, i)->text;
			size_t w = text == NULL ? 0 : text_width(text);

			if (w > widest)
				widest = w;
		}
		t->widths[i] = widest == 0 || widest > head ? widest : head;
	}
}

/* Columns of a line with the blanks between; CUT ones take at most `cap`. */
static size_t
total(const struct print_table *t, size_t cap)
{
	size_t sum = 0;

	for (size_t i = 0; i < t->ncolumns; i++) {
		size_t w = t->widths[i], flags = (size_t)t->columns[i].flags;

		if (w == 0)
			continue;
		if ((flags & PRINT_CUT) && w > cap)
			w = cap;
		if ((flags & PRINT_WRAP) && w > WRAP_MIN)
			w = WRAP_MIN;
		sum += w + 1;
	}
	return sum == 0 ? 0 : sum - 1;
}

static void
fit(struct print_table *t, size_t width)
{
	size_t cap = width, rest;

	for (size_t i = t->ncolumns; i-- > 0; )
		if ((t->columns[i].flags & PRINT_SPARE) &&
		    total(t, 2 * CUT_MIN) > width)
			t->widths[i] = 0;
	while (cap > CUT_MIN && total(t, cap) > width)
		cap--;
	rest = total(t, cap);
	rest = rest < width ? width - rest : 0;
	for (size_t i = 0; i < t->ncolumns; i++) {
		size_t *w = &t->widths[i];

		if ((t->columns[i].flags & PRINT_CUT) && *w > cap)
			*w = cap;
		if ((t->columns[i].flags & PRINT_WRAP) && *w > WRAP_MIN + rest)
			*w = WRAP_MIN + rest;
	}
}

void
print_wrap(struct buf *out, const char *text, size_t width, size_t indent)
{
	while (width > 0 && text_width(text) > width) {
		size_t n = fitting(text, width), at = n;

		while (at > 0 && text[at] != ' ')
			at--;
		if (at > 0)
			n = at;
		buf_addf(out, "%.*s\n%*s", (int)n, text, (int)indent, "");
		text += n + (text[n] == ' ');
	}
	buf_add_str(out, str_of(text));
}

static void
set_cell(const struct print_table *t, struct libscols_line *line, size_t i,
    size_t place, const struct cell *c)
{
	static const char *const colours[] = {
		[SEVERITY_INFO] = "cyan",
		[SEVERITY_WARNING] = "yellow",
		[SEVERITY_CRITICAL] = "red",
	};
	struct buf b = { 0 };
	size_t width = t->widths[i];

	if (c->text == NULL)
		return;
	if (text_width(c->text) <= width)
		buf_add_str(&b, str_of(c->text));
	else if (t->columns[i].flags & PRINT_WRAP)
		print_wrap(&b, c->text, width, 0);
	else
		buf_addf(&b, "%.*s\xe2\x80\xa6",
		    (int)fitting(c->text, width - 1), c->text);
	scols_line_set_data(line, place, buf_cstr(&b));
	if (c->colour != NO_COLOUR)
		scols_cell_set_color(scols_line_get_cell(line, place),
		    colours[c->colour]);
	buf_done(&b);
}

static void
print(const struct print_table *t)
{
	struct libscols_table *table = scols_new_table();
	struct libscols_column *c;
	struct libscols_line *line;
	size_t place;

	assert(table != NULL);
	scols_table_enable_colors(table, *print_colour_end() != '\0');
	/* Everything fits already. */
	scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	for (size_t i = 0; i < t->ncolumns; i++) {
		if (t->widths[i] == 0)
			continue;
		c = scols_table_new_column(table, t->columns[i].name, 0,
		    (t->columns[i].flags & PRINT_RIGHT ? SCOLS_FL_RIGHT : 0) |
		    (t->columns[i].flags & PRINT_WRAP ? SCOLS_FL_WRAP : 0));
		assert(c != NULL);
		if (t->columns[i].flags & PRINT_WRAP) {
			scols_column_set_wrapfunc(c, scols_wrapnl_chunksize,
			    scols_wrapnl_nextchunk, NULL);
			scols_column_set_safechars(c, "\n");
		}
	}
	for (size_t row = 0; row < t->nrows; row++) {
		line = scols_table_new_line(table, NULL);
		assert(line != NULL);
		place = 0;
		for (size_t i = 0; i < t->ncolumns; i++)
			if (t->widths[i] != 0)
				set_cell(t, line, i, place++,
				    cell(t, row, i));
	}
	scols_print_table(table);
	scols_unref_table(table);
}

void
print_table_end(struct print_table *t, size_t width)
{
	measure(t);
	if (width != 0)
		fit(t, width);
	if (t->nrows > 0)
		print(t);
	for (size_t i = 0; i < t->nrows * t->ncolumns; i++)
		free(t->cells[i].text);
	free(t->cells);
	free(t->widths);
	free(t);
}
