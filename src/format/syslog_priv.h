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
/* Could one stand there?  Two colons are where its clock would be. */
static inline bool
syslog_may_be_stamp(struct str s)
{
	if (s.n < 19)
		return s.n >= 15 && ((s.p[9] == ':' && s.p[6] == ' ') ||
		    (s.p[8] == ':' && s.p[5] == ' '));
	return (s.p[9] == ':' && s.p[6] == ' ') ||
	    (s.p[8] == ':' && s.p[5] == ' ') ||
	    (s.p[13] == ':' && s.p[16] == ':') || s.p[0] == '@';
}

/*
 * The same for a stamp that does not move the stream.  *ret_at is 0 unless it
 * is a full one.
 */
bool	syslog_skip_stamp(struct str *rest, int64_t *ret_at,
	    enum syslog_stamp *ret_kind);
/* Month of a name at the front of s in some language, and its length; or 0. */
int	syslog_month(struct str s, size_t *ret_n);

#endif
