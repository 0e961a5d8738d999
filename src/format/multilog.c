/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TAI64N (https://cr.yp.to/libtai/tai64.html): '@', 16 hexadecimal digits of
 * seconds and 8 of nanoseconds.  A label counts TAI from 2^62, ten seconds
 * ahead of 1970; what writes logs (daemontools, runit, s6) adds these ten to
 * the clock and no leap second since, and tai64nlocal takes off as many.
 */
#include "weir/multilog.h"

#define EPOCH	(UINT64_C(1) << 62)
#define AHEAD	10
/* Beyond year 9999 it is no time of a log. */
#define SECONDS_MAX	UINT64_C(253402300799)

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
hex(const char *p, size_t n, uint64_t *ret)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++) {
		int d = hex_digit(p[i]);

		if (d < 0)
			return false;
		v = v << 4 | (uint64_t)d;
	}
	*ret = v;
	return true;
}

bool
multilog_take_label(struct str *rest, int64_t *ret_at)
{
	uint64_t seconds, nanos;

	if (rest->n < MULTILOG_LABEL || rest->p[0] != '@' ||
	    !hex(rest->p + 1, 16, &seconds) || !hex(rest->p + 17, 8, &nanos))
		return false;
	if (seconds < EPOCH + AHEAD || nanos >= 1000000000 ||
	    seconds - EPOCH - AHEAD > SECONDS_MAX)
		return false;
	*ret_at = (int64_t)(seconds - EPOCH - AHEAD) * USEC_PER_SEC +
	    (int64_t)(nanos / 1000);
	*rest = str_tail(*rest, MULTILOG_LABEL);
	return true;
}
