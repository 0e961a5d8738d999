/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What log rotation makes of a name: "mail.log" becomes "mail.log.1",
 * "mail.log.2.gz", "mail.log-20261123", "mail.1.log", "old/mail.log.1" ...;
 * "current" becomes "@4000000066aa8e012cf4f304.s".
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
void		rotation_log(const char *path, char *ret, size_t size);
bool		rotation_same(const char *a, const char *b);
/* When it was rotated, at the latest, as the name says; 0: it says nothing. */
int64_t		rotation_until(const char *path);
/* Add the log and what was rotated of it. */
int		rotation_siblings(const char *path, struct paths *ret,
		    struct error *err);

#endif
