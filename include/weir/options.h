/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of configuration options: section kind, key, type, range,
 * default and help.  The reader, `weir config`, its checks and the manual's
 * test all use this table.
 */
#ifndef WEIR_OPTIONS_H
#define WEIR_OPTIONS_H

#define OPTION_NUMBER_ONE	INT64_C(1000000)

#include "weir/error.h"
#include "weir/ip.h"

enum option_type {
	OPTION_BOOL,
	OPTION_INT,
	OPTION_NUMBER,			/* with decimals; in millionths */
	OPTION_SPAN,			/* usec */
	OPTION_SIZE,			/* bytes: 64M */
	OPTION_TEXT,
	OPTION_CHOICE,
	OPTION_LIST,			/* commas, lines, @FILE */
	OPTION_PATH,			/* relative to its file */
	OPTION_SECRET_FILE,		/* a path; its content is not shown */
};

struct option_row {
	const char	*section;	/* "weir", "policy", "source" ... */
	const char	*name;		/* that one's only; NULL: any */
	const char	*key;
	enum option_type type;
	const char	*value;		/* default as text; NULL: none */
	int64_t		 min, max;	/* as the value is kept */
	const char	*choices;	/* "a|b|c" */
	/* One text or list entry; NULL: any. */
	int		(*check)(struct str value, struct error *err);
	const char	*help;		/* one sentence */
};

/*
 * NULL past the end.  Rows of a section follow each other.  The options of
 * detectors come from the detectors' own tables (detect.h).
 */
const struct option_row	*option_at(size_t i);
/* NULL when there is none; name is NULL for unnamed sections. */
const struct option_row	*option_find(const char *section, const char *name,
			    const char *key);
const char	*option_type_name(enum option_type t);
/* Is it a section of this build? */
bool	option_section_known(const char *section);
/* Does the section take a name ("[webhook oncall]")? */
int	option_section_named(const char *section);
/* May that name stand there?  Detectors are a closed list, others are not. */
bool	option_name_known(const char *section, const char *name);
/*
 * A section of a later release ([silence x], [detector plaintext-auth]): the
 * sentence to say, or NULL.  name may be NULL.
 */
const char	*option_section_later(const char *section, const char *name);

/* RFC 3339, or a day, which ends with it (UTC).  False leaves *ret alone. */
bool	option_until_parse(struct str s, int64_t *ret);
/* "127.0.0.1:8425", "[::1]:8425", "localhost:8425": loopback only. */
int	option_listen_parse(struct str s, struct ip *ret_ip, int *ret_port,
	    struct error *err);

#endif
