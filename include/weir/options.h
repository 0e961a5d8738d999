/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of configuration options: section kind, key, type, range,
 * default, unit and help.  The reader, `weir config`, its checks and the
 * manual's test all use this table.
 */
#ifndef WEIR_OPTIONS_H
#define WEIR_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

enum option_type {
	OPTION_BOOL, OPTION_INT, OPTION_SPAN,	/* span: usec */
	OPTION_SIZE, OPTION_TEXT, OPTION_CHOICE,
	OPTION_LIST,				/* commas, lines, @FILE */
	OPTION_PATH, OPTION_SECRET_FILE,
};

struct option_row {
	const char	*section;	/* "weir", "policy", "source" ... */
	const char	*key;
	enum option_type type;
	const char	*value;		/* default as text; NULL: none */
	int64_t		 min, max;
	const char	*choices;	/* "a|b|c" */
	const char	*help;		/* one sentence */
};

extern const struct option_row option_rows[];
extern const size_t option_count;

/* Does the section take a name ("[webhook oncall]")? */
int	option_section_named(const char *section);
/* A later release's section: the sentence to say, or NULL. */
const char	*option_section_later(const char *section);

#endif
