/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standard output for people: tables that fit the terminal, local times on a
 * terminal and UTC elsewhere, colour only where it is wanted (a terminal,
 * without NO_COLOR).  What strangers wrote cannot drive the terminal.
 */
#ifndef WEIR_PRINT_H
#define WEIR_PRINT_H

#include "weir/alert.h"
#include "weir/buf.h"
#include "weir/usec.h"

enum print_format { PRINT_TABLE, PRINT_JSONL, PRINT_CSV };

/* False when there is none of that name. */
bool	print_format_of(const char *name, enum print_format *ret);
bool	print_on_terminal(void);
/* "2026-11-23 19:25:01" local on a terminal, else RFC 3339 in UTC. */
struct str	print_time(int64_t at, char out[USEC_TEXT_MAX]);
/* Control characters and bytes that are not UTF-8 become '?'. */
void	print_clean(struct buf *out, struct str s);
/* The text to standard output, cleaned but for LF. */
void	print_text(struct str s);
/*
 * A cleaned text in lines of at most `width` (0: no limit), broken at blanks
 * where it can be; all but the first are indented.
 */
void	print_wrap(struct buf *out, const char *text, size_t width,
	    size_t indent);
/* Escape sequence for a severity, or "" where no colour is wanted. */
const char	*print_colour(enum alert_severity s);
const char	*print_colour_end(void);

enum {
	PRINT_RIGHT = 1,	/* numbers */
	PRINT_CUT = 2,		/* cut where the terminal is too narrow */
	PRINT_SPARE = 4,	/* left out there; the last one first */
	PRINT_WRAP = 8,		/* broken into lines; the last column only */
};

struct print_column {
	const char	*name;
	int		 flags;
};

struct print_table;

/* The columns stay the caller's. */
struct print_table	*print_table_new(const struct print_column *columns,
			    size_t n);
/* The row that the next cells belong to. */
void	print_table_row(struct print_table *t);
void	print_table_cell(struct print_table *t, size_t column, struct str s);
void	print_table_number(struct print_table *t, size_t column, int64_t v);
/* The colour of a severity for one cell of the row. */
void	print_table_colour(struct print_table *t, size_t column,
	    enum alert_severity s);
/*
 * Print it to fit `width` columns (0: no limit); print_width() is what the
 * terminal has.  Columns that stayed empty are left out.  Frees the table.
 */
void	print_table_end(struct print_table *t, size_t width);
size_t	print_width(void);

#endif
