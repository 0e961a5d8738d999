/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one line of an MTA says: a kind and its fields, as slices of the line.
 * Kinds mean the same for every MTA; what only one MTA does stays in its file.
 */
#ifndef WEIR_LINE_H
#define WEIR_LINE_H

#include "weir/record.h"

/* X(enum suffix, name, what it says) */
#define LINE_KINDS(X)							\
	X(UNKNOWN, "unknown", "no rule knows it")			\
	X(IGNORED, "ignored", "known, and nothing to weir")		\
	X(SESSION, "session", "how a session went or broke off")	\
	X(SCREEN, "screen", "what postscreen found of a client")	\
	X(HANDSHAKE, "handshake", "TLS: certificates, failures, reuse")	\
	X(ATTEMPT, "attempt", "not final: another host or time follows") \
	X(QUEUE, "queue", "somebody worked on the queue")		\
	X(STATISTICS, "statistics", "counters")				\
	X(SERVICE, "service",						\
	    "the mail server starts, stops or reads its settings")	\
	X(WARNING, "warning", "the mail server warns of something")	\
	X(TROUBLE, "trouble",						\
	    "error, fatal or panic: a program of it cannot go on")	\
	X(TRACE, "trace", "written for who debugs it")			\
	X(CONNECT, "connect", "a client connected")			\
	X(DISCONNECT, "disconnect", "a session ended")			\
	X(TLS, "tls", "a client's session is encrypted now")		\
	X(CLIENT, "client", "a client's message got a queue id")	\
	X(PROXY_CLIENT, "proxy_client",					\
	    "a client's message goes to a before-queue filter")		\
	X(PROXY_ACCEPT, "proxy_accept",					\
	    "the before-queue filter took it as next_queue_id")		\
	X(PICKUP, "pickup", "a local user's message got a queue id")	\
	X(MESSAGE_ID, "message_id", "the message names itself")		\
	X(SUBJECT, "subject", "the message's subject")			\
	X(QUEUED, "queued", "the message is in the active queue")	\
	X(DELIVERY, "delivery", "one recipient, one attempt")		\
	X(EXPIRED, "expired", "given up and returned")			\
	X(REMOVED, "removed", "the message left the queue")		\
	X(NOTIFICATION, "notification",					\
	    "queue_id was reported on in next_queue_id")		\
	X(REJECT, "reject", "refused in the dialogue")			\
	X(ACTION, "action", "a rule held, discarded, redirected, "	\
	    "filtered or warned")					\
	X(AUTH_FAILED, "auth_failed", "a login failed")			\
	X(LOG_LOSS, "log_loss", "the logger dropped lines")		\
	X(DRILL, "drill", "weir's own fire drill")

enum line_kind {
#define X(e, name, help) LINE_##e,
	LINE_KINDS(X)
#undef X
	LINE_KIND_COUNT
};

/* Known by name, and nothing that an event is made of? */
static inline bool
line_is_nothing(enum line_kind k)
{
	return k >= LINE_IGNORED && k <= LINE_TRACE;
}

/* May it come again as "last message repeated N times"? */
static inline bool
line_is_repeatable(enum line_kind k)
{
	return k == LINE_REJECT || k == LINE_AUTH_FAILED ||
	    k == LINE_LOG_LOSS;
}

/* X(enum suffix, name); names are those of CONTRACT where it has one */
#define FIELDS(X)							\
	X(QUEUE_ID, "queue_id")						\
	X(NEXT_QUEUE_ID, "next_queue_id")	/* queued as, child */	\
	X(ORIG_QUEUE_ID, "orig_queue_id")	/* XFORWARD */		\
	X(CLIENT_NAME, "client_name")					\
	X(CLIENT_ADDRESS, "client_address")				\
	X(CLIENT_PORT, "client_port")					\
	X(ORIG_CLIENT_NAME, "orig_client_name")				\
	X(ORIG_CLIENT_ADDRESS, "orig_client_address")			\
	X(HELO_NAME, "helo_name")					\
	X(SASL_METHOD, "sasl_method")					\
	X(SASL_USERNAME, "sasl_username")				\
	X(SASL_SENDER, "sasl_sender")					\
	X(ENCRYPTION_PROTOCOL, "encryption_protocol")			\
	X(ENCRYPTION_CIPHER, "encryption_cipher")			\
	X(PROTOCOL_NAME, "protocol_name")				\
	X(LOCAL_USER, "local_user")					\
	X(SENDER, "sender")						\
	X(RECIPIENT, "recipient")					\
	X(ORIGINAL_RECIPIENT, "original_recipient")			\
	X(MESSAGE_ID, "message_id")					\
	X(RESENT_MESSAGE_ID, "resent_message_id")			\
	X(SUBJECT, "subject")						\
	X(SIZE, "size")							\
	X(RECIPIENT_COUNT, "recipient_count")				\
	X(TRANSPORT, "transport")	/* relay, smtp, local ... */	\
	X(RELAY, "relay")		/* as logged */			\
	X(RELAY_HOST, "relay_host")					\
	X(RELAY_ADDRESS, "relay_address")				\
	X(RELAY_PORT, "relay_port")					\
	X(DELAY, "delay")						\
	X(DELAYS, "delays")						\
	X(STATUS, "status")		/* as logged */			\
	X(DSN, "dsn")							\
	X(CODE, "code")							\
	X(REPLY, "reply")						\
	X(STAGE, "stage")		/* CONNECT RCPT DATA ... */	\
	X(ACTION, "action")		/* hold discard warn ... */	\
	X(REASON, "reason")						\
	X(CONN_USE, "conn_use")						\
	X(RCPT_ACCEPTED, "rcpt_accepted") /* disconnect's rcpt=A/B */	\
	X(RCPT_TOTAL, "rcpt_total")					\
	X(DATA_ACCEPTED, "data_accepted")				\
	X(LOST, "lost")		/* lines, by the logger */	\
	X(TOKEN, "token")		/* of a fire drill */

enum field {
#define X(e, name) FIELD_##e,
	FIELDS(X)
#undef X
	FIELD_COUNT
};

/* How the MTA took part in a delivery; decides who counts it. */
enum hop {
	HOP_REMOTE,	/* smtp to another host */
	HOP_RELAY,	/* a transport for domains we relay for */
	HOP_LOCAL,	/* local, virtual, lmtp, mailbox */
	HOP_PIPE,	/* a program: mailbox, list manager or filter */
	HOP_NONE,	/* error, retry, discard: nobody was asked */
};

struct mta;
struct rule;

struct line {
	enum line_kind	  kind;
	/*
	 * Hostile text on both sides of a field: what could not be told was
	 * left empty.
	 */
	bool		  ambiguous;
	enum hop	  hop;		/* of a DELIVERY */
	const struct mta *mta;		/* NULL: none claims the unit */
	const struct rule *rule;	/* that read it; NULL: none */
	struct str	  instance;	/* syslog name: "postfix-out" */
	struct str	  service;	/* "submission/smtpd", "qmgr" */
	struct str	  f[FIELD_COUNT];
};

const char	*line_kind_name(enum line_kind k);
const char	*line_field_name(enum field f);
/* FIELD_COUNT when there is no such name. */
enum field	 line_field_of(struct str name);

#endif
