/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exemptions: whom the operator knows to be unusual.  What they do is counted
 * as anybody's, and an alert about it is kept with its reason; nobody is told.
 *
 * An exemption has lists: users, senders, clients.  It covers a finding when
 * each list that it has has an entry for the finding's key or event.  What a
 * stranger can make up is no ground: the login that failed, and the sender of
 * a client that is neither logged in nor trusted.
 */
#ifndef WEIR_EXEMPT_H
#define WEIR_EXEMPT_H

#include "weir/detect.h"
#include "weir/event.h"
#include "weir/ip.h"

struct exempt_texts {
	char	**v;			/* owned */
	size_t	  n;
};

struct exemption {
	char			*name, *reason;		/* owned */
	int64_t			 until;		/* event time; 0: no end */
	struct exempt_texts	 users, senders;
	struct ip_net		*clients;	/* owned */
	size_t			 nclients;
	const struct detector	**detectors;	/* owned; none: all */
	size_t			 ndetectors;
};

/* What was found, and at which event. */
struct exempt_case {
	const struct detector	*detector;
	const struct event	*event;
	enum alert_key_type	 key_type;
	struct str		 key;
	bool			 trusted;	/* the client may relay */
};

struct exempt;

struct exempt	*exempt_new(void);
void		 exempt_free(struct exempt *x);	/* NULL is allowed */
/* Another exemption, to be filled; it holds until the next is added. */
struct exemption *exempt_add(struct exempt *x, const char *name,
		    const char *reason);
/* "joe", or "joe@example.org" as the login is logged; a local user. */
void		 exempt_add_user(struct exemption *m, struct str user);
/* "news@example.org" or "@example.org". */
void		 exempt_add_sender(struct exemption *m, struct str sender);
void		 exempt_add_client(struct exemption *m,
		    const struct ip_net *net);
void		 exempt_add_detector(struct exemption *m,
		    const struct detector *d);
/*
 * What an operator would write to have no more alerts about that key:
 * "[exempt NAME] user = joe, ...", the parts between `sep`.  False: no
 * exemption can name it, a host say.
 */
bool		 exempt_advise(const char *detector,
		    enum alert_key_type type, struct str key, const char *sep,
		    struct buf *out);
/* The first that covers it, or NULL.  x NULL: there are none. */
const struct exemption *exempt_find(const struct exempt *x,
		    const struct exempt_case *c);

#endif
