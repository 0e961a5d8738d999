/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What log rotation makes of a name: "mail.log" becomes "mail.log.1",
 * "mail.log.2.gz", "mail.log-20261123", "mail.log-20261123.gz".
 */
#ifndef WEIR_SOURCE_ROTATION_H
#define WEIR_SOURCE_ROTATION_H

#include "weir/error.h"
#include "weir/str.h"

#define ROTATION_FILES_MAX	10000	/* of one directory */

/* A list of paths that owns them. */
struct paths {
	char	**v;
	size_t	  n;
};

void	paths_done(struct paths *p);
void	paths_add(struct paths *p, const char *path);
/* Into logs by name, each oldest first.  */
void	paths_sort(struct paths *p);

/* The log's own path: what is left without rotation's and gzip's endings. */
struct str	rotation_base(const char *path);
/* Below 0: a is older; both are of one log. */
int		rotation_cmp(const char *a, const char *b);
/* Add the log and what was rotated of it. */
int		rotation_siblings(const char *path, struct paths *ret,
		    struct error *err);

#endif
