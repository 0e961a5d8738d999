/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The relay event: what weir stores, counts and shows.  One table names its
 * fields for the store, JSON, filters and the packed form alike; the meaning
 * of each is in the manual page weir-events(7).
 */
#ifndef WEIR_EVENT_H
#define WEIR_EVENT_H

#include "weir/buf.h"
#include "weir/record.h"

#define EVENT_ID_SIZE	16

#define EVENT_KINDS(X)							\
	X(MESSAGE, "message") X(DELIVERY, "delivery")			\
	X(REJECT, "reject") X(AUTH, "auth") X(NOTICE, "notice")

/* From least to most serious: a message shows the last of its pairs. */
#define EVENT_CLASSES(X)						\
	X(UNKNOWN, "unknown")						\
	X(INBOUND, "inbound")						\
	X(BOUNCE, "bounce")						\
	X(FORWARDED, "forwarded")					\
	X(RELAY_DOMAIN, "relay_domain")					\
	X(LOCAL_SUBMISSION, "local_submission")				\
	X(AUTHORISED_RELAY, "authorised_relay")				\
	X(AUTHENTICATED_RELAY, "authenticated_relay")			\
	X(AUTH_SUCCESS, "auth_success")					\
	X(AUTH_FAILURE, "auth_failure")					\
	X(REJECTED, "rejected")						\
	X(RELAY_DENIED, "relay_denied")					\
	X(OPEN_RELAY, "open_relay")

#define EVENT_STATUSES(X)						\
	X(NONE, "")							\
	X(SENT, "sent") X(DEFERRED, "deferred") X(BOUNCED, "bounced")	\
	X(EXPIRED, "expired") X(HELD, "held") X(DISCARDED, "discarded")	\
	X(FILTERED, "filtered") X(FORWARDED, "forwarded")		\
	X(REJECTED, "rejected") X(OK, "ok") X(FAILED, "failed")

/* How the message came into being; what `policy` needs beside addresses. */
#define EVENT_ORIGINS(X)						\
	X(UNKNOWN, "unknown")	/* no line told */			\
	X(CLIENT, "client")	/* over SMTP */				\
	X(LOCAL, "local")	/* handed in on the host */		\
	X(FORWARD, "forward")	/* made by an alias or list */		\
	X(BOUNCE, "bounce")	/* made by the MTA: DSN */

enum event_kind {
#define X(e, name) EVENT_##e,
	EVENT_KINDS(X)
#undef X
	EVENT_KIND_COUNT
};

enum event_class {
#define X(e, name) CLASS_##e,
	EVENT_CLASSES(X)
#undef X
	CLASS_COUNT
};

enum event_status {
#define X(e, name) STATUS_##e,
	EVENT_STATUSES(X)
#undef X
	STATUS_COUNT
};

enum event_origin {
#define X(e, name) ORIGIN_##e,
	EVENT_ORIGINS(X)
#undef X
	ORIGIN_COUNT
};

/* Text fields: X(member, name) - the member and CONTRACT's name are one. */
#define EVENT_TEXTS(X)							\
	X(host) X(mta) X(instance)					\
	X(queue_id) X(origin_queue_id) X(cause_queue_id)		\
	X(message_id) X(subject)					\
	X(client_address) X(client_name) X(helo_name)			\
	X(sasl_method) X(sasl_username)					\
	X(encryption_protocol) X(protocol_name) X(local_user)		\
	X(sender) X(recipient) X(original_recipient)			\
	X(transport) X(relay_host) X(relay_address)			\
	X(dsn) X(reply) X(notice)

/* Whole numbers; -1 is "not known". */
#define EVENT_NUMBERS(X)						\
	X(client_port) X(relay_port) X(code)				\
	X(size) X(recipient_count)					\
	X(delay_us)	/* shown as `delay`, seconds */			\
	X(repeat)							\
	X(policy)	/* version that classified it */

struct event {
	uint8_t		  id[EVENT_ID_SIZE];
	int64_t		  seq;		/* given by the store; 0 before */
	int64_t		  at;		/* usec UTC; shown as `time` */
	enum event_kind	  kind;
	enum event_class  class;
	enum event_status status;
	enum event_origin origin;
	enum provenance	  provenance;
	bool		  first;	/* the pair's first outcome at all */
	bool		  counted;	/* the pair's one count */
	bool		  local_hop;	/* handed to a mailbox or program */
	bool		  relay_hop;	/* by a relay-domain transport */
#define X(m) struct str m;
	EVENT_TEXTS(X)
#undef X
#define X(m) int64_t m;
	EVENT_NUMBERS(X)
#undef X
};

/* Everything not known; repeat 1. */
void		event_init(struct event *e);
const char	*event_kind_name(enum event_kind k);
const char	*event_class_name(enum event_class c);
const char	*event_status_name(enum event_status s);
const char	*event_origin_name(enum event_origin o);
/* The _COUNT value when there is no such name. */
enum event_kind		event_kind_of(struct str name);
enum event_class	event_class_of(struct str name);
enum event_status	event_status_of(struct str name);
enum event_origin	event_origin_of(struct str name);

/*
 * The deterministic id: 6 bytes of `at` in milliseconds, big-endian, then 10
 * of a hash over the line's digest (host, unit, pid, text), `at` to the
 * microsecond, the kind and the ordinal among identical lines of that instant.
 */
void	event_digest(const struct record *line, uint8_t ret[16]);
void	event_make_id(int64_t at, enum event_kind kind,
	    const uint8_t digest[16], uint32_t ordinal,
	    uint8_t ret[EVENT_ID_SIZE]);

/* Packed form for blobs; a reader borrows from the blob. */
void	event_pack(struct buf *b, const struct event *e);
bool	event_unpack(struct buf_reader *r, struct event *ret);

#endif
