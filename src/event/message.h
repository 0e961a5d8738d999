/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the correlator remembers of one message, and of one SMTP session, with
 * the packed forms in which they outlive memory and the process.  Private to
 * the event floor.
 */
#ifndef WEIR_EVENT_MESSAGE_H
#define WEIR_EVENT_MESSAGE_H

#include <sys/queue.h>

#include "weir/correlate.h"

#define MESSAGE_TEXT_MAX	(64 * 1024)	/* copied text of one */
#define MESSAGE_LINES_MAX	4096		/* raw lines kept of one */
#define MESSAGE_HELD_MAX	4096		/* events held of one */
#define MESSAGE_PAIRS_MAX	20000		/* recipients told apart */
#define MESSAGE_CHILDREN_MAX	256

/* Text with stable addresses, freed at once. */
struct arena {
	struct arena_block	*head;
	size_t			 total;
};

/* A copy; unknown stays unknown.  Empty when the cap is reached. */
struct str	arena_copy(struct arena *a, struct str s);
void		arena_done(struct arena *a);

/* What a message waits for, in order of patience. */
enum wait {
	WAIT_NONE,
	WAIT_HOLD,	/* events are held: hold_us */
	WAIT_ROW,	/* its row is not told yet: ROW_US */
	WAIT_LINGER,	/* removed; to be corrected or forgotten: ROW_US */
	WAIT_LATE,	/* to be corrected or forgotten: LATE_US */
	WAIT_COUNT
};

/* How a message hangs on another one. */
enum relation {
	RELATION_NONE, RELATION_FILTER, RELATION_FORWARD, RELATION_BOUNCE
};

/* One recipient: a hash of it, and what was already said of it. */
struct pair {
	uint64_t	recipient;
	uint64_t	original;	/* what the client may have named */
	struct str	waiting;	/* its address, while it is deferred */
	bool		seen, counted;
	enum event_class class;
};

/* An event that waits, or one that was told and may have to be revised. */
struct held {
	struct event	e;
	bool		told;
};

/* A recipient that came through the filter, and what it was before. */
struct passed {
	uint64_t	recipient;
	struct str	original;
};

TAILQ_HEAD(message_list, message);
TAILQ_HEAD(session_list, session);

struct message {
	TAILQ_ENTRY(message)	 lru, waits, changed;
	struct str		 key;		/* own arena */
	struct arena		 arena;
	struct event		 base;		/* what all its events share */
	int64_t			 opened_at, touched_at;
	int64_t			 due;		/* 0: waits for nothing */
	uint64_t		 turn;		/* of those due at once */
	enum relation		 relation;
	struct str		 parent;	/* its key */
	struct str		 orig_client_address, orig_client_name;
	bool			 own_client;	/* loopback: a filter? */
	bool			 near_client;	/* a filter or instance near? */
	bool			 resolved;	/* its client is known */
	bool			 given_up;	/* resolved for want of more */
	bool			 ambiguous;	/* a copy, or an open relay? */
	bool			 queued, removed, told;
	bool			 refused;	/* as a whole, after DATA */
	bool			 dirty, stored;
	enum wait		 wait;
	struct event		 row;		/* the message event */
	struct str		 session;	/* key of its SMTP session */
	int64_t			 rcpt_accepted;	/* by that session, or -1 */
	struct held		*held;
	size_t			 nheld;
	struct pair		*pairs;
	size_t			 npairs;
	struct passed		*passed;
	size_t			 npassed;
	struct str		*children;	/* keys of unresolved ones */
	size_t			 nchildren;
	struct buf		 lines;
};

#define SESSION_ACTIONS_MAX	16	/* hold, discard before a queue id */

struct session {
	TAILQ_ENTRY(session)	lru, changed;
	struct str		key;
	struct arena		arena;
	int64_t			touched_at;
	struct str		client_address, encryption_protocol;
	bool			auth_told, dirty, stored;
	/* Before-queue filter: who is behind the message now on its way. */
	struct event		proxy;
	bool			has_proxy;
	/* What a rule did to the message before it had a queue id. */
	struct event		*actions;
	size_t			nactions;
	struct str		message;	/* key of its last message */
	int64_t			nmessages;
};

struct message	*message_new(struct str key);
void		 message_free(struct message *m);
void		 message_pack(struct buf *b, const struct message *m);
/* NULL: the blob is of another version or damaged. */
struct message	*message_unpack(struct str key, struct str blob);
/* The pair of a recipient, made when new; NULL at the cap. */
struct pair	*message_pair(struct message *m, struct str recipient);
/* How many addresses the client can have named, by the pairs seen. */
size_t		 message_originals(const struct message *m);
uint64_t	 message_recipient_hash(struct str address);
struct passed	*message_passed(struct message *m, struct str recipient);
void		 message_add_passed(struct message *m, struct str recipient,
		    struct str original);
/* Keep a copy of an event until more is known; false at the cap. */
bool		 message_hold(struct message *m, const struct event *e,
		    bool told);
void		 message_add_line(struct message *m, struct str raw);
void		 message_add_child(struct message *m, struct str key);

struct session	*session_new(struct str key);
void		 session_free(struct session *s);
void		 session_pack(struct buf *b, const struct session *s);
struct session	*session_unpack(struct str key, struct str blob);
/* A copy; beyond the cap it is dropped. */
void		 session_add_action(struct session *s, const struct event *e);

#endif
