/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log with a past: ten days in which bob sends two messages a day from home,
 * then an hour in which his account sends 120 from elsewhere.
 */
#ifndef WEIR_TEST_BURST_LOG_H
#define WEIR_TEST_BURST_LOG_H

#include "weir/buf.h"
#include "weir/usec.h"

#define BURST_BEGINS	INT64_C(1767225600000000)	/* 2026-01-01 */
#define BURST_DAYS	10
#define BURST_MESSAGES	120

/* One message of bob's, all its lines within a second. */
static inline void
burst_message(struct buf *b, int64_t at, int n, const char *client)
{
	char	t[USEC_TEXT_MAX];

	usec_print(at, t);
	buf_addf(b, "%s mx1 postfix/smtpd[9]: 4A%08X: client=x[%s], "
	    "sasl_method=PLAIN, sasl_username=bob@example.org\n"
	    "%s mx1 postfix/cleanup[8]: 4A%08X: message-id=<%d@example.org>\n"
	    "%s mx1 postfix/qmgr[2]: 4A%08X: from=<bob@example.org>, "
	    "size=900, nrcpt=1 (queue active)\n"
	    "%s mx1 postfix/smtp[7]: 4A%08X: to=<v%d@far.example>, "
	    "relay=mx.far.example[198.51.100.9]:25, delay=1, "
	    "delays=0.1/0/0.4/0.5, dsn=2.0.0, status=sent (250 ok)\n"
	    "%s mx1 postfix/qmgr[2]: 4A%08X: removed\n", t, (unsigned)n,
	    client, t, (unsigned)n, n, t, (unsigned)n, t, (unsigned)n, n, t,
	    (unsigned)n);
}

/* The past, and then the burst up to that message. */
static inline void
burst_past(struct buf *b)
{
	for (int i = 0; i < 2 * BURST_DAYS; i++)
		burst_message(b, BURST_BEGINS + i * USEC_PER_DAY / 2, i,
		    "192.0.2.7");
}

static inline void
burst_part(struct buf *b, int from, int to)
{
	for (int i = from; i < to; i++)
		burst_message(b, BURST_BEGINS + BURST_DAYS * USEC_PER_DAY +
		    i * 20 * USEC_PER_SEC, 1000 + i, "203.0.113.7");
}

#endif
