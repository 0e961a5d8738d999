/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines that come wrapped in something: Docker's json-file, the journal export
 * format.  Found out where a line begins, so that a file may hold any mixture.
 */
#ifndef WEIR_SOURCE_WRAPPED_H
#define WEIR_SOURCE_WRAPPED_H

#include "batch.h"

/* May something wrapped begin with this byte? */
static inline bool
wrapped_may(char first)
{
	return first == '{' || first == '_';
}

/*
 * Take what begins at p, before `end`, as a line of the batch.  Returns how
 * many bytes it took; 0: all of it is not there yet; WRAPPED_NOT: nothing
 * wrapped begins here.  `final`: nothing comes behind `end`.
 */
#define WRAPPED_NOT	((size_t)-1)
size_t	wrapped_take(struct batch *b, struct cutter *c, char *p, char *end,
	    bool final);
/* More of what is gone past; only while c->passing is set. */
size_t	wrapped_pass(struct cutter *c, char *p, char *end);

#endif
