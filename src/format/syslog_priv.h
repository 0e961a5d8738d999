/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the syslog module know of each other. */
#ifndef WEIR_SYSLOG_PRIV_H
#define WEIR_SYSLOG_PRIV_H

#include "weir/syslog.h"

/* How much a stamp says. */
enum syslog_stamp {
	SYSLOG_STAMP_YEARLESS,	/* RFC 3164's */
	SYSLOG_STAMP_LOCAL,	/* all but the zone */
	SYSLOG_STAMP_FULL,
};

/* Cut a time stamp off the front of *rest; false leaves *rest alone. */
bool	syslog_take_stamp(struct syslog_stream *s, struct str *rest,
	    int64_t *ret_at, enum syslog_stamp *ret_kind);
/*
 * The same for a stamp that does not move the stream.  *ret_at is 0 unless it
 * is a full one.
 */
bool	syslog_skip_stamp(struct str *rest, int64_t *ret_at,
	    enum syslog_stamp *ret_kind);
/* Month of a name at the front of s in some language, and its length; or 0. */
int	syslog_month(struct str s, size_t *ret_n);

#endif
