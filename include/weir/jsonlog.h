/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line of Docker's json-file: what a container wrote, with its time.
 */
#ifndef WEIR_JSONLOG_H
#define WEIR_JSONLOG_H

#include "weir/str.h"

struct jsonlog {
	struct str	log;		/* as it is written, with escapes */
	struct str	time, stream;	/* of the file's own making */
	bool		is_partial;	/* the next piece goes on with it */
};

/* Look at a line without its end; false: it is none of that form. */
bool	jsonlog_scan(struct str line, struct jsonlog *ret);
/* Decode what was scanned to `to`, which may be where it lies or before. */
size_t	jsonlog_decode(const struct jsonlog *j, char *to);

#endif
