/* SPDX-License-Identifier: Apache-2.0 */
/* A small file as a whole. */
#ifndef WEIR_SLURP_H
#define WEIR_SLURP_H

#include "weir/buf.h"
#include "weir/error.h"

/*
 * Appends a regular file's content, at most `max` bytes of it.  Never waits,
 * whatever the path leads to.  Returns 0, 1 when it is not there, else -1;
 * with 1 and -1 the error is filled, without the path.
 */
int	slurp_file(const char *path, size_t max, struct buf *ret,
	    struct error *err);

#endif
