/* SPDX-License-Identifier: Apache-2.0 */
/* The correlator's inside, shared by correlate.c, link.c and take.c. */
#ifndef WEIR_EVENT_CORRELATE_PRIV_H
#define WEIR_EVENT_CORRELATE_PRIV_H

#include "message.h"

/* How long a late "queued as" may still correct a finished child. */
#define LATE_US		(10 * USEC_PER_MIN)
/* How long the row of a queued message waits for its first attempt. */
#define ROW_US		(30 * USEC_PER_SEC)

struct correlate {
	struct correlate_options o;
	struct policy		*policy;
	struct correlate_out	 out;
	struct map		*messages, *sessions;
	struct message_list	 lru, changed;
	/* In order of due, then of turn: a restart keeps the order. */
	struct message_list	 waits[WAIT_COUNT];
	uint64_t		 turn;
	struct session_list	 session_lru, session_changed;
	bool			 away;	/* some may only be kept */
	int64_t			 now;
	struct correlate_stats	 stats;
	struct buf		 key, child_key, scratch;
};

/* One line on its way through the correlator. */
struct take {
	struct correlate	*c;
	const struct record	*r;
	const struct line	*l;
	const struct line_id	*id;
};

/* correlate.c: the tables */
struct str	 correlate_key(struct buf *b, struct str host, struct str qid);
/* NULL: not known; asks what is kept when it is not in memory. */
struct message	*correlate_find(struct correlate *c, struct str key);
/* A new one; what was known under that key is finished first. */
struct message	*correlate_open(struct correlate *c, struct str key,
		    int64_t at);
void		 correlate_touch(struct correlate *c, struct message *m);
void		 correlate_forget(struct correlate *c, struct message *m);
/* Events are held: give up after hold_us; a hold goes on, not anew. */
void		 correlate_hold(struct correlate *c, struct message *m);
/* Tell its row after ROW_US, unless more pressing things are waited for. */
void		 correlate_row(struct correlate *c, struct message *m);
/* Forget it after ROW_US: a filter on another host answers soon. */
void		 correlate_linger(struct correlate *c, struct message *m);
/* Forget it after LATE_US, unless more is heard of it. */
void		 correlate_late(struct correlate *c, struct message *m);
struct session	*correlate_session(struct correlate *c,
		    const struct record *r, bool make);
/* A fresh one, whatever was known of that process. */
struct session	*correlate_open_session(struct correlate *c,
		    const struct record *r);
void		 correlate_touch_session(struct correlate *c,
		    struct session *s);
void		 correlate_forget_session(struct correlate *c,
		    struct session *s);

/* link.c: who a message belongs to, and when its events may go */
void	link_child(struct correlate *c, struct message *child,
	    struct message *parent, enum relation relation);
/* Is `m` that message, or was it made of it over some hops? */
bool	link_comes_from(struct correlate *c, const struct message *m,
	    const struct message *from);
/* The client of a message is known now: it and its children may go on. */
void	link_resolve(struct correlate *c, struct message *m);
/* An event of a message: goes out now or is held. */
void	link_deliver(struct correlate *c, struct message *m,
	    struct event *e);
/* Tell what waits no more. */
void	link_release(struct correlate *c, struct message *m);
void	link_give_up(struct correlate *c, struct message *m);
/* Told events of a message whose client turned out late. */
void	link_revise(struct correlate *c, struct message *m, const char *why);
/* The message event, once. */
void	link_tell_row(struct correlate *c, struct message *m);
void	link_removed(struct correlate *c, struct message *m);

/* take.c: what each kind of line does */
void	take_line(const struct take *t);

#endif
