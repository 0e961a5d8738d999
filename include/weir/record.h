/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One log line after its header was cut: who wrote what, when.  Slices borrow
 * from the batch that holds the line.
 */
#ifndef WEIR_RECORD_H
#define WEIR_RECORD_H

#include "weir/str.h"

/* Who could have written the line. */
enum provenance {
	PROVENANCE_LOG,		/* a file: whoever may log through syslog */
	PROVENANCE_TRUSTED,	/* journald vouches: root, or the MTA's unit */
	PROVENANCE_LOCAL_USER,	/* journald says an ordinary user wrote it */
};

struct record {
	int64_t		at;	/* usec UTC */
	struct str	host;
	struct str	unit;	/* syslog tag: "postfix/submission/smtpd" */
	struct str	text;	/* what the program said */
	struct str	raw;	/* the whole line, cleaned, for evidence */
	uint32_t	pid;	/* 0: not logged */
	uint32_t	repeat;	/* "message repeated N times": N, else 1 */
	enum provenance	provenance;
};

#endif
