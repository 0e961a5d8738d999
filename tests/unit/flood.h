/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scan that has known a small office for a week, and then an hour in which
 * strangers make up as many keys as they like (addresses, logins that never
 * worked, domains) while an account is stolen and a trusted machine sends spam.
 */
#ifndef TESTS_UNIT_FLOOD_H
#define TESTS_UNIT_FLOOD_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/scan.h"

#define FLOOD_BEGAN	(INT64_C(1700000000) * USEC_PER_SEC)
#define FLOOD_DAYS	7
#define FLOOD_USERS	40
#define FLOOD_STOLEN	"u7@home.example"
#define FLOOD_MACHINE	"198.51.100.50"
#define FLOOD_ABUSE	400	/* recipients of each incident in the hour */

struct flood {
	struct scan	*scan;
	struct policy	*policy;
	struct scan_options o;
	int64_t		 at;
	uint64_t	 seed, events;
	bool		 stolen, machine;	/* they were hits */
	size_t		 most_bytes;
	char		 a[IP_TEXT_MAX], user[64], from[64], to[64];
};

static inline uint64_t
flood_next(struct flood *f)
{
	uint64_t	z = f->seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline void
flood_init(struct flood *f, size_t max_bytes)
{
	memset(f, 0, sizeof(*f));
	scan_options_init(&f->o);
	f->o.max_bytes = max_bytes;
	f->scan = scan_new(&f->o);
	f->policy = policy_new(HASH_KEY_FIXED);
	(void)policy_add(f->policy, POLICY_TRUSTED_NETWORKS,
	    POLICY_CONFIGURED, STR("198.51.100.0/24"), NULL);
	(void)policy_add(f->policy, POLICY_LOCAL_DOMAINS,
	    POLICY_CONFIGURED, STR("home.example"), NULL);
	f->at = FLOOD_BEGAN;
}

static inline void
flood_done(struct flood *f)
{
	scan_free(f->scan);
	policy_free(f->policy);
	scan_options_done(&f->o);
}

static inline void
flood_show(struct flood *f, const struct event *e)
{
	struct hit	hits[SCAN_HITS_MAX];
	struct facts	facts;
	size_t		n = scan_event(f->scan, f->policy, e, &facts, hits);

	f->events++;
	for (size_t i = 0; i < n; i++) {
		f->stolen = f->stolen || str_eq(hits[i].key.text,
		    STR(FLOOD_STOLEN));
		f->machine = f->machine || str_eq(hits[i].key.text,
		    STR(FLOOD_MACHINE));
	}
}

static inline struct event
flood_event(struct flood *f, enum event_kind kind)
{
	struct event	e;

	event_init(&e);
	e.kind = kind;
	e.at = f->at;
	e.host = STR("mx1.home.example");
	e.origin = ORIGIN_CLIENT;
	return e;
}

/* A message of somebody who may send, and its deliveries. */
static inline void
flood_send(struct flood *f, const char *user, const char *client,
    const char *sender, unsigned recipients, unsigned pool)
{
	struct event	e = flood_event(f, EVENT_MESSAGE);

	e.sasl_username = user == NULL ? STR_NONE : str_of(user);
	e.client_address = str_of(client);
	e.sender = str_of(sender);
	e.size = 4000;
	flood_show(f, &e);
	e.kind = EVENT_DELIVERY;
	e.class = user == NULL ? CLASS_AUTHORISED_RELAY :
	    CLASS_AUTHENTICATED_RELAY;
	e.status = STATUS_SENT;
	e.first = e.counted = true;
	e.code = 250;
	e.reply = STR("250 2.0.0 Ok: queued as 4XyZ");
	e.recipient = (struct str){ f->to, 0 };
	for (unsigned i = 0; i < recipients; i++) {
		e.recipient.n = (size_t)snprintf(f->to, sizeof(f->to),
		    "v%u@far%u.example", (unsigned)(flood_next(f) % pool),
		    (unsigned)(flood_next(f) % 20));
		flood_show(f, &e);
	}
}

/* The office: each account a few messages a day, the machine some reports. */
static inline void
flood_week(struct flood *f)
{
	for (int hour = 0; hour < FLOOD_DAYS * 24; hour++) {
		for (int i = 0; hour % 24 >= 8 && hour % 24 < 18 && i <
		    FLOOD_USERS / 3; i++) {
			unsigned	u = (unsigned)(flood_next(f) %
					    FLOOD_USERS);

			(void)snprintf(f->user, sizeof(f->user),
			    "u%u@home.example", u);
			(void)snprintf(f->a, sizeof(f->a), "192.0.2.%u", u);
			flood_send(f, f->user, f->a, f->user, 2, 30);
			f->at += USEC_PER_MIN;
		}
		if (hour % 6 == 0)
			flood_send(f, NULL, FLOOD_MACHINE,
			    "ups@home.example", 1, 1);
		f->at = FLOOD_BEGAN + (hour + 1) * USEC_PER_HOUR;
	}
}

static inline void
flood_stranger(struct flood *f, bool often)
{
	uint64_t	r = flood_next(f);
	struct event	e = flood_event(f, r % 3 == 0 ? EVENT_REJECT :
			    r % 3 == 1 ? EVENT_AUTH : EVENT_DELIVERY);

	e.client_address = (struct str){ f->a, (size_t)snprintf(f->a,
	    sizeof(f->a), "%u.%u.%u.%u", (unsigned)(r >> 8 & 63) + 20,
	    (unsigned)(r >> 16 & 255), (unsigned)(r >> 24 & 255),
	    (unsigned)(r >> 32 & 255)) };
	e.repeat = often ? 3 : 1;
	if (e.kind == EVENT_AUTH) {
		e.status = STATUS_FAILED;
		e.class = CLASS_AUTH_FAILURE;
		e.sasl_username = (struct str){ f->user, (size_t)snprintf(
		    f->user, sizeof(f->user), "x%llx", (unsigned long long)
		    (r >> 20)) };
		flood_show(f, &e);
		return;
	}
	e.sender = (struct str){ f->from, (size_t)snprintf(f->from,
	    sizeof(f->from), "s@d%llx.example", (unsigned long long)
	    (r >> 20)) };
	e.recipient = (struct str){ f->to, (size_t)snprintf(f->to,
	    sizeof(f->to), "n@r%llx.example", (unsigned long long)
	    (r >> 24)) };
	if (e.kind == EVENT_REJECT) {
		e.status = STATUS_REJECTED;
		e.class = CLASS_REJECTED;
		e.dsn = STR("5.1.1");
	} else {
		e.status = STATUS_SENT;
		e.class = CLASS_INBOUND;
		e.first = e.counted = true;
		e.sender = STR("");
	}
	flood_show(f, &e);
}

/* So many made-up keys in an hour, each at most one event; then it is over. */
static inline void
flood_hour(struct flood *f, uint64_t keys, bool often)
{
	int64_t			begin = f->at;
	uint64_t		every = keys / FLOOD_ABUSE;
	struct profile_stats	stats;

	for (uint64_t i = 0; i < keys; i++) {
		f->at = begin + (int64_t)((double)i / (double)keys *
		    USEC_PER_HOUR);
		flood_stranger(f, often);
		if (i % every != 0)
			continue;
		(void)snprintf(f->a, sizeof(f->a), "203.%u.113.9",
		    (unsigned)(flood_next(f) % 50));
		flood_send(f, FLOOD_STOLEN, f->a, "win@prize.example", 1,
		    100000);
		flood_send(f, NULL, FLOOD_MACHINE, "win@prize.example", 1,
		    100000);
		stats = scan_stats(f->scan);
		if (stats.bytes > f->most_bytes)
			f->most_bytes = stats.bytes;
	}
}

#endif
