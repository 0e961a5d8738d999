/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking in whole logs: one thread reads and parses, the caller's judges and
 * stores.  The positions are stored with what the lines caused, so that a
 * second import, or the rest of a log that grew, adds nothing twice.
 */
#ifndef WEIR_IMPORT_H
#define WEIR_IMPORT_H

#include <signal.h>

#include "weir/pipeline.h"

struct import_progress {
	struct batch_counts	counts;
	int64_t			at;	/* event time reached */
	/* Of all files, unpacked, as far as they tell; 0: unknown. */
	int64_t			total_bytes;
};

struct import_options {
	char *const		*paths;
	size_t			 npaths;
	const char		*host;		/* NULL: this host's name */
	const char		*timezone;	/* NULL: the host's own */
	int			 year;		/* 0: find out */
	volatile sig_atomic_t	*stop;		/* set by a signal */
	/* After each batch; may be NULL. */
	void	(*progress)(void *ctx, const struct import_progress *p);
	/* A path that could not be read, something noticed. */
	void	(*say)(void *ctx, const char *text);
	void	*ctx;
};

/*
 * 0: all is stored, or what was done when `stop` was set.  -1: the store
 * failed, or no path could be read.  ret_failed counts sources that could not
 * be read.
 */
int	import_run(struct pipeline *p, const struct import_options *o,
	    struct import_progress *ret, int *ret_failed, struct error *err);
/* Sum of two, in place. */
void	import_add_counts(struct batch_counts *to,
	    const struct batch_counts *add);

#endif
