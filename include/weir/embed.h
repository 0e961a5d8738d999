/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that are part of the executable: the migrations of schema/ and the
 * page of web/.  The build writes the table (src/embed/embed.sh); names are
 * those of the source tree, "schema/0001_init.sql", "web/index.html".
 */
#ifndef WEIR_EMBED_H
#define WEIR_EMBED_H

#include <stddef.h>
#include <stdint.h>

struct embed_file {
	const char	*name;
	const char	*type;		/* for Content-Type */
	const char	*etag;		/* quoted, as the header wants it */
	const uint8_t	*p;		/* a NUL follows the last byte */
	size_t		 n;
	const uint8_t	*gz;		/* the same, gzip'd */
	size_t		 gz_n;
};

/* NULL when there is none of that name. */
const struct embed_file	*embed_find(const char *name);
/* In order of name; NULL past the end. */
const struct embed_file	*embed_at(size_t i);

#endif
