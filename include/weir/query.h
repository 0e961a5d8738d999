/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The filters of CONTRACT, the same on the command line, over HTTP and in
 * reports; one table gives name, meaning and how the value is read.
 */
#ifndef WEIR_QUERY_H
#define WEIR_QUERY_H

#include "weir/alert.h"
#include "weir/error.h"
#include "weir/event.h"
#include "weir/ip.h"

#define QUERY_LIMIT_DEFAULT	100
#define QUERY_LIMIT_MAX		1000	/* over HTTP */
#define QUERY_CURSOR_MAX	64

/* Filters that compare one text column: X(member, filter, column) */
#define QUERY_TEXTS(X)							\
	X(user, "user", "sasl_username")				\
	X(sender, "sender", "sender")					\
	X(recipient, "recipient", "recipient")				\
	X(domain, "domain", "")		/* of sender or recipient */	\
	X(queue_id, "queue-id", "queue_id")				\
	X(message_id, "message-id", "message_id")			\
	X(relay, "relay", "")		/* host or address */		\
	X(mta, "mta", "mta")						\
	X(host, "host", "host")

struct query {
	int64_t		since, until;	/* [since, until); 0: open */
	uint32_t	kinds, classes, statuses;	/* bit sets; 0: all */
	bool		has_client;
	struct ip_net	client;
#define X(m, filter, column) char *m;	/* owned; NULL: any */
	QUERY_TEXTS(X)
#undef X
	size_t		limit;		/* 0: none */
	char		cursor[QUERY_CURSOR_MAX];	/* "": the newest */
};

void	query_init(struct query *q);
void	query_done(struct query *q);
/*
 * Set one filter by its name ("client", "since", "limit", "cursor" ...).
 * `now` is what "2h" and "yesterday" are counted back from.
 */
int	query_set(struct query *q, struct str name, struct str value,
	    int64_t now, struct error *err);
/* Names and one-line helps, in order; NULL past the end. */
const char	*query_filter_name(size_t i);
const char	*query_filter_help(size_t i);

#endif
