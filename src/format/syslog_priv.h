/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the syslog module know of each other. */
#ifndef WEIR_SYSLOG_PRIV_H
#define WEIR_SYSLOG_PRIV_H

#include "weir/syslog.h"

/*
 * Cut a time stamp off the front of *rest; false leaves *rest alone.
 * *ret_iso: it was RFC 3339's form.
 */
bool	syslog_take_stamp(struct syslog_stream *s, struct str *rest,
	    int64_t *ret_at, bool *ret_iso);

#endif
