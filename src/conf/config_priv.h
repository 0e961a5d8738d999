/* SPDX-License-Identifier: Apache-2.0 */
/* Between config.c (what is set) and config_read.c (how it is read). */
#ifndef CONF_CONFIG_PRIV_H
#define CONF_CONFIG_PRIV_H

#include "weir/config.h"

#define CONFIG_FILE_MAX		(1024 * 1024)
#define CONFIG_LIST_FILE_MAX	(64 * 1024 * 1024)
#define CONFIG_SECTIONS_MAX	256
#define CONFIG_NAME_MAX		40
#define CONFIG_PROBLEMS_MAX	50	/* said of one load */

struct text_list {
	char	**v;
	size_t	  n, cap;
};

struct section {
	char	*kind, *name;		/* name "" for unnamed ones */
	char	*origin;		/* FILE:LINE of its first mention */
};

struct setting {
	const struct option_row	*row;
	char			*name;
	char			*origin;	/* FILE:LINE */
	char			*text;		/* scalars: as written */
	int64_t			 number;
	struct text_list	 list;
	size_t			 file;		/* which of c->files */
};

struct config {
	struct text_list	 files, warnings;
	struct section		*sections;
	size_t			 nsections;
	struct setting		*settings;
	size_t			 nsettings, settings_cap;
	struct buf		*problems;	/* while it is read */
	size_t			 nproblems;
};

void	text_list_add(struct text_list *l, struct str s);
void	text_list_done(struct text_list *l);
void	setting_clear(struct setting *s);	/* value and origin */

/* One mistake; `where` is "FILE:LINE" or "FILE". */
void	config_problem(struct config *c, const char *where, const char *fmt,
	    ...) __attribute__((format(printf, 3, 4)));
/* The setting of a row, or NULL. */
struct setting	*config_find(const struct config *c,
		    const struct option_row *row, const char *name);
/* The value of a scalar as a number: spans in usec, booleans 0 or 1. */
int	config_value(const struct option_row *row, const char *text,
	    int64_t *ret, struct error *err);
/* Take one file's text in; mistakes go to config_problem. */
void	config_read(struct config *c, const char *path, struct str text);

#endif
