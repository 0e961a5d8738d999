/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the correlator share: hosts, and mail through a filter. */
#ifndef TESTS_UNIT_CORRELATE_UTIL_H
#define TESTS_UNIT_CORRELATE_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fold.h"
#include "weir/usec.h"

#define T0	INT64_C(1790000000000000)
#define MS(n)	(T0 + (n) * USEC_PER_MSEC)

static inline void
start(struct fold *f)
{
	fold_init(f);
	fold_believe(f, POLICY_TRUSTED_NETWORKS, "127.0.0.0/8");
	fold_believe(f, POLICY_LOCAL_DOMAINS, "example.org");
	fold_start(f);
}

/* The delivery to an address, or NULL. */
static inline const struct event *
delivery(const struct fold *f, const char *recipient)
{
	size_t		 iter = 0;
	struct str	 key;
	void		*value;

	while (map_next(f->events, &iter, &key, &value)) {
		const struct event *e = &((struct fold_event *)value)->e;

		if (e->kind == EVENT_DELIVERY && str_eq(e->recipient,
		    str_of(recipient)) && e->status != STATUS_FILTERED)
			return e;
	}
	return NULL;
}

static inline size_t
messages(const struct fold *f)
{
	size_t		 iter = 0, n = 0;
	struct str	 key;
	void		*value;

	while (map_next(f->events, &iter, &key, &value))
		n += ((struct fold_event *)value)->e.kind == EVENT_MESSAGE;
	return n;
}

static inline void
stranger_hands_in(struct fold *f)
{
	fold_say(f, MS(0), "postfix/smtpd", 10,
	    "connect from unknown[198.51.100.7]");
	fold_say(f, MS(1), "postfix/smtpd", 10,
	    "4A1F00D1: client=unknown[198.51.100.7]");
	fold_say(f, MS(2), "postfix/cleanup", 11,
	    "4A1F00D1: message-id=<1@spam.example>");
	fold_say(f, MS(3), "postfix/qmgr", 12,
	    "4A1F00D1: from=<x@spam.example>, size=5, nrcpt=1 (queue active)");
}

/* The filter's side of it: C comes back from localhost and is delivered. */
static inline void
filter_gives_back(struct fold *f, int at)
{
	fold_say(f, MS(at), "postfix/smtpd", 20,
	    "5B2F00D2: client=localhost[127.0.0.1]");
	fold_say(f, MS(at + 1), "postfix/cleanup", 21,
	    "5B2F00D2: message-id=<1@spam.example>");
	fold_say(f, MS(at + 2), "postfix/qmgr", 12,
	    "5B2F00D2: from=<x@spam.example>, size=9, nrcpt=1 (queue active)");
	fold_say(f, MS(at + 3), "postfix/smtp", 22,
	    "5B2F00D2: to=<v@far.example>, relay=mx.far.example[203.0.113.2]:25"
	    ", delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status=sent"
	    " (250 2.0.0 Ok: queued as FAR1)");
	fold_say(f, MS(at + 4), "postfix/qmgr", 12, "5B2F00D2: removed");
}

static inline void
first_hop_tells(struct fold *f, int at)
{
	fold_say(f, MS(at), "postfix/smtp", 13,
	    "4A1F00D1: to=<v@far.example>, relay=127.0.0.1[127.0.0.1]:10024,"
	    " delay=0.5, delays=0/0/0/0.5, dsn=2.0.0, status=sent"
	    " (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025):"
	    " 250 2.0.0 Ok: queued as 5B2F00D2)");
	fold_say(f, MS(at + 1), "postfix/qmgr", 12, "4A1F00D1: removed");
}

#endif
