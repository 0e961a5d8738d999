/* SPDX-License-Identifier: Apache-2.0 */
/* Between the helper (mtaconf.c) and what runs programs for it. */
#ifndef AUDIT_MTACONF_PRIV_H
#define AUDIT_MTACONF_PRIV_H

#include "weir/mtaconf.h"

#define MTACONF_OUTPUT_MAX	(8 * 1024 * 1024)

int64_t	mtaconf_clock(void);	/* monotonic usec */
/*
 * Run argv[0], looked for in `path`, with nothing but PATH and LC_ALL in its
 * environment, no input, and errors to nowhere; append what it prints.
 * Returns 0, 1 when there is no such program, -1 when it failed, said too much
 * or was not done by `deadline` (then it is killed).
 */
int	mtaconf_run(const char *path, char *const argv[], int64_t deadline,
	    struct buf *ret, struct error *err);

#endif
